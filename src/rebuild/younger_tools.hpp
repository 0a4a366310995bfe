// Tools of a build that are younger than its source: if an artifact was published then, another version made it, which as a rule is gone
// from the archives.
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

/// "if it was published when its source is dated (2020-01-01), others made it than those here, which are younger: gcc-12 12.2.0-14
/// (2023-01-08)"; escaped, and empty if there are none. When it was published nobody knows but its publisher.
std::string said_of_younger(const std::vector<YoungerTool>& tools, std::int64_t source_date);

}  // namespace assay::rebuild
