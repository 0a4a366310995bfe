// Tools of a build that are younger than what was published: another version, which as a rule is gone from the archives, made that.
#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "trace/trace.hpp"

namespace assay::rebuild {

struct YoungerTool {
  std::string package, version;
  std::int64_t made = 0;  ///< seconds since the epoch: of its youngest file that was used
};

/// Compilers, binutils, the C library and what packages are made with, if the build ran or read them and their files in `root` are
/// younger than `moment` by more than a month; a change log is often dated before the build. `owners` as in Materials. The most
/// telling first.
std::vector<YoungerTool> younger_tools(const trace::Trace& trace,
                                       const std::map<std::string, std::string, std::less<>>& owners,
                                       const std::filesystem::path& root, std::int64_t moment);

/// "gcc-12 12.2.0-14 (2023-01-08)", with commas between; escaped.
std::string to_string(const std::vector<YoungerTool>& tools);

}  // namespace assay::rebuild
