#include "cli/application.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <ostream>

#include "base/text.hpp"
#include "base/version.hpp"
#include "cli/command.hpp"

namespace assay::cli {

namespace {

constexpr void (*k_commands[])(CLI::App&, Invocation&) = {add_attest_command, add_check_command, add_compare_command, add_extract_command, add_known_command, add_rebuild_command, add_rules_command,
                                                           add_sbom_command, add_scan_command, add_verify_command, add_verify_proof_command};

/// The sub-command whose name is nearest to a word that is none.
std::string nearest_command(const CLI::App& app, std::string_view word) {
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(word.size() / 2, 1);
  for (const auto* command : app.get_subcommands(nullptr)) {
    const auto distance = edit_distance(word, command->get_name());
    if (distance <= best_distance) {
      best_distance = distance;
      best = command->get_name();
    }
  }
  return best;
}

int report_usage_error(const CLI::App& app, const CLI::ParseError& problem, const std::vector<std::string>& args,
                       std::ostream& err) {
  err << "assay: " << problem.what() << "\n";
  if (!args.empty() && app.get_subcommands().empty() && !args[0].starts_with('-'))
    if (const auto near = nearest_command(app, args[0]); !near.empty()) err << "  did you mean 'assay " << near << "'?\n";
  const auto chosen = app.get_subcommands();
  err << fmt::format("  see 'assay {}--help'\n", chosen.empty() ? "" : chosen.front()->get_name() + " ");
  return 2;
}

}  // namespace

int run(const std::vector<std::string>& args, std::ostream& out, std::ostream& err) {
  CLI::App app{"assay: is this artifact really what its source says it is?", "assay"};
  app.set_version_flag("--version,-V", fmt::format("assay {}", k_version));
  app.require_subcommand(1);
  app.footer(
      "Exit codes: 0 nothing at or above --fail-on, 1 findings, 2 usage or operational error, 3 not everything could be checked.\n"
      "Manual: man assay");
  Invocation invocation{out, err, {}};
  for (const auto& add : k_commands) add(app, invocation);

  auto reversed = args;
  std::reverse(reversed.begin(), reversed.end());  // CLI11 takes its words last first
  try {
    app.parse(reversed);
  } catch (const CLI::Success& asked) {
    return app.exit(asked, out, err);
  } catch (const CLI::ParseError& problem) {
    return report_usage_error(app, problem, args, err);
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
