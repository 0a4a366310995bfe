// The rebuild as GitHub-flavoured Markdown, short enough for the summary of a CI job.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "report/comparison.hpp"
#include "report/rebuild.hpp"
#include "report/wording.hpp"

namespace assay::report {

namespace {

constexpr std::size_t k_most = 30;
constexpr std::size_t k_few = 3;

/// Text in which nothing may end a cell or a line, or become markup.
std::string cell(std::string_view text) {
  std::string out;
  for (const auto c : text) {
    if (std::string_view{"|<>&`*_[]\\#@~"}.find(c) != std::string_view::npos)
      out += fmt::format("&#{};", static_cast<int>(c));
    else out += c == '\n' ? ' ' : c;
  }
  return out;
}

void add_failure(const RebuildResult& result, std::string& out) {
  if (result.status != RebuildStatus::failed && result.status != RebuildStatus::no_environment) return;
  std::string packages;
  for (const auto& package : result.missing) packages += " " + cell(safe_prose(package));
  if (!packages.empty()) out += fmt::format("\nNot installed:{}\n", packages);
  if (result.failed_command.empty() && !result.failed_because.empty())
    out += fmt::format("\n{}\n", cell(result.failed_because));
  if (result.failed_command.empty()) return;
  out += fmt::format("\n### Failed in phase {}: {}\n\n", cell(result.failed_phase),
                     cell(cut_end(safe_prose(result.failed_command), 200)));
  for (const auto line : split_lines(result.log_excerpt))
    out += fmt::format("    {}\n", line);  // an indented block: nothing in it is markup
}

void add_artifacts(const RebuildResult& result, std::string& out) {
  if (result.artifacts.empty() && result.not_built.empty()) return;
  out += "\n| artifact | sha256 | outcome |\n|---|---|---|\n";
  for (std::size_t i = 0; i < std::min(k_most, result.artifacts.size()); ++i) {
    const auto& artifact = result.artifacts[i];
    std::string causes;
    if (artifact.against && !artifact.against->equal)
      for (const auto& cause : artifact.against->causes)
        causes += fmt::format("; {}: {}", cell(cause.title), cell(cut_end(safe_prose(cause.summary), 120)));
    out += fmt::format("| {} | {}… | {}{} |\n", cell(escape_for_display(artifact.name)), artifact.sha256.substr(0, 16),
                       cell(describe_artifact(artifact)), causes);
  }
  if (result.artifacts.size() > k_most)
    out += fmt::format("\n{} more are in the JSON report.\n", result.artifacts.size() - k_most);
  for (const auto& name : result.not_built)
    out += fmt::format("\n- {} was not built\n", cell(escape_for_display(name)));
}

std::string artifacts_of(const ProvenCause& cause) {
  std::string text;
  for (std::size_t i = 0; i < std::min(k_few, cause.artifacts.size()); ++i)
    text += (i == 0 ? "" : ", ") + cell(escape_for_display(cause.artifacts[i]));
  if (cause.artifacts.size() > k_few) text += fmt::format(" and {} more", cause.artifacts.size() - k_few);
  return text;
}

/// What the builds with it and without it differ in.
std::string differences_of(const ProvenCause& cause) {
  if (!cause.comparison) return {};
  std::string text;
  std::size_t shown = 0;
  const auto add = [&](const std::string& what) {
    if (++shown <= k_few) text += (shown == 1 ? "" : "; ") + cell(what);
  };
  for (const auto& root : cause.comparison->causes)
    add(fmt::format("{}: {}", root.title, cut_end(safe_prose(root.summary), 120)));
  for (const auto index : cause.comparison->leftovers) {
    const auto& change = cause.comparison->changes[index];
    add(fmt::format("{}: {}", cut_middle(escape_for_display(change.path), 70), describe_change(change, 50)));
  }
  if (shown > k_few) text += fmt::format("; and {} more", shown - k_few);
  return text;
}

std::string origin_of(const ProvenCause& cause) {
  return cause.origin.empty() ? std::string{} : cell(cut_end(safe_prose(cause.origin.front()), 300));
}

void add_causes(const RebuildResult& result, std::string& out) {
  if (!result.causes.empty())
    out += "\n| variation | proven | artifacts | difference | made by | remedy |\n|---|---|---|---|---|---|\n";
  for (const auto& cause : result.causes)
    out += fmt::format("| {} | {} | {} | {} | {} | {} |\n", cell(cause.title), cause.proven ? "yes" : "no",
                       artifacts_of(cause), differences_of(cause), origin_of(cause), cell(cause.remedy));
  const auto line = [&](std::string_view what, const std::vector<std::string>& names) {
    if (!names.empty()) out += fmt::format("\n{}: {}\n", what, cell(fmt::format("{}", fmt::join(names, ", "))));
  };
  line("Change nothing", result.innocent);
  line("Not tried, as own builds differ", result.untried);
  line("The build fails under", result.broke_build);
  line("Could not be made to take effect", result.without_effect);
}

}  // namespace

std::string render_rebuild_markdown(const RebuildResult& result, const RenderOptions& options) {
  auto out = fmt::format("## {}\n\n", cell(rebuild_headline(result)));
  for (const auto& [what, value] : rebuild_facts(result))
    out += fmt::format("- {}: {}\n", what, cell(cut_end(value, 400)));
  add_failure(result, out);
  add_artifacts(result, out);
  add_causes(result, out);
  for (std::size_t i = 0; i < std::min(k_most, result.findings.size()); ++i) {
    const auto& finding = result.findings[i];
    out +=
        fmt::format("\n- **{}** {}: {}", to_string(finding.severity), cell(escape_for_display(finding.location.path)),
                    cell(cut_end(safe_prose(finding.message), 300)));
  }
  for (std::size_t i = 0; i < std::min(k_most, result.coverage.gaps.size()); ++i)
    out += fmt::format("\n- not seen: {}: {}", cell(safe_prose(result.coverage.gaps[i].what)),
                       cell(safe_prose(result.coverage.gaps[i].reason)));
  return out + fmt::format("\n\nExit {}\n", rebuild_exit_line(result, options.fail_on));
}

}  // namespace assay::report
