#include "inspect/text/analysis.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <future>
#include <iterator>
#include <unordered_set>
#include <utility>

#include "archive/budget.hpp"
#include "base/text.hpp"
#include "inspect/blob/kind.hpp"
#include "inspect/script/source.hpp"
#include "inspect/source/source_checks.hpp"
#include "inspect/text/rules.hpp"
#include "inspect/text/texts_ahead.hpp"
#include "inspect/text/trojan_source.hpp"

namespace assay::inspect {

namespace {

constexpr std::size_t k_line_bytes = 400;
constexpr std::size_t k_lines_shown = 5;
constexpr std::size_t k_most_findings = 2'000;

/// Turns offsets of one text, which ascend, into lines.
class LineIndex {
 public:
  explicit LineIndex(std::string_view text) : m_text(text) {}
  std::uint64_t number_at(std::uint64_t offset) {
    const auto end = std::min<std::size_t>(offset, m_text.size());
    if (end < m_counted) m_counted = m_lines = 0;
    const auto more = m_text.substr(m_counted, end - m_counted);
    m_lines += static_cast<std::uint64_t>(std::count(more.begin(), more.end(), '\n'));
    m_counted = end;
    return m_lines + 1;
  }
  std::string_view line_at(std::uint64_t offset) const {
    const auto at = std::min<std::size_t>(offset, m_text.size());
    const auto begin = at == 0 ? 0 : m_text.rfind('\n', at - 1) + 1;
    return m_text.substr(begin, std::min({m_text.find('\n', at) - begin, m_text.size() - begin, k_line_bytes}));
  }

 private:
  std::string_view m_text;
  std::size_t m_counted = 0;
  std::uint64_t m_lines = 0;  ///< that end before that
};

/// One text and what is known about it.
struct Subject {
  const std::string path;  ///< of the file, or of the place inside of one
  const std::string name;  ///< what tells the language: the path within the innermost archive
  const std::string sha256;
  const FileFacts facts;
  const bool apply_rules = true;
};

/// What a stream decodes to bears the stream's name without its suffix ("install.sh.gz").
std::string inner_name(const Node& node) {
  const auto& parts = node.path.parts();
  if (!node.decoded || parts.size() < 2) return parts.back();
  const auto& packed = parts[parts.size() - 2];
  return packed.substr(0, packed.rfind('.'));
}

}  // namespace

class TextInspector::Examiner {
 public:
  Examiner(const FactsOf& facts, const TextOptions& options)
      : m_facts_of(facts), m_options(options), m_time_left(options.all_rule_time), m_deadline(options.deadline) {}

  FileFacts facts_of(std::string_view path) const { return m_facts_of ? m_facts_of(path) : FileFacts{}; }

  void examine(const Subject& subject, ByteView content) {
    if (!m_deadline.check()) {
      ++m_late;
      return;
    }
    ++m_analysis.files;
    m_analysis.bytes += content.size();
    const bool text = is_mostly_text(content);
    const auto* const ahead = m_options.ahead != nullptr && !subject.sha256.empty()
                                  ? m_options.ahead->find(subject.name, subject.sha256)
                                  : nullptr;
    if (subject.apply_rules && m_options.rules != nullptr && (text || m_options.rules->reads_binaries()))
      apply_rules(subject, content, ahead);
    if (!text) return;
    examine_characters(subject, as_text(content), ahead);
    if (subject.facts.compared && !subject.facts.in_vcs) examine_source(subject, as_text(content));
  }

  TextAnalysis take() {
    if (m_late > 0) {
      const auto late = m_deadline.check().error();
      m_analysis.coverage.add("checks of text",
                              fmt::format("{} were not looked at: {}", count_of(m_late, "file"), late.message),
                              late.remedy);
    }
    if (m_not_ruled > 0)
      m_analysis.coverage.add("content rules",
                              fmt::format("{} were not put to them: they took more than {} s in all",
                                          count_of(m_not_ruled, "file"), m_options.all_rule_time.count()),
                              "take slow rules away from --rules");
    sort_findings(m_analysis.findings);
    return std::move(m_analysis);
  }

