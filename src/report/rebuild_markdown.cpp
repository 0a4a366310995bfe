// The rebuild as GitHub-flavoured Markdown, short enough for the summary of a CI job.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "report/rebuild.hpp"
#include "report/wording.hpp"

namespace assay::report {

namespace {

constexpr std::size_t k_most = 30;

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

void add_causes(const RebuildResult& result, std::string& out) {
  if (!result.causes.empty()) out += "\n| variation | proven | artifacts | remedy |\n|---|---|---|---|\n";
  for (const auto& cause : result.causes)
    out += fmt::format("| {} | {} | {} | {} |\n", cell(cause.title), cause.proven ? "yes" : "no",
                       cause.artifacts.size(), cell(cause.remedy));
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
