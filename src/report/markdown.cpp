// GitHub-flavoured Markdown for the summary of a CI job. Nothing from outside may become markup: names and lines stand
// in code spans, and prose that holds names has every character escaped that could start something.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "report/html.hpp"
#include "report/renderer.hpp"
#include "report/wording.hpp"

namespace assay::report {

namespace {

// A job summary may have 1 MiB; these bounds keep far below it.
constexpr std::size_t k_max_findings = 100;
constexpr std::size_t k_max_chain_chars = 300;
constexpr std::size_t k_max_stage_lines = 12;
constexpr std::size_t k_max_entries = 500;
constexpr std::size_t k_max_items = 50;
constexpr std::size_t k_max_novel_files = 5;
constexpr std::size_t k_max_novel_lines = 40;
constexpr std::size_t k_max_path_chars = 200;
constexpr std::size_t k_max_text_chars = 500;

std::size_t longest_run(std::string_view text, char wanted) {
  std::size_t longest = 0;
  std::size_t run = 0;
  for (const char c : text) {
    run = c == wanted ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  return longest;
}

/// A code span of `shown`, which is on one line: no markup, entity, mention or link is read inside. A pipe is escaped
/// for the sake of tables, where a backslash before it that is itself escaped would free it: their number is made even first.
std::string code_span(const std::string& shown) {
  if (shown.empty()) return "*(empty)*";
  std::string text;
  std::size_t backslashes = 0;
  for (const char c : shown) {
    if (c == '|') text += backslashes % 2 == 1 ? "\\\\" : "\\";
    backslashes = c == '\\' ? backslashes + 1 : 0;
    text += c;
  }
  const std::string fence(longest_run(text, '`') + 1, '`');
  const auto at_edge = [](char c) { return c == '`' || c == ' '; };
  const bool pad = at_edge(text.front()) || at_edge(text.back());
  return fence + (pad ? " " : "") + text + (pad ? " " : "") + fence;
}

std::string path_span(std::string_view path) {
  return code_span(cut_middle(escape_for_display(path), k_max_path_chars));
}
std::string text_span(std::string_view text) {
  return code_span(cut_end(escape_for_display(text), k_max_text_chars));
}

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

/// True if the character at `i` could start or make markup where it stands. A full stop could be part of a link.
bool needs_backslash(std::string_view text, std::size_t i) {
  const char c = text[i];
  const char next = i + 1 < text.size() ? text[i + 1] : ' ';
  if (c == '.') return next != ' ' && !(is_digit(next) && i > 0 && is_digit(text[i - 1]));
  if (c == ':') return next != ' ';
  if (c == '-' || c == '+') return i == 0;
  return std::string_view{"\\`*_[]<>|~&$"}.find(c) != std::string_view::npos;
}

/// Prose with names from outside in it. `@` and `#` are looked for in the rendered text (mentions, issue numbers),
/// where a backslash no longer helps: they stand in code spans, which are passed over.
std::string prose(std::string_view unsafe) {
  const auto text = cut_end(safe_prose(unsafe), k_max_text_chars);
  std::string out;
  bool in_span = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool wants_span = text[i] == '@' || text[i] == '#';
    if (wants_span != in_span) out += '`';
    in_span = wants_span;
    if (needs_backslash(text, i)) out += '\\';
    out += text[i];
  }
  if (in_span) out += '`';
  return out;
}

std::string_view symbol(Verdict verdict) noexcept {
  switch (verdict) {
    case Verdict::verified:
      return "✅";
    case Verdict::explained:
      return "☑️";
    case Verdict::unexplained:
      return "⚠️";
    case Verdict::suspect:
      return "🛑";
    case Verdict::inconclusive:
      return "❔";
  }
  return "❔";
}

std::string left_out(std::size_t count, std::string_view what) {
  return fmt::format("\n… and {} more {}; the JSON report has all of them.\n", with_separators(count), what);
}

std::string answer(const Assessment& assessment) {
  std::string out = fmt::format("## {} {}: {} {}\n\n", symbol(assessment.verdict), to_string(assessment.verdict),
                                path_span(assessment.subject.name), headline(assessment));
  out += fmt::format("**{}.**\n\n", prose(why(assessment)));
  out += "| | |\n|---|---|\n";
  out += fmt::format("| Subject | {}, {} |\n", prose(assessment.subject.format),
                     count_of(assessment.subject.size, "byte"));
  out += fmt::format("| SHA-256 | {} |\n", text_span(assessment.subject.sha256));
  out += fmt::format("| Reference | {} |\n", prose(reference_line(assessment)));
  if (assessment.previous) out += fmt::format("| Previous | {} |\n", prose(previous_line(*assessment.previous)));
  if (const auto fit = fit_line(assessment); !fit.empty()) out += fmt::format("| Fit | {} |\n", prose(fit));
  if (const auto build = build_line(assessment); !build.empty())
    out += fmt::format("| Traced build | {} |\n", prose(build));
  out += fmt::format("| Coverage | {} |\n", coverage_line(assessment));
  return out;
}

std::string location_cell(const Finding& finding) {
  if (finding.location.path.empty()) return "(whole subject)";
  const auto line = finding.location.line > 0 ? fmt::format(":{}", finding.location.line) : std::string{};
  return path_span(finding.location.path) + line;
}

/// The message without the path, which has a cell of its own.
std::string_view without_path(std::string_view message, std::string_view path) {
  const auto shown = escape_for_display(path);
  if (!shown.empty() && message.starts_with(shown + " ")) message.remove_prefix(shown.size() + 1);
  return message;
}

/// Way of the bytes and what comes out, of a finding that others support.
std::string chain_details(const Finding& chain) {
  auto out = fmt::format("\n#### How the bytes travel: {}\n\n", prose(chain.location.path));
  for (const auto& evidence : chain.evidence)
    out += fmt::format("1. {}: {}\n", prose(evidence.label),
                       code_span(cut_end(escape_for_display(evidence.text), k_max_chain_chars)));
  for (const auto& stage : chain.stages) {
    out += fmt::format("\nDecoded: {}, {}, {}\n\n", code_span(escape_for_display(stage.location)), prose(stage.what),
                       count_of(stage.size, "byte"));
    std::size_t shown = 0;
    for (const auto line : split_lines(stage.bytes)) {
      if (shown++ == k_max_stage_lines) break;
      out += fmt::format("- {}\n", code_span(cut_end(escape_for_display(line), k_max_chain_chars)));
    }
  }
  return out;
}

std::string findings_table(const std::vector<Finding>& findings) {
  std::string out = "| Severity | Where | What | What next |\n|---|---|---|---|\n";
  const auto shown = std::min(findings.size(), k_max_findings);
  for (std::size_t i = 0; i < shown; ++i) {
    const auto& finding = findings[i];
    out += fmt::format("| {} | {} | {}<br>{} | {} |\n", to_string(finding.severity), location_cell(finding),
                       prose(without_path(finding.message, finding.location.path)), code_span(finding.rule),
                       prose(finding.remedy));
  }
  if (shown < findings.size()) out += left_out(findings.size() - shown, "findings");
  for (std::size_t i = 0; i < shown; ++i)
    if (!findings[i].members.empty()) out += chain_details(findings[i]);
  return out;
}

std::string novel_lines_of(const AssessedEntry& entry) {
  auto out = fmt::format("\n<details><summary>{} of <code>{}</code></summary>\n\n| Line | Text |\n|---:|---|\n",
                         count_of(entry.novel_line_count, "novel line"),
                         html::plain(cut_middle(escape_for_display(entry.path), k_max_path_chars)));
  const auto shown = std::min(entry.novel_lines.size(), k_max_novel_lines);
  for (std::size_t i = 0; i < shown; ++i)
    out += fmt::format("| {} | {} |\n", entry.novel_lines[i].number, text_span(entry.novel_lines[i].text));
  if (shown < entry.novel_line_count) out += left_out(entry.novel_line_count - shown, "novel lines");
  return out + "\n</details>\n";
}

/// Those of the first few files that a build executes or compiles.
std::string novel_lines(const Assessment& assessment) {
  std::string out;
  std::size_t files = 0;
  for (const auto* entry : unproven_entries(assessment)) {
    if (files == k_max_novel_files) break;
    if (entry->novel_lines.empty() || entry->reach > Reach::compiled) continue;
    out += novel_lines_of(*entry);
    ++files;
  }
  return out;
}

std::string counts_table(const Counts& counts) {
  std::string head = "| Files |";
  std::string rule = "|---:|";
  std::string row = fmt::format("| {} |", with_separators(counts.entries));
  const auto add = [&](std::string_view name, std::uint64_t count) {
    if (count == 0) return;
    head += fmt::format(" {} |", name);
    rule += "---:|";
    row += fmt::format(" {} |", with_separators(count));
  };
  for (const auto& [proof, count] : proof_counts(counts)) add(to_string(proof), count);
  add("missing", counts.missing);
  add("missing, by its own rules", counts.missing_explained);
  return head + "\n" + rule + "\n" + row + "\n";
}

std::string entries_details(const Assessment& assessment) {
  const auto& entries = assessment.entries;
  if (entries.empty()) return {};
  auto out = fmt::format("\n<details><summary>{} not identical to the reference</summary>\n\n",
                         count_of(entries.size(), "entry is", "entries are"));
  out += "| Status | Proof | Reach | Path |\n|---|---|---|---|\n";
  const auto shown = std::min(entries.size(), k_max_entries);
  for (std::size_t i = 0; i < shown; ++i) {
    const auto& entry = entries[i];
    out += fmt::format("| {} | {} | {} | {} |\n", to_string(entry.status),
                       entry.explanation ? to_string(entry.explanation->proof) : "none", to_string(entry.reach),
                       path_span(entry.path));
  }
  if (shown < entries.size()) out += left_out(entries.size() - shown, "entries");
  return out + "\n</details>\n";
}

std::string waived_details(const Assessment& assessment) {
  if (assessment.waived.empty()) return {};
  auto out = fmt::format("\n<details><summary>{} suppressed</summary>\n\n",
                         count_of(assessment.waived.size(), "finding is", "findings are"));
  out += "| Rule | Path | Findings | Reason |\n|---|---|---:|---|\n";
  std::size_t shown = 0;
  for (const auto& waiver : assessment.waivers) {
    if (waiver.matched == 0) continue;
    if (shown++ == k_max_items) return out + "\n… and more; the JSON report has all of them.\n\n</details>\n";
    out += fmt::format("| {} | {} | {} | {} |\n", text_span(waiver.rule), path_span(waiver.path), waiver.matched,
                       text_span(waiver.reason));
  }
  return out + "\n</details>\n";
}

std::string gaps_list(const Coverage& coverage) {
  if (coverage.complete()) return {};
  auto out = fmt::format("\n### Not checked: {}\n\n", count_of(coverage.gaps.size(), "part"));
  const auto shown = std::min(coverage.gaps.size(), k_max_items);
  for (std::size_t i = 0; i < shown; ++i) {
    const auto& gap = coverage.gaps[i];
    out += fmt::format("- {}: {}{}\n", prose(gap.what), prose(gap.reason),
                       gap.remedy.empty() ? "" : " → " + prose(gap.remedy));
  }
  if (shown < coverage.gaps.size()) out += left_out(coverage.gaps.size() - shown, "parts");
  return out;
}

/// In a fence longer than any run of backticks that the tree holds.
std::string evidence_tree(const Assessment& assessment) {
  if (!assessment.trust_chain) return {};
  const auto tree = render_tree(*assessment.trust_chain, Paint::no, false);
  std::string fence = "```";
  while (tree.find(fence) != std::string::npos) fence += '`';
  return fmt::format("\n### Evidence: {}\n\n{}text\n{}{}\n", chain_word(*assessment.trust_chain), fence, tree, fence);
}

std::string next_steps_list(const std::vector<std::string>& steps) {
  if (steps.empty()) return {};
  std::string out = "\n### Next\n\n";
  for (std::size_t i = 0; i < std::min(steps.size(), k_max_items); ++i)
    out += fmt::format("{}. {}\n", i + 1, prose(steps[i]));
  return out;
}

}  // namespace

std::string render_markdown(const Assessment& assessment, const RenderOptions& options) {
  auto out = answer(assessment);
  if (!assessment.findings.empty()) {
    out += fmt::format("\n### Findings: {}\n\n", severity_counts(assessment.findings));
    out += findings_table(assessment.findings);
    out += novel_lines(assessment);
  }
  out += evidence_tree(assessment);
  out += "\n### Files\n\n" + counts_table(assessment.counts);
  out += gaps_list(assessment.coverage);
  out += next_steps_list(assessment.next_steps);
  out += waived_details(assessment);
  out += entries_details(assessment);
  out += fmt::format("\nExit code {}\n", exit_line(assessment, options.fail_on));
  return out;
}

}  // namespace assay::report
