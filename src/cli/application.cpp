#include "cli/application.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <ostream>

#include "base/version.hpp"
#include "cli/command.hpp"
#include "cli/help_formatter.hpp"
#include "cli/output.hpp"
#include "cli/usage_error.hpp"

namespace assay::cli {

namespace {

constexpr void (*k_commands[])(CLI::App&, Invocation&) = {
    add_attest_command, add_check_command,   add_compare_command,     add_extract_command,
    add_known_command,  add_rebuild_command, add_rules_command,       add_sbom_command,
    add_scan_command,   add_verify_command,  add_verify_proof_command};

}  // namespace

int run(const std::vector<std::string>& args, std::ostream& out, std::ostream& err) {
  CLI::App app{"assay: is this artifact really what its source says it is?", "assay"};
  app.set_version_flag("--version,-V", fmt::format("assay {}", k_version));
  app.require_subcommand(1);
  format_help(app, decide_columns());
  Invocation invocation{out, err, {}};
  for (const auto& add : k_commands) add(app, invocation);
  // After the commands, which would inherit it: what 1 means differs.
  app.footer(
      "Exit codes: 0 all is well, 1 it is not, 2 usage or operational error, 3 not everything could be "
      "checked.\nManual: man assay");

  if (const auto problem = unknown_word(app, args); !problem.empty()) {
    err << "assay: " << problem << "\n";
    return 2;
  }
  auto reversed = args;
  std::reverse(reversed.begin(), reversed.end());  // CLI11 takes its words last first
  try {
    app.parse(reversed);
  } catch (const CLI::Success& asked) {
    return app.exit(asked, out, err);
  } catch (const CLI::ParseError& problem) {
    err << "assay: " << usage_message(app, problem, args) << "\n";
    return 2;
  }

  const auto code = invocation.action();
  if (!code) {
    err << "assay: " << code.error().to_string() << "\n";
    return 2;
  }
  out.flush();
  if (!out) {
    err << "assay: cannot write to standard output\n  nothing is missing from files given with -o\n";
    return 2;
  }
  return *code;
}

}  // namespace assay::cli
