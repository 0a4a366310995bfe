// The comparison as GitHub-flavoured Markdown, short enough for the summary of a CI job.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "report/comparison.hpp"
#include "report/wording.hpp"

namespace assay::report {

namespace {

constexpr std::size_t k_most = 30;

/// Text inside a table's cell: nothing in it may end the cell, the line, or become markup.
std::string cell(std::string_view text) {
  std::string out;
  for (const auto c : text) {
    if (c == '|' || c == '<' || c == '>' || c == '&' || c == '`' || c == '*' || c == '_' || c == '[' || c == ']' ||
        c == '\\' || c == '#' || c == '@')
      out += fmt::format("&#{};", static_cast<int>(c));
    else out += c == '\n' ? ' ' : c;
  }
  return out;
}

void add_causes(const Comparison& comparison, std::string& out) {
  if (comparison.causes.empty()) return;
  out += "\n| # | root cause | confidence | what | explains |\n|---|---|---|---|---|\n";
  std::size_t number = 0;
  for (const auto& cause : comparison.causes) {
    if (++number > k_most) break;
    std::uint64_t count = 0;
    for (const auto index : cause.changes) count += comparison.changes[index].count;
    const auto consequences = describe_consequences(comparison, cause.consequences);
    out += fmt::format("| {} | {}{}{} | {} | {} | {}{}{} |\n", number, cell(cause.title),
                       cause.accepted ? " (accepted)" : "", cause.in_code ? " **in code or scripts**" : "",
                       to_string(cause.confidence), cell(cut_end(safe_prose(cause.summary), 160)),
                       count_of(count, "change"), consequences.empty() ? "" : "; ", cell(consequences));
  }
  if (comparison.causes.size() > k_most)
    out += fmt::format("\n{} more causes are in the JSON report.\n", comparison.causes.size() - k_most);
}

void add_leftovers(const Comparison& comparison, std::string& out) {
  if (comparison.leftovers.empty()) return;
  out += fmt::format("\n### Left over: {} that no cause explains\n\n| impact | where | what |\n|---|---|---|\n",
                     count_of(comparison.leftovers.size(), "change"));
  for (std::size_t i = 0; i < std::min(k_most, comparison.leftovers.size()); ++i) {
    const auto& change = comparison.changes[comparison.leftovers[i]];
    out += fmt::format("| {} | {} | {} |\n", to_string(change.impact),
                       cell(cut_middle(escape_for_display(change.path), 100)), cell(describe_change(change, 60)));
  }
  if (const auto consequences = describe_consequences(comparison, comparison.leftover_consequences);
      !consequences.empty())
    out += fmt::format("\n{}.\n", cell(consequences));
  if (comparison.leftovers.size() > k_most)
    out += fmt::format("\n{} more are in the JSON report.\n", comparison.leftovers.size() - k_most);
}

}  // namespace

std::string render_comparison_markdown(const Comparison& comparison, const ComparisonOptions& /*options*/) {
  auto out =
      fmt::format("## {}\n\n`-` {} · `+` {}\n", cell(comparison_headline(comparison)),
                  cell(escape_for_display(comparison.before.name)), cell(escape_for_display(comparison.after.name)));
  add_causes(comparison, out);
  add_leftovers(comparison, out);
  if (!comparison.neutralised.empty()) {
    out += "\nSet aside to compare the rest: ";
    for (std::size_t i = 0; i < comparison.neutralised.size(); ++i)
      out += (i > 0 ? "; " : "") + cell(safe_prose(comparison.neutralised[i]));
    out += ".\n";
  }
  for (const auto& finding : comparison.new_findings)
    out +=
        fmt::format("\n- new: **{}** {}: {}", to_string(finding.severity),
                    cell(escape_for_display(finding.location.path)), cell(cut_end(safe_prose(finding.message), 300)));
  for (const auto& gap : comparison.coverage.gaps)
    out += fmt::format("\n- not compared: {}: {}", cell(safe_prose(gap.what)), cell(safe_prose(gap.reason)));
  return out + fmt::format("\n\nExit {}\n", comparison_exit_line(comparison));
}

}  // namespace assay::report
