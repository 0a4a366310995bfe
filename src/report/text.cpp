// The report for people. The answer stands in the first two lines; nothing below may scroll it away, so every list is
// cut and says how much it left out, unless the reader asked for everything.
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/text.hpp"
#include "report/prose.hpp"
#include "report/renderer.hpp"
#include "report/wording.hpp"

namespace assay::report {

namespace {

constexpr std::size_t k_everything = std::numeric_limits<std::size_t>::max();
constexpr std::string_view k_more = "(-v or --format json for all)";

/// How much of each list is shown.
struct Bounds {
  std::size_t findings, gaps, waivers, unproven, next_steps;
  std::size_t path_chars, line_chars, prose_chars;
};
constexpr Bounds k_one_screen{6, 3, 2, 3, 3, 100, 88, 240};
constexpr Bounds k_all{k_everything, k_everything, k_everything, k_everything,
                       k_everything, k_everything, k_everything, k_everything};

/// What fits a terminal that is narrower than usual: a line of code stands behind its number.
Bounds bounds_for(std::size_t columns) {
  constexpr std::size_t k_before_code = 22;
  auto bounds = k_one_screen;
  bounds.path_chars = std::min(bounds.path_chars, columns);
  if (columns < k_prose_columns) bounds.line_chars = columns - std::min(columns / 2, k_before_code);
  return bounds;
}

/// Novel lines shown with a finding, by its place in the list; past the end a finding is one line.
constexpr std::size_t k_novel_shown[] = {8, 2, 2};
/// Of a file that claims a false identity, or holds what its generators did not make, the novel lines are the case: all of them,
/// within reason.
constexpr std::size_t k_lines_of_case = 24;
/// Where nothing is alarming, fewer findings are worth more than a line.
constexpr std::size_t k_detailed_medium = 2;
/// Lines of a decoded stage that are shown.
constexpr std::size_t k_stage_lines = 3;
constexpr std::size_t k_stages_shown = 1;
constexpr std::size_t k_chain_chars = 800;
constexpr std::size_t k_stage_lines_verbose = 200;

class TextReport {
 public:
  TextReport(const Assessment& assessment, const RenderOptions& options)
      : m_assessment(assessment),
        m_options(options),
        m_verbose(options.verbosity == Verbosity::verbose),
        m_bounds(m_verbose ? k_all : bounds_for(options.columns)) {
    for (const auto& entry : assessment.entries) m_entries.emplace(entry.path, &entry);
  }

  std::string render() {
    add_answer();
    if (m_options.verbosity == Verbosity::quiet) return std::move(m_out);
    add_identity();
    add_chain();
    add_findings();
    add_also_unproven();
    if (m_verbose) add_entries();
    add_tree();
    add_counts();
    add_waivers();
    add_gaps();
    add_next_steps();
    m_out += fmt::format("\nexit {}\n", exit_line(m_assessment, m_options.fail_on));
    return std::move(m_out);
  }

 private:
  std::string paint(std::string_view text, std::string_view sgr) const {
    return report::paint(m_options.color == Color::yes, text, sgr);
  }

  std::string_view verdict_color() const {
    switch (m_assessment.verdict) {
      case Verdict::verified:
        return "1;32";
      case Verdict::explained:
        return "32";
      case Verdict::unexplained:
        return "1;33";
      case Verdict::inconclusive:
        return "1;35";
      case Verdict::suspect:
        return "1;31";
    }
    return "0";
  }

  static std::string_view severity_color(Severity severity) {
    switch (severity) {
      case Severity::critical:
        return "1;31";
      case Severity::high:
        return "31";
      case Severity::medium:
        return "33";
      case Severity::low:
        return "36";
      case Severity::info:
        return "2";
    }
    return "0";
  }

  std::string wrap(std::string_view lead, std::size_t lead_columns, std::string_view text) const {
    return wrap_prose(lead, lead_columns, text, m_options.columns);
  }
  void add_prose(std::string_view lead, std::string_view text) { m_out += wrap(lead, char_count(lead), text); }

