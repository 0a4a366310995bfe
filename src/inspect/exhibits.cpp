#include "inspect/exhibits.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

#include "base/text.hpp"
#include "inspect/blob/entropy.hpp"
#include "inspect/fixture_history.hpp"
#include "inspect/walk.hpp"

namespace assay::inspect {

namespace {

constexpr std::size_t k_places = 200;  // files that are read once more
constexpr std::size_t k_nodes = 120;   // places in files whose bytes are shown
constexpr std::size_t k_lines_of_file = 200;
constexpr std::size_t k_marked_of_file = 60;
constexpr std::uint64_t k_context = 2;
constexpr std::size_t k_line_bytes = 400;
constexpr std::size_t k_piece = 256;
constexpr std::size_t k_columns = 240;
constexpr std::size_t k_nodes_of_file = 100;

struct MarkedLines {
  std::set<std::uint64_t> lines;
  std::uint64_t more = 0;  ///< beyond what is kept

  void add(std::uint64_t line) {
    if (lines.size() < k_marked_of_file) lines.insert(line);
    else if (!lines.contains(line)) ++more;
  }
};

/// What is wanted of one file of the tree.
struct Wanted {
  MarkedLines pointed_at;
  MarkedLines novel;
  std::set<std::string> places;  ///< ContainerPaths in it, or itself
};

/// "configure:123 (novel)", "harvested from configure:123" → path and line.
std::optional<Location> location_in(std::string_view label) {
  if (label.ends_with(" (novel)")) label.remove_suffix(8);
  if (label.starts_with("harvested from ")) label.remove_prefix(15);
  const auto colon = label.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  Location location{std::string{label.substr(0, colon)}, 0};
  const auto number = label.substr(colon + 1);
  const auto [end, problem] = std::from_chars(number.data(), number.data() + number.size(), location.line);
  if (problem != std::errc{} || end != number.data() + number.size() || location.line == 0) return std::nullopt;
  return location;
}

class Gatherer {
 public:
  Gatherer(const ScanRequest& request, TreeAccess& tree, Assessment& assessment)
      : m_request(request), m_tree(tree), m_assessment(assessment), m_exhibits(assessment.exhibits) {
    for (const auto& entry : tree.entries()) m_paths.insert(entry.path);
  }

  void run() {
    for (const auto& finding : m_assessment.findings) {
      want_finding(finding);
      take_history(finding);
    }
    for (const auto& entry : m_assessment.entries) want_novel_lines(entry);
    Coverage coverage;
    const auto visited = m_tree.visit(
        [this](const TreeEntry& entry) { return m_wanted.contains(entry.path); }, m_request.limits.memory / 2,
        [this](const TreeEntry& entry, ByteView content) { show(entry.path, content); }, coverage);
    m_exhibits.left_out += coverage.gaps.size() + (visited ? 0 : m_wanted.size());
    sort();
  }

 private:
  /// The tree's own name for a path of a finding; "" if it has no such file.
  std::string path_in_tree(const std::string& path) const {
    if (m_paths.contains(path)) return path;
    const auto prefixed = m_assessment.vcs ? path_resolved(m_assessment.vcs->subject_prefix, path) : std::string{};
    return m_paths.contains(prefixed) ? prefixed : std::string{};
  }

  Wanted* want_file(const std::string& path) {
    const auto in_tree = path_in_tree(path);
    if (in_tree.empty()) return nullptr;
    if (!m_wanted.contains(in_tree) && m_wanted.size() >= k_places) {
      ++m_exhibits.left_out;
      return nullptr;
    }
    auto& wanted = m_wanted[in_tree];
    m_shown_as.try_emplace(in_tree, path);
    return &wanted;
  }

  void want_line(const std::string& path, std::uint64_t line) {
    if (auto* wanted = want_file(path)) wanted->pointed_at.add(line);
  }

  void want_place(const std::string& path) {
    const auto parts = ContainerPath::parse(path).parts();
    if (parts.empty()) return;
    if (auto* wanted = want_file(parts.front())) wanted->places.insert(path);
  }

