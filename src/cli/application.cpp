#include "cli/application.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <ostream>
#include <string_view>

#include "base/version.hpp"
#include "cli/command.hpp"
#include "cli/help_formatter.hpp"
#include "cli/output.hpp"
#include "cli/usage_error.hpp"

namespace assay::cli {

namespace {

struct CommandEntry {
  std::string_view name;
  void (*add)(CLI::App&, Invocation&);
};

constexpr CommandEntry k_commands[] = {{"attest", add_attest_command},
                                       {"check", add_check_command},
                                       {"compare", add_compare_command},
                                       {"extract", add_extract_command},
                                       {"known", add_known_command},
                                       {"rebuild", add_rebuild_command},
                                       {"rules", add_rules_command},
                                       {"sbom", add_sbom_command},
                                       {"scan", add_scan_command},
                                       {"verify", add_verify_command},
                                       {"verify-proof", add_verify_proof_command}};

/// Options cost time to set up, most of all those of commands that nobody asked for.
void add_commands(CLI::App& app, Invocation& invocation, const std::vector<std::string>& args) {
  const auto* const named = std::find_if(std::begin(k_commands), std::end(k_commands), [&](const CommandEntry& entry) {
    return !args.empty() && args.front() == entry.name;
  });
  if (named != std::end(k_commands)) return named->add(app, invocation);
  for (const auto& entry : k_commands) entry.add(app, invocation);
}

constexpr int k_broken_pipe = 128 + SIGPIPE;  ///< as a shell says of a program that died of it

bool is_broken_pipe(int descriptor) {
  pollfd state{descriptor, POLLOUT, 0};
  return ::poll(&state, 1, 0) == 1 && (state.revents & POLLERR) != 0;
}

}  // namespace

int run(const std::vector<std::string>& args, std::ostream& out, std::ostream& err) {
  CLI::App app{"assay: is this artifact really what its source says it is?", "assay"};
  app.set_version_flag("--version,-V", fmt::format("assay {}", k_version));
  app.require_subcommand(1);
  format_help(app, decide_columns());
  Invocation invocation{out, err, {}};
  add_commands(app, invocation, args);
  // After the commands, which would inherit it: what 1 means differs.
  app.footer(
      "Exit codes: 0 all is well, 1 it is not, 2 usage or operational error, 3 not everything could be "
      "checked.\nManual: man assay");

  for (const auto& problem : {unknown_word(app, args), empty_word(args)}) {
    if (problem.empty()) continue;
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
    // Who reads no further (`assay … | head`) knows it.
    if (is_broken_pipe(STDOUT_FILENO)) return k_broken_pipe;
    err << "assay: cannot write to standard output\n  nothing is missing from files given with -o\n";
    return 2;
  }
  return *code;
}

}  // namespace assay::cli
