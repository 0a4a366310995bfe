// A finished build, kept in its directory beside what it made, so that a run that was interrupted need not make it again.
#pragma once
#include <chrono>
#include <filesystem>
#include <optional>

#include "base/error.hpp"
#include "digest/digest.hpp"
#include "rebuild/build.hpp"

namespace assay::rebuild {

struct KeptBuild {
  BuildOutcome outcome;
  std::chrono::system_clock::time_point started;
};

/// What a build depends on: source, recipe, conditions, limits, the system it sees (see toolchain_digest()), and this program's
/// version.
Sha256 key_of(const BuildRequest& request, const Sha256& system);

/// Write it into the directory it was made in, whole or not at all. Only a build that ended well is worth it.
Result<void> keep_build(const std::filesystem::path& directory, const Sha256& key, const KeptBuild& build);

/// The build that was kept there with this key; nothing if there is none, one of its artifacts is not as it was made, or a file
/// that it read below `root` is another now. What an untraced build read is not known: it is never found.
std::optional<KeptBuild> find_kept_build(const std::filesystem::path& directory, const Sha256& key,
                                         const std::filesystem::path& root);

}  // namespace assay::rebuild