  void want_finding(const Finding& finding, unsigned depth = 0) {
    if (finding.severity < Severity::low && depth == 0) return;
    if (finding.location.line > 0) want_line(finding.location.path, finding.location.line);
    want_place(finding.location.path);
    for (const auto& evidence : finding.evidence) {
      if (const auto location = location_in(evidence.label)) want_line(location->path, location->line);
      const auto named = evidence.text.substr(0, evidence.text.find(" at offset "));
      if (m_paths.contains(named)) want_place(named);
    }
    for (const auto& member : finding.members) want_finding(member, depth + 1);
  }

  /// How a file came into version control is told by a finding of its own.
  void take_history(const Finding& finding) {
    for (const auto& member : finding.members) take_history(member);
    const auto known = history_rules();
    if (std::none_of(known.begin(), known.end(), [&](const Rule& rule) { return rule.id == finding.rule; })) return;
    HistoryExhibit exhibit{finding.location.path, {}};
    for (const auto& evidence : finding.evidence) exhibit.events.push_back(evidence.label + ": " + evidence.text);
    const bool twice = std::any_of(m_exhibits.history.begin(), m_exhibits.history.end(),
                                   [&](const HistoryExhibit& other) { return other.path == exhibit.path; });
    if (!twice && m_exhibits.history.size() < k_places) m_exhibits.history.push_back(std::move(exhibit));
  }

  void want_novel_lines(const AssessedEntry& entry) {
    if (entry.novel_lines.empty() || entry.proof() < Proof::composed) return;
    auto* wanted = want_file(entry.path);
    if (wanted == nullptr) return;
    for (const auto& line : entry.novel_lines) wanted->novel.add(line.number);
    wanted->novel.more +=
        entry.novel_line_count - std::min<std::uint64_t>(entry.novel_line_count, entry.novel_lines.size());
  }

  void show(const std::string& in_tree, ByteView content) {
    const auto& wanted = m_wanted.at(in_tree);
    const auto& path = m_shown_as.at(in_tree);
    if (looks_like_text(content)) {
      show_lines(path, wanted.pointed_at, as_text(content), m_exhibits.lines);
      show_lines(path, wanted.novel, as_text(content), m_exhibits.novel);
      if (std::none_of(wanted.places.begin(), wanted.places.end(), [&](const auto& place) { return place != path; }))
        return;
    }
    show_places(in_tree, path, wanted, content);
  }

