// The comparison for people. The answer and the causes stand on one screen; lists are cut and say how much was left out.
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include "base/text.hpp"
#include "report/comparison.hpp"
#include "report/prose.hpp"
#include "report/wording.hpp"

namespace assay::report {

namespace {

constexpr std::size_t k_most_leftovers = 12;  ///< items
constexpr std::string_view k_legend = "! unexplained, * has a cause, - follows from another change";
constexpr std::size_t k_most_in_part = 24;  ///< changes of one section of a binary that are listed
constexpr std::string_view k_follows = " that follow from changes";  ///< as Comparison::neutralised has it
constexpr std::size_t k_all = std::numeric_limits<std::size_t>::max();

class ComparisonText {
 public:
  ComparisonText(const Comparison& comparison, const ComparisonOptions& options)
      : m_comparison(comparison),
        m_color(options.color == Color::yes),
        m_everything(options.verbosity == Verbosity::verbose),
        m_options(options) {}

  std::string render() {
    if (m_options.item) return one_item();
    m_out = paint(m_color, comparison_headline(m_comparison),
                  m_comparison.equal    ? "1;32"
                  : m_comparison.closed ? "1;33"
                                        : "1;31") +
            "\n";
    if (m_options.verbosity == Verbosity::quiet) return std::move(m_out);
    add_subjects();
    add_causes();
    add_leftovers();
    add_new_findings();
    add_notes();
    if (m_everything) add_items();
    add_neutralised();
    add_gaps();
    m_out += fmt::format("\nexit {}\n", comparison_exit_line(m_comparison));
    return std::move(m_out);
  }

 private:
  std::string wrap(std::string_view lead, std::string_view text) const {
    return wrap_prose(lead, char_count(lead), text, m_options.columns);
  }

  void add_subjects() {
    const auto line = [&](std::string_view mark, const SubjectInfo& subject) {
      auto facts = subject.format;
      const auto add = [&](const std::string& fact) { facts += (facts.empty() ? "" : ", ") + fact; };
      if (subject.size > 0) add(with_separators(subject.size) + " bytes");
      if (!subject.sha256.empty()) add("sha256 " + subject.sha256.substr(0, 16) + "…");
      m_out +=
          fmt::format("  {} {}{}\n", mark, escape_for_display(subject.name), facts.empty() ? "" : "  (" + facts + ")");
    };
    line("-", m_comparison.before);
    line("+", m_comparison.after);
  }

  void add_causes() {
    if (m_comparison.causes.empty()) return;
    m_out += "\n" + paint(m_color, "root causes", "1") + "\n";
    const std::size_t most = m_everything ? k_all : 10;
    std::size_t number = 0;
    for (const auto& cause : m_comparison.causes) {
      if (++number > most) {
        m_out += fmt::format("  … and {} more (--details)\n", m_comparison.causes.size() - most);
        return;
      }
      add_cause(number, cause);
    }
  }

  void add_cause(std::size_t number, const RootCause& cause) {
    std::string marks;
    if (cause.in_code) marks += " [in code or scripts]";
    if (cause.privileged) marks += " [mode or owner]";
    if (cause.accepted) marks += " [accepted]";
    const auto lead = fmt::format("  {}. ", number);
    // The title is painted after the lines are broken: codes of colour have no width.
    auto text = wrap(lead, fmt::format("{} ({}): {}{}", cause.title, to_string(cause.confidence),
                                       cut_end(safe_prose(cause.summary), m_everything ? 400 : 110), marks));
    if (text.compare(lead.size(), cause.title.size(), cause.title) == 0)
      text.replace(lead.size(), cause.title.size(), paint(m_color, cause.title, "1"));
    m_out += text + wrap("     ", places(cause));
    if (const auto consequences = describe_consequences(m_comparison, cause.consequences); !consequences.empty())
      m_out += wrap("     ", consequences);
    if (!m_everything) return;
    m_out += wrap("     ", fmt::format("{}; to be rid of it: {}", how_to_accept(cause), cause.remedy));
    for (const auto& evidence : cause.evidence) m_out += wrap("     because: ", safe_prose(evidence));
    for (const auto index : cause.changes) {
      const auto& change = m_comparison.changes[index];
      m_out += fmt::format("       {}  {}\n", shown_path(change.path), describe_change(change, 60));
    }
  }