  void add_heading(std::string_view title, std::string_view detail) {
    m_out += fmt::format("\n{}: {}\n", paint(title, "1"), detail);
  }

  std::string shown_path(std::string_view path) const {
    return cut_middle(escape_for_display(path), m_bounds.path_chars);
  }
  std::string shown_prose(std::string_view text) const { return cut_end(safe_prose(text), m_bounds.prose_chars); }

  void add_answer() {
    auto word = std::string{to_string(m_assessment.verdict)};
    std::transform(word.begin(), word.end(), word.begin(), [](char c) { return static_cast<char>(c - 'a' + 'A'); });
    m_out += wrap(paint(word, verdict_color()) + "  ", word.size() + 2,
                  fmt::format("{} {}", shown_path(m_assessment.subject.name), headline(m_assessment)));
    add_prose("  ", why(m_assessment));
  }

  void add_identity() {
    const auto& subject = m_assessment.subject;
    m_out += fmt::format("\n  subject    {}, {}\n", shown_prose(subject.format), count_of(subject.size, "byte"));
    if (!subject.sha256.empty()) m_out += fmt::format("  sha256     {}\n", safe_prose(subject.sha256));
    add_prose("  reference  ", cut_end(reference_line(m_assessment), m_bounds.prose_chars));
    if (m_assessment.previous) add_prose("  previous   ", previous_line(*m_assessment.previous));
    if (const auto fit = fit_line(m_assessment); !fit.empty())
      add_prose("  fit        ", cut_end(fit, m_bounds.prose_chars));
    if (const auto build = build_line(m_assessment); !build.empty())
      add_prose("  build      ", cut_end(build, m_bounds.prose_chars));
    m_out += fmt::format("  coverage   {}\n", coverage_line(m_assessment));
  }

  void add_chain() {
    if (!m_assessment.trust_chain) return;
    add_heading("Evidence", chain_word(*m_assessment.trust_chain));
    const auto tree =
        render_tree(*m_assessment.trust_chain, m_options.color == Color::yes ? Paint::yes : Paint::no, m_verbose);
    for (const auto line : split_lines(tree))
      if (!line.empty()) m_out += fmt::format("  {}\n", line);
  }

  /// "path:12: message", without saying the path twice where the message begins with it.
  std::string finding_line(const Finding& finding) const {
    const auto full_path = escape_for_display(finding.location.path);
    auto message = safe_prose(finding.message);
    // Of a chain the message is the case itself.
    const auto bound = finding.members.empty() ? m_bounds.prose_chars : std::max(m_bounds.prose_chars, k_chain_chars);
    if (full_path.empty()) return cut_end(std::move(message), bound);
    const auto line = finding.location.line > 0 ? fmt::format(":{}", finding.location.line) : std::string{};
    const bool names_path = message.starts_with(full_path + " ");
    if (names_path) message.erase(0, full_path.size());
    // Nor the line.
    const auto same_line = fmt::format(" (line {})", finding.location.line);
    if (names_path && message.starts_with(same_line)) message.erase(0, same_line.size());
    return shown_path(finding.location.path) + line + (names_path ? "" : ": ") + cut_end(std::move(message), bound);
  }

  void add_finding_line(const Finding& finding) {
    const auto severity = fmt::format("{:<8}", to_string(finding.severity));
    const auto lead = "  " + paint(severity, severity_color(finding.severity)) + "  ";
    m_out += wrap(lead, severity.size() + 4, finding_line(finding));
  }

  void add_rule_and_remedy(const Finding& finding) {
    if (!finding.remedy.empty()) add_prose(std::string{k_indent} + "→ ", shown_prose(finding.remedy));
    m_out += fmt::format("{}{}, {}\n", k_indent, paint(finding.rule, "2"), to_string(finding.confidence));
  }