  static void show_lines(const std::string& path, const MarkedLines& wanted, std::string_view text,
                         std::vector<LinesExhibit>& exhibits) {
    if (wanted.lines.empty()) return;
    LinesExhibit exhibit{path, {}, wanted.more};
    std::uint64_t number = 0;
    auto next = wanted.lines.begin();
    while (!text.empty() && next != wanted.lines.end()) {
      const auto end = text.find('\n');
      auto line = text.substr(0, end);
      text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
      ++number;
      const auto before = next == wanted.lines.begin() ? 0 : *std::prev(next);
      const bool marked = *next == number;
      const bool near = *next - number <= k_context || (before != 0 && number - before <= k_context);
      if (marked) ++next;
      if (!near) continue;
      if (exhibit.lines.size() >= k_lines_of_file) {
        exhibit.marked_left_out += marked ? 1U : 0U;
        continue;
      }
      if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
      exhibit.lines.push_back({number, std::string{line.substr(0, k_line_bytes)}, marked});
    }
    for (const auto last = number;
         !text.empty() && number < last + k_context && exhibit.lines.size() < k_lines_of_file;) {
      const auto end = text.find('\n');
      exhibit.lines.push_back({++number, std::string{text.substr(0, std::min(end, k_line_bytes))}, false});
      text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    if (!exhibit.lines.empty()) exhibits.push_back(std::move(exhibit));
  }

  void show_places(const std::string& in_tree, const std::string& path, const Wanted& wanted, ByteView content) {
    Coverage ignored;
    const auto shown_path = [&](const Node& node) {
      auto parts = node.path.parts();
      parts.front() = path;
      return ContainerPath{parts}.to_string();
    };
    const ContainerWalker::Observer observer{[&](const Node& node) {
                                               const auto shown = shown_path(node);
                                               keep_node(shown, node);
                                               if (wanted.places.contains(shown)) show_bytes(shown, node);
                                             },
                                             [](const Node&, Oddity, const std::string&) {}};
    ContainerWalker walker{m_request.limits, archive::Deadline{m_request.limits.time}, observer, ignored};
    walker.walk(in_tree, content, std::nullopt);
  }

  void show_bytes(const std::string& path, const Node& node) {
    if (node.content.empty()) return;
    if (m_exhibits.bytes.size() >= k_nodes) {
      ++m_exhibits.left_out;
      return;
    }
    BytesExhibit piece{path, std::string{node.kind.name}, node.content.size(), 0, {}};
    const auto head = node.content.first(std::min(node.content.size(), k_piece));
    piece.bytes.assign(head.begin(), head.end());
    m_exhibits.bytes.push_back(std::move(piece));
    if (!looks_like_text(node.content)) m_exhibits.entropy.push_back(entropy_along(path, node.content));
  }

  void keep_node(const std::string& path, const Node& node) {
    if (m_has_contents) return;
    auto& nodes = m_nodes[m_shown_as.at(std::string{node.top})];
    if (nodes.size() < k_nodes_of_file)
      nodes.push_back({path, std::string{node.kind.name}, node.content.size(), node.sha256.hex(),
                       profile_entropy(node.content).entropy, node.depth});
  }

  static EntropyExhibit entropy_along(const std::string& path, ByteView content) {
    EntropyExhibit strip{path, content.size(), profile_entropy(content).entropy, {}};
    const auto width = std::max<std::size_t>(256, (content.size() + k_columns - 1) / k_columns);
    for (std::size_t at = 0; at < content.size(); at += width)
      strip.columns.push_back(
          static_cast<float>(profile_entropy(content.subspan(at, std::min(width, content.size() - at))).entropy));
    return strip;
  }

  /// The same report whatever the order in which the tree gives its files.
  void sort() {
    const auto by_path = [](const auto& a, const auto& b) { return a.path < b.path; };
    for (auto& [path, nodes] : m_nodes) std::move(nodes.begin(), nodes.end(), std::back_inserter(m_exhibits.contents));
    std::stable_sort(m_exhibits.lines.begin(), m_exhibits.lines.end(), by_path);
    std::stable_sort(m_exhibits.novel.begin(), m_exhibits.novel.end(), by_path);
    std::stable_sort(m_exhibits.bytes.begin(), m_exhibits.bytes.end(), by_path);
    std::stable_sort(m_exhibits.entropy.begin(), m_exhibits.entropy.end(), by_path);
  }

  const ScanRequest& m_request;
  TreeAccess& m_tree;
  Assessment& m_assessment;
  Exhibits& m_exhibits;
  const bool m_has_contents = !m_assessment.contents.empty() || !m_exhibits.contents.empty();
  std::map<std::string, std::vector<ContainerNode>> m_nodes;  ///< of the files that were walked, by path
  std::set<std::string, std::less<>> m_paths;
  std::map<std::string, Wanted, std::less<>> m_wanted;         ///< by path in the tree
  std::map<std::string, std::string, std::less<>> m_shown_as;  ///< path in the tree → path in the assessment
};

}  // namespace

void gather_exhibits(const ScanRequest& request, TreeAccess& tree, Assessment& assessment) {
  Gatherer{request, tree, assessment}.run();
}

Result<void> gather_exhibits(const ScanRequest& request, Assessment& assessment) {
  ASSAY_TRY(auto subject, open_subject(request));
  gather_exhibits(request, *subject.tree, assessment);
  return {};
}

}  // namespace assay::inspect
