// A minimal Debian root file system that has what a build declares and nothing else, made by mmdebstrap(1) from the archives that
// apt's sources name, and kept by what it depends on.
#pragma once
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/file.hpp"
#include "rebuild/buildinfo.hpp"

namespace assay::rebuild {

struct RootRequest {
  std::vector<std::string> needs;         ///< relations, as Build-Depends has them; build-essential is there anyway
  std::vector<RecordedPackage> recorded;  ///< of these packages these versions, where an archive has them
  std::filesystem::path
      sources;  ///< of apt (sources.list(5), either form), snapshot archives among them; empty: the machine's own
  std::filesystem::path cache;  ///< the directory it is kept in
  std::function<void(std::string_view what)> progress;
};

struct MadeRoot {
  std::filesystem::path directory;
  std::string suite;         ///< "bookworm"
  std::size_t archives = 0;  ///< whose state (InRelease) it depends on
  bool kept = false;         ///< it was there already
  UniqueFd lock;             ///< as long as this is held, nobody removes it
};

/// The same archives in the same state, needs and versions give the same root: it is made once. The oldest of more than a few is
/// removed. Errors: apt or mmdebstrap is not installed (the remedy names the package), sources that cannot be read, an archive
/// that cannot be reached, needs that cannot be met.
Result<MadeRoot> make_root(const RootRequest& request);

/// $XDG_CACHE_HOME/assay/roots, or below ~/.cache; empty if there is no home.
std::filesystem::path default_root_cache();

/// The suite that the first binary archive of this sources list names; empty if none does. `text` in either form of
/// sources.list(5).
std::string first_suite(std::string_view text);

/// Preferences for apt_preferences(5) that have it take these versions, downgrades too. Names and versions that are none are
/// left out.
std::string version_preferences(const std::vector<RecordedPackage>& recorded);

}  // namespace assay::rebuild
