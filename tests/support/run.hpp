// Run a program the way a user would, and look at what it printed.
#pragma once
#include <string>
#include <vector>

namespace assay::test {

struct RunResult {
  int exit_code = -1;  ///< 128 + signal number if it was killed
  std::string out;
  std::string err;
};

/// Run `argv` (found on PATH) with both outputs captured; nothing on standard input. Killed after 120 s.
RunResult run(const std::vector<std::string>& argv);

/// Run a shell script text with `sh -eu -c`; throws if it fails. For making fixtures inside tests.
std::string shell(const std::string& script);

}  // namespace assay::test