  static std::string shown_path(const std::string& path) {
    return path.empty() ? "(the artifact itself)" : escape_for_display(path);
  }

  std::string places(const RootCause& cause) const {
    std::set<std::string> paths;
    std::uint64_t count = 0;
    for (const auto index : cause.changes) {
      paths.insert(m_comparison.changes[index].path);
      count += m_comparison.changes[index].count;
    }
    auto text = fmt::format("{} in ", count_of(count, "change"));
    if (paths.size() > 2) text += fmt::format("{}: ", count_of(paths.size(), "item"));
    std::size_t shown = 0;
    for (const auto& path : paths) {
      if (++shown > 2) return text + ", …";
      text += (shown > 1 ? ", " : "") + cut_middle(shown_path(path), 70);
    }
    if (cause.changes.size() == 1)
      if (const auto& place = m_comparison.changes[cause.changes[0]].place; !place.empty())
        text += ", " + cut_end(escape_for_display(place), 40);
    return text;
  }

  void add_leftovers() {
    if (m_comparison.leftovers.empty()) {
      if (m_comparison.closed) m_out += "\nnothing else differs\n";
      return;
    }
    m_out +=
        "\n" +
        paint(m_color,
              fmt::format("left over: {} that no cause explains", count_of(m_comparison.leftovers.size(), "change")),
              "1;31") +
        "\n";
    if (m_everything) {
      for (const auto index : m_comparison.leftovers) add_leftover(m_comparison.changes[index], 0);
      return;
    }
    // What can do most comes first; an item is named once, with its worst.
    std::map<std::string_view, std::size_t> others;
    std::vector<std::uint32_t> first;
    for (const auto index : m_comparison.leftovers)
      if (others[m_comparison.changes[index].path]++ == 0) first.push_back(index);
    for (std::size_t i = 0; i < std::min(k_most_leftovers, first.size()); ++i) {
      const auto& change = m_comparison.changes[first[i]];
      add_leftover(change, others[change.path] - 1);
    }
    if (first.size() > k_most_leftovers)
      m_out += fmt::format("  … and {}\n", count_of(first.size() - k_most_leftovers, "more item"));
    if (const auto consequences = describe_consequences(m_comparison, m_comparison.leftover_consequences);
        !consequences.empty())
      m_out += wrap("  ", consequences);
    if (m_comparison.leftovers.size() > 1) m_out += "  --details lists them all, --diff PATH shows one item\n";
  }

  void add_leftover(const Change& change, std::size_t others) {
    m_out += fmt::format("  {} {}{}\n",
                         paint(m_color, fmt::format("[{}]", to_string(change.impact)),
                               change.impact <= Impact::attribute ? "1;31" : "33"),
                         cut_middle(shown_path(change.path), 90), others > 0 ? fmt::format(" ({} more)", others) : "");
    m_out += wrap("    ", describe_change(change, 44));
  }

  void add_new_findings() {
    if (m_comparison.new_findings.empty()) return;
    m_out += "\n" +
             paint(m_color, fmt::format("new in the second: {}", severity_counts(m_comparison.new_findings)), "1") +
             "\n";
    const std::size_t most = m_everything ? k_all : 6;
    for (std::size_t i = 0; i < std::min(most, m_comparison.new_findings.size()); ++i) {
      const auto& finding = m_comparison.new_findings[i];
      m_out += wrap(fmt::format("  [{}] ", to_string(finding.severity)),
                    fmt::format("{}: {}", cut_middle(escape_for_display(finding.location.path), 60),
                                cut_end(safe_prose(finding.message), m_everything ? 2000 : 160)));
    }
    if (m_comparison.new_findings.size() > most)
      m_out += fmt::format("  … and {} more (--details)\n", m_comparison.new_findings.size() - most);
  }

