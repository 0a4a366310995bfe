// assay scan: everything inside an artifact, with or without version control.
#include <CLI/CLI.hpp>
#include <memory>
#include <utility>

#include "cli/chain_policy.hpp"
#include "cli/command.hpp"
#include "cli/common_options.hpp"
#include "cli/exhibits.hpp"
#include "cli/named_input.hpp"
#include "cli/progress.hpp"
#include "cli/rule_data.hpp"
#include "cli/settings.hpp"
#include "inspect/scan.hpp"

namespace assay::cli {

namespace {

struct ScanOptions {
  CommonOptions common;
  std::string subject;
  std::string effort = "normal";
  bool tree = false;
  std::string previous;
};

Result<int> run_scan(const ScanOptions& options, Invocation& invocation) {
  ASSAY_TRY_VOID(check_subject(options.subject));
  auto inputs = inputs_of(options.common);
  inputs.insert(inputs.end(), {options.subject, options.previous});
  ASSAY_TRY_VOID(keep_inputs(outputs_of(options.common), inputs));
  ASSAY_TRY(const auto settings, settle(options.common));
  Progress progress{invocation.err, options.common.quiet};
  inspect::ScanRequest request;
  request.subject = options.subject;
  request.effort = inspect::parse_effort(options.effort).value_or(inspect::Effort::normal);
  request.keep_nodes = options.tree || wants_exhibits(settings);
  request.limits = settings.limits;
  request.previous = options.previous;
  ASSAY_TRY(request.policy, load_chain_policy(rule_directories(options.common, settings.config)));
  const auto& content = settings.content.get();
  if (!content) return content.error();
  request.content_rules = &*content;
  if (progress.visible())
    request.progress = [&](std::string_view phase, std::uint64_t done, std::uint64_t total) {
      progress.update(phase, done, total);
    };
  auto scanned = inspect::scan(request);
  progress.clear();
  if (!scanned) return scanned.error();
  scanned->ruleset = ruleset_digest(settings.known, *content, request.policy);
  if (!options.tree) scanned->exhibits.contents = std::exchange(scanned->contents, {});
  ASSAY_TRY_VOID(add_exhibits(*scanned, settings, options.subject));
  return conclude(*scanned, settings, options.common, invocation);
}

}  // namespace

void add_scan_command(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<ScanOptions>();
  auto* command = app.add_subcommand(
      "scan", "Look into everything an artifact holds: archives in archives, hidden data, disguised code");
  command->add_option("PATH", options->subject, "A release archive, a package, a directory, a single file, or REPO@REV")
      ->required();
  command
      ->add_option("--effort", options->effort,
                   "How much harvested and simple encodings are tried: low, normal (default) or high")
      ->type_name("LEVEL")
      ->check(CLI::IsMember({"low", "normal", "high"}));
  command->add_flag("--tree", options->tree, "List everything inside with type, size, digest and entropy");
  command
      ->add_option("--previous", options->previous,
                   "An earlier release: say also what became executable or binary since")
      ->type_name("OLD");
  add_common_options(*command, options->common);
  command->footer(
      "Exit codes: 0 nothing at or above --fail-on, 1 findings, 2 usage or operational error, 3 not everything could "
      "be checked.\nNothing is compared: a scan that finds nothing proves nothing. Use assay check where there is "
      "version control.\nExample: assay scan xz-5.6.1.tar.gz --tree");
  command->callback([options, &invocation] {
    invocation.action = [options, &invocation] { return run_scan(*options, invocation); };
  });
}

}  // namespace assay::cli