  /// The evidence that is no novel line: run together, or one a line where everything is wanted.
  void add_facts(const Finding& finding) {
    std::string facts;
    for (const auto& evidence : finding.evidence) {
      if (is_novel_line_label(evidence.label)) continue;
      const auto fact = fmt::format("{}: {}", safe_prose(evidence.label), escape_for_display(evidence.text));
      if (m_verbose) m_out += fmt::format("{}{}\n", k_indent, fact);
      else facts += (facts.empty() ? "" : "; ") + fact;
    }
    if (!facts.empty()) add_prose(k_indent, cut_end(std::move(facts), m_bounds.prose_chars));
  }

  /// The novel lines to show of a finding's entry: where they must be chosen, comments come last.
  std::vector<const NovelLine*> chosen_novel_lines(const AssessedEntry& entry, std::size_t wanted) const {
    std::vector<const NovelLine*> lines;
    for (const auto& line : entry.novel_lines) lines.push_back(&line);
    if (lines.size() <= wanted) return lines;
    std::stable_partition(lines.begin(), lines.end(), [](const NovelLine* line) {
      const auto text = normalise_line(line->text);
      return !text.empty() && !starts_with_any(text, {"#", "dnl", "//", "/*", "*", "--"});
    });
    lines.resize(wanted);
    std::sort(lines.begin(), lines.end(), [](const auto* a, const auto* b) { return a->number < b->number; });
    return lines;
  }

  void add_novel_lines(const Finding& finding, std::size_t wanted) {
    const auto found = m_entries.find(finding.location.path);
    if (found == m_entries.end() || found->second->novel_lines.empty()) return;
    const auto* entry = found->second;
    const auto lines = chosen_novel_lines(*entry, wanted);
    for (const auto* line : lines)
      m_out += fmt::format("{}{:>5} | {}\n", k_indent, line->number,
                           cut_end(escape_for_display(line->text), m_bounds.line_chars));
    if (lines.size() < entry->novel_line_count)
      m_out += fmt::format("{}      … and {}\n", k_indent,
                           count_of(entry->novel_line_count - lines.size(), "more novel line", "more novel lines"));
  }

  /// Of a finding further down, one line that shows what it speaks of.
  void add_glance(const Finding& finding) {
    const auto found = m_entries.find(finding.location.path);
    if (found != m_entries.end() && !found->second->novel_lines.empty()) {
      const auto* line = chosen_novel_lines(*found->second, 1).front();
      m_out += fmt::format("{}{:>5} | {}\n", k_indent, line->number,
                           cut_end(escape_for_display(line->text), m_bounds.line_chars));
      return;
    }
    const auto& evidence = finding.evidence;
    const auto fact = std::find_if(evidence.begin(), evidence.end(), [](const Evidence& each) {
      return !is_novel_line_label(each.label) && each.label != "what holds";
    });
    if (fact == evidence.end()) return;
    m_out += fmt::format(
        "{}{}\n", k_indent,
        cut_end(fmt::format("{}: {}", safe_prose(fact->label), escape_for_display(fact->text)), m_bounds.line_chars));
  }

  /// How many findings are listed at all: mere information only where there is nothing else.
  std::size_t listed_findings() const {
    const auto& findings = m_assessment.findings;
    if (m_verbose) return findings.size();
    const auto more_than_info = static_cast<std::size_t>(std::count_if(
        findings.begin(), findings.end(), [](const Finding& finding) { return finding.severity > Severity::info; }));
    return std::min(more_than_info > 0 ? more_than_info : findings.size(), m_bounds.findings);
  }

  bool is_detailed(std::size_t index) const {
    if (m_verbose) return true;
    const auto& findings = m_assessment.findings;
    if (index >= std::size(k_novel_shown)) return false;
    if (findings.front().severity >= Severity::high) return findings[index].severity >= Severity::high;
    return findings[index].severity == Severity::medium && index < k_detailed_medium;
  }

