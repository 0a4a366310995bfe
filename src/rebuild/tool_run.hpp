// Runs a program of the system that does its own work and is trusted with it: apt, mmdebstrap, tar. Not for anything that comes
// from outside.
#pragma once
#include <string>
#include <vector>

#include "base/error.hpp"

namespace assay::rebuild {

struct ToolRun {
  std::vector<std::string> words{};  ///< the program, looked up in PATH, and its arguments
  int input = -1;                    ///< descriptor 0; -1: nothing
  int output = -1;                   ///< descriptor 1; -1: with the messages
  /// As root, in namespaces for processes and mounts of its own: however this program ends, none of either is left.
  bool contained = false;
  std::string temporary{};  ///< TMPDIR; empty: the caller's
};

struct ToolOutcome {
  int exit_code = 0;     ///< 128 + signal
  std::string messages;  ///< the last of what it said on descriptor 2
};

/// Its environment: PATH, the locale, HOME, TMPDIR and proxies. It is ended when the calling thread ends, however that comes.
/// Errors: not_found if there is no such program.
Result<ToolOutcome> run_tool(const ToolRun& run);

}  // namespace assay::rebuild