 private:
  void apply_rules(const Subject& subject, ByteView content, const TextsAhead::Outcome* ahead) {
    if (m_time_left.count() <= 0) {
      ++m_not_ruled;
      return;
    }
    if (ahead != nullptr) {
      m_time_left -= ahead->rule_time;
      for (const auto& hit : ahead->hits) add_hit(subject, as_text(content), hit);
      return;
    }
    const auto begin = rule_clock();
    const auto seconds = std::clamp(std::chrono::duration_cast<std::chrono::seconds>(m_time_left),
                                    std::chrono::seconds{1}, m_options.rule_time);
    const auto hits = m_options.rules->scan(subject.name, content, seconds);
    m_time_left -= std::chrono::duration_cast<std::chrono::milliseconds>(rule_clock() - begin);
    if (!hits) {
      m_analysis.coverage.add(escape_for_display(subject.path), hits.error().message, hits.error().remedy);
      return;
    }
    for (const auto& hit : *hits) add_hit(subject, as_text(content), hit);
  }

  void add_hit(const Subject& subject, std::string_view text, const ContentHit& hit) {
    LineIndex lines{text};
    const auto& facts = subject.facts;
    std::vector<Evidence> evidence;
    std::uint64_t first = 0;
    bool novel = false;
    for (auto offset : hit.offsets) {
      // A pattern that begins at the start of a line may have taken the end of the one before with it.
      while (offset + 1 < text.size() && text[offset] == '\n') ++offset;
      const auto number = lines.number_at(offset);
      const auto label = fmt::format("line {}", number);
      const bool is_novel = facts.is_novel(number);
      if (first == 0 || (is_novel && !novel)) first = number;
      novel = novel || is_novel;
      const bool twice =
          std::any_of(evidence.begin(), evidence.end(), [&](const Evidence& other) { return other.label == label; });
      if (!twice && evidence.size() < k_lines_shown) evidence.push_back({label, std::string{lines.line_at(offset)}});
    }
    auto finding =
        make_finding(*hit.rule, {subject.path, first}, std::string{hit.rule->description}, std::move(evidence));
    finding.severity = ranked_severity(hit.rule->severity, facts, novel || hit.offsets.empty());
    finding.rank = facts.compared && novel ? 100 : 0;
    finish(std::move(finding), subject);
  }

  void examine_characters(const Subject& subject, std::string_view text, const TextsAhead::Outcome* ahead) {
    const auto& facts = subject.facts;
    auto deceits = ahead != nullptr ? ahead->deceits : find_deceits(language_of(subject.name, text), text);
    for (auto& deceit : deceits) {
      const auto& rule = deceit.what == Deception::reordered   ? k_bidirectional
                         : deceit.what == Deception::invisible ? k_invisible
                                                               : k_confusable;
      auto finding =
          make_finding(rule, {subject.path, deceit.line}, std::move(deceit.message),
                       {{fmt::format("line {}", deceit.line), deceit.line_text}}, normalise_line(deceit.line_text));
      const bool novel = facts.is_novel(deceit.line);
      finding.severity = ranked_severity(rule.severity, facts, novel);
      // Nobody writes it by accident on a line that version control does not have. Test data of Unicode software does.
      if (facts.compared && novel)
        finding.severity = deceit.what == Deception::reordered ? Severity::high : Severity::medium;
      else if (deceit.what == Deception::reordered && !is_test_place(subject.path)) finding.severity = rule.severity;
      else if (is_test_place(subject.path)) finding.severity = std::min(finding.severity, Severity::low);
      finish(std::move(finding), subject);
    }
  }

  void examine_source(const Subject& subject, std::string_view text) {
    std::vector<Finding> found;
    for (const auto check : source_checks()) check({subject.path, text, subject.facts}, found);
    for (auto& finding : found) finish(std::move(finding), subject);
  }

  void finish(Finding finding, const Subject& subject) {
    finding.content_sha256 = subject.sha256;
    if (m_analysis.findings.size() > k_most_findings || !m_found.insert(finding.fingerprint).second) return;
    if (m_analysis.findings.size() == k_most_findings)
      m_analysis.coverage.add("checks of text",
                              fmt::format("more than {} findings; the rest is not listed", k_most_findings));
    m_analysis.findings.push_back(std::move(finding));
  }