  void add_notes() {
    const std::size_t most = m_everything ? k_all : 4;
    std::size_t shown = 0;
    for (const auto& item : m_comparison.items)
      for (const auto& note : item.notes) {
        if (++shown > most) continue;
        m_out += (shown == 1 ? "\n" : "") + wrap("note: ", fmt::format("{}: {}", cut_middle(shown_path(item.path), 70),
                                                                       cut_end(safe_prose(note), 200)));
      }
    if (shown > most) m_out += fmt::format("… and {} more notes (--details)\n", shown - most);
    for (const auto& id : m_comparison.unused_ignores)
      m_out += fmt::format("note: --ignore {}: no such cause in this comparison\n", escape_for_display(id));
  }

  void add_items() {
    m_out += "\n" + paint(m_color, "what differs", "1") + fmt::format("  ({})\n", k_legend);
    for (const auto& item : m_comparison.items) add_item(item);
  }

  void add_item(const ItemDifference& item) {
    m_out += fmt::format("  {} {} ({}{}{} → {} bytes)\n", to_string(item.status), shown_path(item.path),
                         item.comparator, item.comparator.empty() ? "" : ", ", with_separators(item.size_before),
                         with_separators(item.size_after));
    if (!item.other_path.empty())
      m_out += fmt::format("    was {} ({} % alike)\n", escape_for_display(item.other_path), item.similarity);
    // Of a table of numbers the first few say as much as all of them.
    std::map<std::string, std::size_t> in_part;
    for (const auto index : item.changes) {
      const auto& change = m_comparison.changes[index];
      const auto plus = change.place.find("+0x");
      if (plus != std::string::npos && ++in_part[change.place.substr(0, plus)] > k_most_in_part) continue;
      m_out += fmt::format("    {} [{}] {}\n",
                           change.standing == Standing::unexplained ? "!"
                           : change.standing == Standing::caused    ? "*"
                                                                    : "-",
                           to_string(change.aspect), describe_change(change, 80));
    }
    for (const auto& [part, count] : in_part)
      if (count > k_most_in_part)
        m_out += fmt::format("    … {} more in {}: the JSON report has them\n", count - k_most_in_part,
                             part.empty() ? "it" : escape_for_display(part));
    for (const auto& line : split_lines(item.view)) m_out += fmt::format("      {}\n", line);
  }

  std::string one_item() {
    bool found = false;
    for (const auto& item : m_comparison.items) {
      if (item.path != *m_options.item) continue;
      if (!found) m_out = fmt::format("{}\n", k_legend);
      add_item(item);
      found = true;
    }
    if (!found)
      m_out = fmt::format("nothing differs at '{}'; --details lists what does\n", escape_for_display(*m_options.item));
    return std::move(m_out);
  }

  void add_neutralised() {
    if (m_comparison.neutralised.empty()) return;
    if (!m_everything) {
      std::string list, following;
      for (const auto& text : m_comparison.neutralised) {
        const auto what = safe_prose(text);
        const auto follows = what.find(k_follows);
        if (follows == std::string::npos) list += (list.empty() ? "" : "; ") + what;
        else following += (following.empty() ? "" : ", ") + what.substr(0, follows);
      }
      if (!following.empty()) list += (list.empty() ? "" : "; ") + ("what follows: " + following);
      m_out += "\n" + wrap("set aside: ", list);
      return;
    }
    m_out += "\n" + paint(m_color, "set aside to compare the rest", "1") + "\n";
    for (const auto& text : m_comparison.neutralised) m_out += fmt::format("  {}\n", safe_prose(text));
  }

  void add_gaps() {
    const std::size_t most = m_everything ? k_all : 4;
    std::size_t shown = 0;
    for (const auto& gap : m_comparison.coverage.gaps) {
      if (++shown > most) break;
      m_out +=
          (shown == 1 ? "\n" : "") +
          wrap("not compared: ", fmt::format("{}: {}", cut_middle(safe_prose(gap.what), 70), safe_prose(gap.reason)));
    }
    if (m_comparison.coverage.gaps.size() > most)
      m_out += fmt::format("… and {} more (--details)\n", m_comparison.coverage.gaps.size() - most);
  }

  const Comparison& m_comparison;
  const bool m_color;
  const bool m_everything;
  const ComparisonOptions& m_options;
  std::string m_out;
};

}  // namespace

std::string render_comparison_text(const Comparison& comparison, const ComparisonOptions& options) {
  return ComparisonText{comparison, options}.render();
}

}  // namespace assay::report
