// What a publisher recorded of the system that built: Debian's .buildinfo (deb-buildinfo(5)) and Arch's .BUILDINFO
// (BUILDINFO(5)); and how far the system at hand is from it.
#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace assay::rebuild {

struct RecordedPackage {
  std::string name, version;
};

struct BuildInfo {
  std::vector<RecordedPackage> installed;
  std::map<std::string, std::string, std::less<>> artifacts;  ///< file name → sha256
  std::string directory;                          ///< where the tree was built; empty if that is not recorded
  std::optional<std::int64_t> source_date_epoch;  ///< that it was built with
};

/// A package of Arch Linux holds its record: such a file is one too. Errors: it cannot be read, or is none of these.
Result<BuildInfo> read_buildinfo(const std::filesystem::path& file);
Result<BuildInfo> parse_buildinfo(std::string_view text);

/// Name → version of what is installed in `root`, by the databases of dpkg and pacman.
std::map<std::string, std::string, std::less<>> installed_packages(const std::filesystem::path& root);

struct VersionGap {
  std::string package, recorded, here;  ///< `here` is empty if it is not installed
  int rank = 0;                         ///< 0: compilers; the larger, the less it is likely to matter
};

/// How little a package's version is likely to matter to what is built with it: 0 for compilers.
int package_rank(std::string_view name);
inline constexpr int k_rank_of_packaging =
    3;  ///< of what packages are made with; compilers, binutils, the C library have less

/// What is recorded and not here, the most telling first: compilers, binutils, the C library, what packages are made with,
/// interpreters, other libraries, documentation tools.
std::vector<VersionGap> version_gaps(const BuildInfo& recorded,
                                     const std::map<std::string, std::string, std::less<>>& installed);

/// One line for people; escaped.
std::string to_string(const VersionGap& gap);

}  // namespace assay::rebuild