  const FactsOf& m_facts_of;
  const TextOptions& m_options;
  std::chrono::milliseconds m_time_left;
  const archive::Deadline m_deadline;
  std::uint64_t m_late = 0;
  std::uint64_t m_not_ruled = 0;
  TextAnalysis m_analysis;
  std::unordered_set<std::string> m_found;  ///< fingerprints of its findings
};

TextInspector::TextInspector(const FactsOf& facts, const TextOptions& options)
    : m_examiner(std::make_unique<Examiner>(facts, options)) {}
TextInspector::~TextInspector() = default;

void TextInspector::examine(const TreeEntry& entry, ByteView content, bool apply_rules) {
  m_examiner->examine({entry.path, entry.path, entry.sha256_known ? entry.digests.sha256.hex() : std::string{},
                       m_examiner->facts_of(entry.path), apply_rules},
                      content);
}

void TextInspector::examine_inner(const Node& node) {
  auto facts = m_examiner->facts_of(node.top);
  facts.novel_lines = nullptr;
  facts.all_novel = facts.proof >= Proof::unexplained;
  m_examiner->examine({node.path.to_string(), inner_name(node), node.sha256.hex(), facts}, node.content);
}

TextAnalysis TextInspector::take() {
  return m_examiner->take();
}

namespace {

TextAnalysis examine(std::span<const TextFile> files, const FactsOf& facts, const TextOptions& options) {
  TextInspector examiner{facts, options};
  for (const auto& file : files) examiner.examine(*file.entry, file.content, file.apply_rules);
  return examiner.take();
}

/// Two shares with about as many bytes each. By size alone, so that the same files make the same shares.
std::pair<std::vector<TextFile>, std::vector<TextFile>> two_halves(std::span<const TextFile> files) {
  std::vector<TextFile> largest_first{files.begin(), files.end()};
  std::stable_sort(largest_first.begin(), largest_first.end(),
                   [](const TextFile& a, const TextFile& b) { return a.content.size() > b.content.size(); });
  std::pair<std::vector<TextFile>, std::vector<TextFile>> halves;
  std::size_t first = 0;
  std::size_t second = 0;
  for (const auto& file : largest_first) {
    const bool to_first = first <= second;
    (to_first ? halves.first : halves.second).push_back(file);
    (to_first ? first : second) += file.content.size();
  }
  return halves;
}

/// What both found is there once.
void merge(TextAnalysis from, TextAnalysis& to) {
  std::unordered_set<std::string> there;
  for (const auto& finding : to.findings) there.insert(finding.fingerprint);
  for (auto& finding : from.findings)
    if (!there.contains(finding.fingerprint)) to.findings.push_back(std::move(finding));
  sort_findings(to.findings);
  std::move(from.coverage.gaps.begin(), from.coverage.gaps.end(), std::back_inserter(to.coverage.gaps));
  to.files += from.files;
  to.bytes += from.bytes;
}

}  // namespace

Severity ranked_severity(Severity usual, const FileFacts& facts, bool novel) noexcept {
  if (!facts.compared || (novel && !facts.in_vcs)) return usual;
  return std::min(usual, Severity::low);
}

TextAnalysis inspect_texts(TreeAccess& tree, const FactsOf& facts, const TextOptions& options) {
  TextInspector examiner{facts, options};
  Coverage coverage;
  const auto want = [&](const TreeEntry& entry) {
    return entry.kind == EntryKind::regular && (!options.want || options.want(entry));
  };
  const auto visited = tree.visit(
      want, options.max_file, [&](const TreeEntry& entry, ByteView content) { examiner.examine(entry, content); },
      coverage);
  auto analysis = examiner.take();
  if (!visited)
    analysis.coverage.add("checks of text", "the files could not be read: " + visited.error().message,
                          visited.error().remedy);
  return analysis;
}

TextAnalysis inspect_texts(std::span<const TextFile> files, const FactsOf& facts, const TextOptions& options) {
  if (files.size() < 2) return examine(files, facts, options);
  auto [here, beside] = two_halves(files);
  auto helper = std::async(std::launch::async,
                           [&, half = std::span<const TextFile>{beside}] { return examine(half, facts, options); });
  auto analysis = examine(here, facts, options);
  merge(helper.get(), analysis);
  return analysis;
}

}  // namespace assay::inspect