  std::size_t novel_bound(std::size_t index) const {
    if (m_verbose) return k_everything;
    const auto& findings = m_assessment.findings;
    const auto entry = m_entries.find(findings[index].location.path);
    const bool is_case = findings[index].severity == Severity::critical ||
                         (entry != m_entries.end() && entry->second->proof() == Proof::contradicted);
    if (is_case) return k_lines_of_case;
    return k_novel_shown[index] - (findings[0].members.empty() ? 0 : 1);
  }

  void add_findings() {
    const auto& findings = m_assessment.findings;
    if (findings.empty()) return;
    add_heading("Findings", severity_counts(findings));
    const auto shown = listed_findings();
    for (std::size_t i = 0; i < shown; ++i) {
      add_finding_line(findings[i]);
      if (!is_detailed(i)) {
        if (findings[i].severity >= Severity::medium) add_glance(findings[i]);
        continue;
      }
      if (!findings[i].members.empty()) {
        add_chain_of(findings[i]);
        add_rule_and_remedy(findings[i]);
        continue;
      }
      add_facts(findings[i]);
      add_novel_lines(findings[i], novel_bound(i));
      add_rule_and_remedy(findings[i]);
    }
    add_left_out(findings.size() - shown, "finding");
  }

  /// Way of the bytes, what supports it, and the beginning of what came out.
  void add_chain_of(const Finding& chain) {
    for (const auto& evidence : chain.evidence) {
      // Why it is that grave is wanted whole; which facts the policy saw is for whoever wrote the policy.
      if (evidence.label == "what holds" && !m_verbose) continue;
      const auto shown = fmt::format("{}: {}", safe_prose(evidence.label), escape_for_display(evidence.text));
      const bool is_severity = evidence.label == "severity";
      m_out += m_verbose || is_severity ? wrap(std::string{k_indent} + "· ", k_indent.size() + 2, shown)
                                        : fmt::format("{}· {}\n", k_indent, cut_end(shown, m_bounds.line_chars));
    }
    add_members(chain);
    for (std::size_t i = 0; i < chain.stages.size() && (m_verbose || i < k_stages_shown); ++i)
      add_stage(chain.stages[i]);
  }

  /// One a line where everything is wanted, else as many of their rules as a line takes.
  void add_members(const Finding& chain) {
    std::vector<std::string_view> rules;
    for (const auto& member : chain.members) {
      if (m_verbose)
        m_out += wrap(std::string{k_indent} + "+ ", k_indent.size() + 2,
                      fmt::format("{} {}", member.rule, finding_line(member)));
      else if (std::find(rules.begin(), rules.end(), member.rule) == rules.end()) rules.push_back(member.rule);
    }
    if (rules.empty()) return;
    constexpr std::size_t k_room_for_rest = 12;
    std::string line;
    std::size_t named = 0;
    for (; named < rules.size(); ++named) {
      if (named > 0 && line.size() + rules[named].size() + 2 + k_room_for_rest > m_bounds.line_chars) break;
      line += fmt::format("{}{}", named == 0 ? "" : ", ", rules[named]);
    }
    if (named < rules.size()) line += fmt::format(" and {} more", rules.size() - named);
    m_out += fmt::format("{}+ {}\n", k_indent, line);
  }

  void add_stage(const AttachedStage& stage) {
    m_out += wrap(
        std::string{k_indent} + "» ", k_indent.size() + 2,
        fmt::format("{}: {}, {}", shown_path(stage.location), safe_prose(stage.what), count_of(stage.size, "byte")));
    std::size_t shown = 0;
    std::string_view last;
    for (const auto line : split_lines(stage.bytes)) {
      if (std::exchange(last, line) == line) continue;
      if (shown++ == (m_verbose ? k_stage_lines_verbose : k_stage_lines)) break;
      m_out += fmt::format("{}      | {}\n", k_indent, cut_end(escape_for_display(line), m_bounds.line_chars));
    }
  }

  void add_left_out(std::size_t count, std::string_view what) {
    if (count == 0) return;
    m_out += fmt::format("  … and {} {}\n", count_of(count, fmt::format("more {}", what)), k_more);
  }

