// `assay check`: one release archive against one reference, from opening both to the Assessment.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string_view>

#include "base/error.hpp"
#include "base/limits.hpp"
#include "model/assessment.hpp"
#include "provenance/known_files.hpp"
#include "provenance/observed_build.hpp"
#include "provenance/regeneration.hpp"
#include "provenance/release_inspection.hpp"
#include "vcs/reference.hpp"

namespace assay::provenance {

struct ReleaseCheck {
  std::filesystem::path archive;
  vcs::ReferenceSpec reference;  ///< without a revision, it is inferred
  const KnownFiles& known;
  Limits limits;
  /// Told what is being done and how far it is; `total` 0 if unknown. Called from the calling thread only.
  std::function<void(std::string_view phase, std::uint64_t done, std::uint64_t total)> progress;
  std::optional<InspectionRequest> inspection{};  ///< nothing: only compare
  const Regenerator* regenerator = nullptr;       ///< null: no generator is run
  const BuildObserver* observer = nullptr;        ///< null: the release is not built
  std::filesystem::path proof_bundle{};  ///< where to write the Merkle proof of the identical files; empty: nowhere
};

/// Run the check. Waivers are not applied yet and the verdict is that of the bare facts. Errors: archive or repository
/// cannot be opened, unknown revision; what could be read in part is a coverage gap of the Assessment instead.
Result<Assessment> check_release(const ReleaseCheck& request);

/// Every rule this module can report.
std::span<const Rule> rules() noexcept;

}  // namespace assay::provenance
