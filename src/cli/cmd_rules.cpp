// assay rules: what can be reported, and why.
#include <CLI/CLI.hpp>
#include <memory>
#include <ostream>

#include "cli/command.hpp"
#include "cli/output.hpp"
#include "cli/rule_data.hpp"
#include "report/rules.hpp"

namespace assay::cli {

void add_rules_command(CLI::App& app, Invocation& invocation) {
  auto* command = app.add_subcommand("rules", "List and explain what can be reported");
  command->require_subcommand(1);
  (void)invocation;
}

}  // namespace assay::cli
