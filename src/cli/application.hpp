// The command line as a function, so that tests can call it in-process.
#pragma once
#include <iosfwd>
#include <string>
#include <vector>

namespace assay::cli {

/// Run `assay` with `args` (without the program's name). Reports go to `out`, errors and progress to `err`.
/// Exit codes: 0 clean, 1 findings, 2 usage or operational error, 3 inconclusive.
int run(const std::vector<std::string>& args, std::ostream& out, std::ostream& err);

}  // namespace assay::cli