  /// Unproven entries that no finding speaks of, so that none goes unmentioned.
  void add_also_unproven() {
    std::unordered_set<std::string_view> spoken_of;
    for (const auto* findings : {&m_assessment.findings, &m_assessment.waived})
      for (const auto& finding : *findings) spoken_of.insert(finding.location.path);
    auto entries = unproven_entries(m_assessment);
    std::erase_if(entries, [&](const AssessedEntry* entry) { return spoken_of.contains(entry->path); });
    if (entries.empty()) return;
    add_heading("Also unproven", count_of(entries.size(), "file"));
    const auto shown = std::min(entries.size(), m_bounds.unproven);
    for (std::size_t i = 0; i < shown; ++i)
      m_out += fmt::format("  {:<8}  {}\n", to_string(entries[i]->reach), shown_path(entries[i]->path));
    add_left_out(entries.size() - shown, "file");
  }

  void add_entries() {
    if (m_assessment.entries.empty()) return;
    add_heading("Not identical", count_of(m_assessment.entries.size(), "entry", "entries"));
    for (const auto& entry : m_assessment.entries) {
      const auto proof = entry.explanation ? to_string(entry.explanation->proof) : "no rule";
      m_out += fmt::format("  {:<12}  {:<12}  {}\n", to_string(entry.status), proof, escape_for_display(entry.path));
      if (!entry.explanation || entry.explanation->proof >= Proof::unexplained) continue;
      for (const auto& [name, text] : entry.explanation->evidence)
        m_out += fmt::format("  {:<28}{}: {}\n", "", safe_prose(name), escape_for_display(text));
    }
  }

  /// Whoever asks for the tree wants all of it.
  void add_tree() {
    if (m_assessment.contents.empty()) return;
    add_heading("Contents",
                count_of(m_assessment.contents.size(), "file and what is in it", "files and what is in them"));
    std::map<std::string_view, std::string> rules;
    for (const auto& finding : m_assessment.findings) mark_places(finding, rules);
    m_out += fmt::format("  {:>12}  {:>7}  {:<12}  {}\n", "bytes", "entropy", "sha256", "name  [type]");
    constexpr std::size_t k_longest_type = 60;  // of some formats libmagic tells what is in them
    for (const auto& node : m_assessment.contents) {
      const auto marked = rules.find(node.path);
      m_out += fmt::format("  {:>12}  {:7.2f}  {}  {}{}  [{}]{}\n", with_separators(node.size), node.entropy,
                           m_verbose ? node.sha256 : node.sha256.substr(0, 12), std::string(2 * node.depth, ' '),
                           escape_for_display(node.path), cut_end(safe_prose(node.type), k_longest_type),
                           marked == rules.end() ? "" : "  " + marked->second);
    }
    add_stages();
  }

  /// Which rules speak of a place, each once.
  static void mark_places(const Finding& finding, std::map<std::string_view, std::string>& rules) {
    auto& names = rules[finding.location.path];
    if (names.find(finding.rule) == std::string::npos) names += (names.empty() ? "← " : ", ") + finding.rule;
    for (const auto& member : finding.members) mark_places(member, rules);
  }

  /// What comes out where hidden data is decoded, which no container holds.
  void add_stages() {
    std::set<std::string_view> told;
    for (const auto& finding : m_assessment.findings)
      for (const auto& stage : finding.stages)
        if (told.insert(stage.location).second)
          m_out += fmt::format("  {:>12}  {:>7}  {:<12}  {}  [{}]  ← decoded\n", with_separators(stage.size), "", "",
                               escape_for_display(stage.location), safe_prose(stage.what));
  }

