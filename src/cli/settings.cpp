#include "cli/settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <ostream>

#include "attest/rules.hpp"
#include "base/nearest.hpp"
#include "base/text.hpp"
#include "cli/rule_data.hpp"
#include "provenance/rules.hpp"

namespace assay::cli {

namespace {

std::chrono::year_month_day today() {
  return std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now());
}

Result<Severity> choose_fail_on(const CommonOptions& options, const Config& config) {
  if (options.fail_on.empty()) return config.fail_on.value_or(Severity::high);
  if (const auto severity = parse_severity(options.fail_on)) return *severity;
  return Error{ErrorCode::usage, fmt::format("there is no severity '{}'", escape_for_display(options.fail_on)),
               "--fail-on", "write info, low, medium, high or critical"};
}

/// No reviewer's word outweighs these: the bytes are not what they claim to be, whoever looked at them.
bool is_contradiction(const Finding& finding) {
  return attest::is_contradiction(finding) || finding.rule == provenance::k_sha1_collision.id ||
         finding.rule == provenance::k_contradicted_serial.id || finding.rule == provenance::k_contradicted_version.id;
}

/// The report only says that such a suppression is unused. No error: rules of another rule set may not be there today.
void note_unknown_rules(const Config& config, const std::vector<Rule>& rules, std::ostream& err) {
  if (config.waivers.empty()) return;
  std::vector<std::string> ids;
  for (const auto& rule : rules) ids.emplace_back(rule.id);
  for (const auto& waiver : config.waivers) {
    if (std::find(ids.begin(), ids.end(), waiver.rule) != ids.end()) continue;
    const auto near = nearest_word(waiver.rule, ids);
    err << fmt::format("assay: {}:{}: there is no rule '{}'{}\n", escape_for_display(waiver.declared.path),
                       waiver.declared.line, escape_for_display(waiver.rule),
                       near.empty() ? "" : fmt::format("; did you mean {}?", near));
  }
}

}  // namespace

const std::vector<std::string>& rule_directories(const CommonOptions& options, const Config& config) {
  return options.rule_dirs.empty() ? config.rule_dirs : options.rule_dirs;
}

std::vector<std::string> outputs_of(const CommonOptions& options) {
  return options.outputs;
}

std::vector<std::string> inputs_of(const CommonOptions& options) {
  return {options.config.empty() ? std::string{k_default_config} : options.config};
}

Result<Settings> settle(const CommonOptions& options) {
  Settings settings;
  ASSAY_TRY(settings.destinations, plan_output(options));
  ASSAY_TRY(settings.config, load_config(options.config));
  settings.limits = settings.config.limits;
  ASSAY_TRY_VOID(apply_limits(options, settings.limits));
  ASSAY_TRY(settings.fail_on, choose_fail_on(options, settings.config));
  ASSAY_TRY(settings.known, load_known_files(rule_directories(options, settings.config)));
  const auto directories = rule_directories(options, settings.config);
  settings.content = std::async(std::launch::async, [directories] { return load_content_rules(directories); }).share();
  if (!directories.empty() && !settings.content.get()) return settings.content.get().error();
  return settings;
}

Result<int> conclude(Assessment& assessment, const Settings& settings, const CommonOptions& options,
                     Invocation& invocation) {
  const auto& content = settings.content.get();
  if (!content) return content.error();
  const auto rules = all_rules(*content);
  apply_waivers(assessment, settings.config.waivers, today(), is_contradiction);
  note_found_config(settings.config, invocation.err);
  note_unknown_rules(settings.config, rules, invocation.err);
  sort_findings(assessment.findings);
  assessment.verdict = decide(assessment);

  report::RenderOptions render;
  render.color = decide_color(options.color);
  render.columns = decide_columns();
  if (options.quiet) render.verbosity = report::Verbosity::quiet;
  if (options.verbose) render.verbosity = report::Verbosity::verbose;
  render.fail_on = settings.fail_on;
  render.rules = rules;
  ASSAY_TRY_VOID(write_reports(assessment, settings.destinations, render, invocation.out));
  if (only_files(settings.destinations) && !options.quiet) {
    render.color = report::Color::no;
    render.verbosity = report::Verbosity::quiet;
    invocation.err << report::render_text(assessment, render);
  }
  return exit_code(assessment, settings.fail_on);
}

}  // namespace assay::cli
