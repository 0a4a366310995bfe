// The table of sub-commands: one file `cmd_<name>.cpp` each. To add one: the file, a line here, a line in k_commands.
#pragma once
#include <functional>
#include <iosfwd>

#include "base/error.hpp"

namespace CLI {
class App;
}

namespace assay::cli {

/// What a sub-command works with.
struct Invocation {
  std::ostream& out;
  std::ostream& err;
  /// Set by the sub-command that was chosen, run once parsing is done; an Error exits with 2.
  std::function<Result<int>()> action;
};

void add_attest_command(CLI::App& app, Invocation& invocation);
void add_check_command(CLI::App& app, Invocation& invocation);
void add_compare_command(CLI::App& app, Invocation& invocation);
void add_extract_command(CLI::App& app, Invocation& invocation);
void add_known_command(CLI::App& app, Invocation& invocation);
void add_rebuild_command(CLI::App& app, Invocation& invocation);
void add_rules_command(CLI::App& app, Invocation& invocation);
void add_sbom_command(CLI::App& app, Invocation& invocation);
void add_scan_command(CLI::App& app, Invocation& invocation);
void add_verify_command(CLI::App& app, Invocation& invocation);
void add_verify_proof_command(CLI::App& app, Invocation& invocation);

}  // namespace assay::cli