  void add_counts() {
    const auto& counts = m_assessment.counts;
    std::string line;
    for (const auto& [proof, count] : proof_counts(counts))
      if (count > 0)
        line += fmt::format("{}{} {}", line.empty() ? "" : " · ", with_separators(count), to_string(proof));
    if (line.empty()) line = with_separators(counts.entries);
    else line += fmt::format(" ({} in all)", with_separators(counts.entries));
    if (counts.inside > 0) line += fmt::format(", and {} inside of them", with_separators(counts.inside));
    add_heading("Files", line);
    if (counts.missing == 0) return;
    m_out += fmt::format("  {} of the reference missing from it{}\n", count_of(counts.missing, "file"),
                         export_ignored(counts));
    add_missing();
  }

  /// Which ones no rule leaves out.
  void add_missing() {
    constexpr std::size_t k_shown = 8;
    std::size_t count = 0;
    for (const auto& entry : m_assessment.entries)
      if (entry.status == EntryStatus::missing && !entry.explanation && (++count <= k_shown || m_verbose))
        m_out += fmt::format("    {}\n", escape_for_display(entry.path));
    if (count > k_shown && !m_verbose) m_out += fmt::format("    … {} more (-v)\n", count - k_shown);
  }

  static std::string export_ignored(const Counts& counts) {
    if (counts.missing_explained == 0) return {};
    if (counts.missing_explained == counts.missing) return ", left out by its own rules";
    return fmt::format(", {} of them left out by its own rules", with_separators(counts.missing_explained));
  }

  void add_waivers() {
    if (m_assessment.waived.empty()) return;
    add_heading("Suppressed",
                fmt::format("{} that .assay.toml accepts: {}", count_of(m_assessment.waived.size(), "finding"),
                            severity_counts(m_assessment.waived)));
    std::vector<const WaiverUse*> used;
    for (const auto& waiver : m_assessment.waivers)
      if (waiver.matched > 0) used.push_back(&waiver);
    const auto shown = std::min(used.size(), m_bounds.waivers);
    for (std::size_t i = 0; i < shown; ++i)
      m_out += fmt::format("  {} in {}: {}\n", safe_prose(used[i]->rule), shown_path(used[i]->path),
                           cut_end(escape_for_display(used[i]->reason), m_bounds.line_chars));
    add_left_out(used.size() - shown, "suppression");
  }

  void add_gaps() {
    const auto& gaps = m_assessment.coverage.gaps;
    if (gaps.empty()) return;
    add_heading(paint("Not checked", "35"), count_of(gaps.size(), "part"));
    const auto shown = std::min(gaps.size(), m_bounds.gaps);
    for (std::size_t i = 0; i < shown; ++i) {
      auto text =
          fmt::format("{}: {}", cut_middle(safe_prose(gaps[i].what), m_bounds.path_chars), shown_prose(gaps[i].reason));
      if (!gaps[i].remedy.empty()) text += " → " + shown_prose(gaps[i].remedy);
      add_prose("  ", text);
    }
    add_left_out(gaps.size() - shown, "part");
  }

  void add_next_steps() {
    const auto& steps = m_assessment.next_steps;
    if (steps.empty()) return;
    m_out += fmt::format("\n{}:\n", paint("Next", "1"));
    const auto shown = std::min(steps.size(), m_bounds.next_steps);
    for (std::size_t i = 0; i < shown; ++i) add_prose(fmt::format("  {}. ", i + 1), shown_step(steps[i]));
    add_left_out(steps.size() - shown, "step");
  }

  /// A command that is cut is worth nothing.
  std::string shown_step(std::string_view step) const {
    return step.find('`') == std::string_view::npos ? shown_prose(step) : safe_prose(step);
  }

  static constexpr std::string_view k_indent = "            ";

  const Assessment& m_assessment;
  const RenderOptions& m_options;
  const bool m_verbose;
  const Bounds m_bounds;
  std::unordered_map<std::string_view, const AssessedEntry*> m_entries;
  std::string m_out;
};

}  // namespace

std::string render_text(const Assessment& assessment, const RenderOptions& options) {
  return TextReport{assessment, options}.render();
}

}  // namespace assay::report
