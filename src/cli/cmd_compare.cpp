// assay compare: two artifacts, and why they differ.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <optional>
#include <ostream>
#include <unordered_set>
#include <vector>

#include "artifact/compare_artifacts.hpp"
#include "base/file.hpp"
#include "base/nearest.hpp"
#include "base/text.hpp"
#include "cli/chain_policy.hpp"
#include "cli/command.hpp"
#include "cli/common_options.hpp"
#include "cli/config.hpp"
#include "cli/named_input.hpp"
#include "cli/output.hpp"
#include "cli/rule_data.hpp"
#include "cli/settings.hpp"
#include "inspect/scan.hpp"
#include "report/comparison.hpp"
#include "vcs/version.hpp"

namespace assay::cli {

namespace {

struct CompareOptions {
  CommonOptions common;
  std::string before, after;
  std::vector<std::string> ignored;
  std::string item;
  bool details = false;
  unsigned jobs = 0;
};

/// A cause that nobody knows is a mistake in the command, not something to pass over.
Result<void> check_causes(const std::vector<std::string>& ids) {
  const auto known = cause_ids();
  for (const auto& id : ids) {
    if (std::find(known.begin(), known.end(), id) != known.end()) continue;
    const auto near = nearest_word(id, known);
    return Error{ErrorCode::usage, fmt::format("there is no cause '{}'", escape_for_display(id)), "--ignore",
                 near.empty() ? "assay compare --help lists them" : fmt::format("did you mean '{}'?", near)};
  }
  return {};
}

/// What the checks say about the second release that they do not say about the first. One that cannot be examined, such as an
/// encrypted archive, was compared all the same.
void add_new_findings(const CompareOptions& options, const inspect::ScanRequest& how, Comparison& comparison) {
  const auto scan = [&](const std::string& subject) {
    auto request = how;
    request.subject = subject;
    return inspect::scan(request);
  };
  constexpr std::string_view k_not_examined = "not examined for what is new: ";
  const auto before = scan(options.before);
  auto after = before ? scan(options.after) : before;
  if (!after) {
    auto problem = std::move(after).error();
    return comparison.coverage.add(escape_for_display(path_basename(before ? options.after : options.before)),
                                   std::string{k_not_examined} + problem.message, std::move(problem.remedy));
  }
  std::unordered_set<std::string> known;
  for (const auto& finding : before->findings) known.insert(finding.fingerprint);
  for (auto& finding : after->findings)
    if (!known.contains(finding.fingerprint)) comparison.new_findings.push_back(std::move(finding));
  sort_findings(comparison.new_findings);
  for (auto& gap : after->coverage.gaps)
    comparison.coverage.add(std::move(gap.what), std::string{k_not_examined} + gap.reason, std::move(gap.remedy));
}

/// Two releases of one project, or two copies of one release: archives whose top directories carry two versions, or whose
/// names are those of a release.
bool are_releases(const Comparison& comparison) {
  const auto is_release = [](const SubjectInfo& subject) {
    return starts_with_any(subject.format, {"tar", "zip", "a tar", "a zip", "a compressed"}) &&
           !vcs::parse_release_name(path_basename(subject.name)).empty();
  };
  if (is_release(comparison.before) && is_release(comparison.after)) return true;
  return std::any_of(comparison.changes.begin(), comparison.changes.end(),
                     [](const Change& change) { return change.place == "top directory"; });
}

Result<void> write(const Comparison& comparison, const std::vector<Destination>& destinations,
                   const report::ComparisonOptions& render, std::ostream& out) {
  for (const auto& destination : destinations) {
    const auto* renderer = report::find_comparison_renderer(destination.renderer->name);
    if (renderer == nullptr)
      return Error{ErrorCode::usage,
                   fmt::format("there is no report format '{}' for a comparison", destination.renderer->name),
                   {},
                   "the formats are: text, json, sarif, markdown, html"};
    auto own = render;
    if (!destination.file.empty()) own.color = report::Color::no;
    const auto text = renderer->render(comparison, own);
    if (destination.file.empty()) {
      out << text;
    } else {
      ASSAY_TRY_VOID(write_file_whole(destination.file, text));
    }
  }
  return {};
}

/// The path of an item that the user means by `path`: "" where it is one of the artifacts itself.
std::string item_path(const CompareOptions& options) {
  const auto& path = options.item;
  const auto is = [&](const std::string& subject) { return path == subject || path == path_basename(subject); };
  return path == "." || is(options.before) || is(options.after) ? std::string{} : path;
}

/// The item that differs and is meant by `path`, if only one can be.
Result<std::string> item_named(const Comparison& comparison, const std::string& path) {
  std::vector<std::string> meant;
  for (const auto& item : comparison.items) {
    if (item.path == path) return path;
    if (artifact::is_named(item.path, path)) meant.push_back(item.path);
  }
  if (meant.size() == 1) return meant.front();
  std::string several;
  for (const auto& one : meant) several += (several.empty() ? "these differ: " : ", ") + escape_for_display(one);
  return Error{ErrorCode::not_found, "nothing differs at this path",
               "--diff " + escape_for_display(path.empty() ? "." : path),
               several.empty() ? "--details lists what does" : several};
}

Result<int> run_compare(const CompareOptions& options, Invocation& invocation) {
  for (const auto& subject : {options.before, options.after}) ASSAY_TRY_VOID(check_subject(subject));
  auto inputs = inputs_of(options.common);
  inputs.insert(inputs.end(), {options.before, options.after});
  ASSAY_TRY_VOID(keep_inputs(outputs_of(options.common), inputs));
  ASSAY_TRY(const auto destinations, plan_output(options.common));
  ASSAY_TRY(const auto config, load_config(options.common.config));
  note_found_config(config, invocation.err);
  ASSAY_TRY_VOID(check_causes(options.ignored));
  artifact::CompareRequest request;
  request.before = options.before;
  request.after = options.after;
  request.jobs = options.jobs;
  if (!options.item.empty()) request.full_view = item_path(options);
  request.limits = config.limits;
  ASSAY_TRY_VOID(apply_limits(options.common, request.limits));
  request.accepted = config.accepted_causes;  // known ones: load_config() looked
  request.accepted.insert(request.accepted.end(), options.ignored.begin(), options.ignored.end());
  ASSAY_TRY(auto comparison, artifact::compare_artifacts(request));
  // A policy names what is fine wherever it occurs; only a word on the command line is expected to be needed now.
  std::erase_if(comparison.unused_ignores, [&](const std::string& id) {
    return std::find(options.ignored.begin(), options.ignored.end(), id) == options.ignored.end();
  });
  std::optional<inspect::ContentRules> content;
  std::vector<Rule> rules;
  if (are_releases(comparison)) {
    const auto& directories = rule_directories(options.common, config);
    ASSAY_TRY(content, load_content_rules(directories));
    rules = all_rules(*content);
    inspect::ScanRequest scan;
    scan.limits = request.limits;
    scan.content_rules = &*content;
    ASSAY_TRY(scan.policy, load_chain_policy(directories));
    add_new_findings(options, scan, comparison);
  }
  report::ComparisonOptions render;
  render.rules = rules;
  render.color = decide_color(options.common.color);
  render.columns = decide_columns();
  if (request.full_view) {
    ASSAY_TRY(render.item, item_named(comparison, *request.full_view));
  }
  if (options.common.quiet) render.verbosity = report::Verbosity::quiet;
  if (options.details || options.common.verbose) render.verbosity = report::Verbosity::verbose;
  ASSAY_TRY_VOID(write(comparison, destinations, render, invocation.out));
  if (only_files(destinations) && !options.common.quiet) {
    render.color = report::Color::no;
    render.verbosity = report::Verbosity::quiet;
    invocation.err << report::render_comparison_text(comparison, render);
  }
  return exit_code(comparison);
}

}  // namespace

void add_compare_command(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<CompareOptions>();
  auto* command = app.add_subcommand("compare", "Compare two artifacts and name the root causes of their differences");
  command
      ->add_option("A", options->before, "The first: a package, an archive, an image layout, any file, or a directory")
      ->required();
  command->add_option("B", options->after, "The second")->required();
  command
      ->add_option("--ignore", options->ignored,
                   "Accept a cause: differences that have only accepted causes exit 0. Repeatable")
      ->type_name("CAUSE")
      ->allow_extra_args(false);
  command->add_flag("--details", options->details, "Every change, its evidence and a view of each item");
  command
      ->add_option("--diff", options->item,
                   "Show one item in full; PATH as the report writes it, . is the artifact itself")
      ->type_name("PATH");
  command->add_option("--jobs", options->jobs, "Threads (default: one for each processor)")->type_name("N");
  add_output_options(*command, options->common);
  command->footer(
      "Exit codes: 0 equal or only accepted causes, 1 different, 2 error, 3 not everything could be "
      "compared.\nCauses: " +
      fmt::format("{}", fmt::join(cause_ids(), ", ")) +
      "\nExample: assay compare hello_2.10-3_amd64.deb rebuilt/hello_2.10-3_amd64.deb --ignore timestamp");
  command->callback([options, &invocation] {
    invocation.action = [options, &invocation] { return run_compare(*options, invocation); };
  });
}

}  // namespace assay::cli
