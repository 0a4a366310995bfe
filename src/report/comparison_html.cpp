// The comparison as one self-contained page: the causal graph from root causes to what follows from them, what is left
// over, and the views of what differs side by side, collapsed. No script, nothing loaded.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/text.hpp"
#include "base/version.hpp"
#include "report/comparison.hpp"
#include "report/html.hpp"
#include "report/wording.hpp"

namespace assay::report {

namespace {

constexpr std::size_t k_most_leftovers = 200;
constexpr std::size_t k_most_items = 300;
constexpr std::size_t k_graph_rows = 24;

constexpr std::string_view k_style = R"(
.wide{overflow-x:auto}
.graph{display:block;width:100%;min-width:44rem;max-width:70rem;height:auto}
.reach{overflow-wrap:normal}
.graph rect{fill:none;stroke:currentColor;rx:4}
.graph .alarm{stroke:#c02020;stroke-width:2}
.graph path{fill:none;stroke:currentColor;opacity:.5}
.graph text{font:13px system-ui,sans-serif;fill:currentColor}
.sides{display:grid;grid-template-columns:1fr 1fr;gap:.5rem}
.sides pre{margin:0;overflow:auto;max-height:30rem;white-space:pre-wrap;overflow-wrap:anywhere}
.was{background:#f4c7c326}.is{background:#c3f4cb26}
)";

std::string short_plain(std::string_view text, std::size_t chars) {
  return html::plain(cut_end(safe_prose(text), chars));
}

/// Root causes on the left, what follows from each on the right.
class GraphPicture {
 public:
  explicit GraphPicture(const Comparison& comparison) : m_comparison(comparison) {}

  std::string draw() {
    for (const auto& cause : m_comparison.causes) {
      if (m_row >= k_graph_rows) break;
      add_cause(cause);
    }
    if (!m_comparison.leftovers.empty())
      box(10, m_row++, fmt::format("left over: {}", count_of(m_comparison.leftovers.size(), "change")), true);
    if (m_row == 0) return {};
    return fmt::format(
        "<div class=\"wide\"><svg class=\"graph\" role=\"img\" aria-label=\"root causes and what follows from them\" "
        "viewBox=\"0 0 1000 {}\">{}</svg></div>\n",
        m_row * 34 + 10, m_shapes);
  }

 private:
  void add_cause(const RootCause& cause) {
    const auto own = m_row;
    const auto* doubt = cause.confidence == Confidence::guess ? " (guess): " : ": ";
    box(10, own, cause.title + doubt + cause.summary, cause.in_code || cause.privileged);
    std::size_t row = own;
    for (const auto& consequence : cause.consequences) {
      if (row >= k_graph_rows) break;
      box(560, row, fmt::format("{} ({})", consequence.what, consequence.changes.size()), false);
      m_shapes += fmt::format("<path d=\"M440 {} C500 {} 500 {} 560 {}\"/>", own * 34 + 20, own * 34 + 20,
                              row * 34 + 20, row * 34 + 20);
      ++row;
    }
    m_row = std::max(own + 1, row);
  }

  void box(int x, std::size_t row, std::string_view text, bool alarm) {
    m_shapes +=
        fmt::format("<rect x=\"{}\" y=\"{}\" width=\"430\" height=\"28\"{}/><text x=\"{}\" y=\"{}\">{}</text>", x,
                    row * 34 + 6, alarm ? " class=\"alarm\"" : "", x + 8, row * 34 + 25, short_plain(text, 52));
  }

  const Comparison& m_comparison;
  std::string m_shapes;
  std::size_t m_row = 0;
};

std::string change_row(const Change& change) {
  return fmt::format("<tr><td class=\"reach\">{}</td><td><code>{}</code></td><td>{}</td></tr>\n",
                     to_string(change.impact), html::name(change.path.empty() ? "(the artifact itself)" : change.path),
                     html::plain(describe_change(change, 120)));
}

std::string causes_section(const Comparison& comparison) {
  std::string out;
  for (const auto& cause : comparison.causes) {
    out += fmt::format(
        "<details><summary><strong>{}</strong> ({}): {}{}{}</summary>\n<p>{}. {}; to be rid of "
        "it: {}.</p>\n<ul>",
        html::plain(cause.title), to_string(cause.confidence), short_plain(cause.summary, 200),
        cause.in_code ? " — in code or scripts" : "", cause.accepted ? " — accepted" : "",
        html::plain(describe_consequences(comparison, cause.consequences)), html::plain(how_to_accept(cause)),
        html::plain(cause.remedy));
    for (const auto& evidence : cause.evidence) out += fmt::format("<li>{}</li>", short_plain(evidence, 300));
    out += "</ul>\n<table class=\"list\"><thead><tr><th>reach</th><th>where</th><th>what</th></tr></thead><tbody>\n";
    for (std::size_t i = 0; i < std::min(cause.changes.size(), k_most_leftovers); ++i)
      out += change_row(comparison.changes[cause.changes[i]]);
    out += "</tbody></table>\n" +
           html::left_out(cause.changes.size() - std::min(cause.changes.size(), k_most_leftovers), "change") +
           "</details>\n";
  }
  return out;
}

std::string leftovers_section(const Comparison& comparison) {
  if (comparison.leftovers.empty()) return comparison.closed ? "<p>Nothing else differs.</p>\n" : "";
  std::string out = "<table class=\"list\"><thead><tr><th>reach</th><th>where</th><th>what</th></tr></thead><tbody>\n";
  const auto shown = std::min(comparison.leftovers.size(), k_most_leftovers);
  for (std::size_t i = 0; i < shown; ++i) out += change_row(comparison.changes[comparison.leftovers[i]]);
  out += "</tbody></table>\n" + html::left_out(comparison.leftovers.size() - shown, "change");
  if (const auto consequences = describe_consequences(comparison, comparison.leftover_consequences);
      !consequences.empty())
    out += fmt::format("<p>{}</p>\n", html::plain(consequences));
  return out;
}

/// The lines of a unified view that one side has.
std::string side_of(std::string_view view, char mine, char other) {
  std::string out;
  for (const auto line : split_lines(view)) {
    if (!line.empty() && line[0] == other) continue;
    out += fmt::format("{}\n", !line.empty() && (line[0] == mine || line[0] == ' ') ? line.substr(1) : line);
  }
  return html::source_text(out, 64U << 10);
}

std::string item_view(const Comparison& comparison, const ItemDifference& item) {
  auto out =
      fmt::format("<details><summary>{} <code>{}</code> ({}, {} → {} bytes)</summary>\n", to_string(item.status),
                  html::name(item.path.empty() ? "(the artifact itself)" : item.path), html::plain(item.comparator),
                  with_separators(item.size_before), with_separators(item.size_after));
  for (const auto& note : item.notes) out += fmt::format("<p>{}</p>", short_plain(note, 400));
  out += "<table class=\"list\"><thead><tr><th>reach</th><th>where</th><th>what</th></tr></thead><tbody>\n";
  const auto shown = std::min<std::size_t>(item.changes.size(), 60);
  for (std::size_t i = 0; i < shown; ++i) out += change_row(comparison.changes[item.changes[i]]);
  out += "</tbody></table>\n" + html::left_out(item.changes.size() - shown, "change");
  if (!item.view.empty())
    out += fmt::format("<div class=\"sides\"><pre class=\"was\">{}</pre><pre class=\"is\">{}</pre></div>\n",
                       side_of(item.view, '-', '+'), side_of(item.view, '+', '-'));
  return out + "</details>\n";
}

std::string items_section(const Comparison& comparison) {
  std::string out;
  std::size_t shown = 0;
  for (const auto& item : comparison.items) {
    if (shown >= k_most_items || out.size() > html::k_page_bytes) break;
    out += item_view(comparison, item);
    ++shown;
  }
  const auto cut = comparison.items.size() - shown;
  return out + (cut > 0 ? fmt::format("<p>{} more were cut from this page; <code>assay compare A B --diff PATH</code> "
                                      "shows one in full, the JSON report lists all.</p>\n",
                                      cut)
                        : "");
}

std::string list_section(const std::vector<std::string>& texts) {
  std::string out;
  for (const auto& text : texts) out += fmt::format("<li>{}</li>", short_plain(text, 400));
  return out.empty() ? out : "<ul>" + out + "</ul>\n";
}

std::string section(std::string_view title, const std::string& body) {
  return body.empty() ? std::string{} : fmt::format("<section><h2>{}</h2>\n{}</section>\n", title, body);
}

std::string findings_section(const Comparison& comparison) {
  std::string out;
  for (std::size_t i = 0; i < std::min<std::size_t>(comparison.new_findings.size(), 100); ++i) {
    const auto& finding = comparison.new_findings[i];
    out += fmt::format("<li>{} <code>{}</code>: {}</li>", html::badge(finding.severity),
                       html::name(finding.location.path), short_plain(finding.message, 600));
  }
  return out.empty() ? out
                     : "<ul>" + out + "</ul>\n" +
                           html::left_out(comparison.new_findings.size() -
                                              std::min<std::size_t>(comparison.new_findings.size(), 100),
                                          "finding");
}

std::string gaps_section(const Comparison& comparison) {
  std::vector<std::string> texts;
  for (const auto& gap : comparison.coverage.gaps) texts.push_back(fmt::format("{}: {}", gap.what, gap.reason));
  return list_section(texts);
}

}  // namespace

std::string render_comparison_html(const Comparison& comparison, const ComparisonOptions& /*options*/) {
  auto out = html::head(fmt::format("{} and {}", html::name(comparison.before.name), html::name(comparison.after.name)),
                        k_style) +
             "<body>\n<main>\n";
  out += fmt::format(
      "<header class=\"answer\">\n<h1>{}</h1>\n<p class=\"why\"><code>{}</code> → <code>{}</code></p>\n<p>Exit "
      "{}</p>\n</header>\n",
      html::plain(comparison_headline(comparison)), html::name(comparison.before.name),
      html::name(comparison.after.name), html::plain(comparison_exit_line(comparison)));
  out += section("The causal graph", GraphPicture{comparison}.draw());
  out += section("Left over", leftovers_section(comparison));
  out += section("Root causes", causes_section(comparison));
  out += section("New in the second", findings_section(comparison));
  out += section("What differs", items_section(comparison));
  out += section("Set aside to compare the rest", list_section(comparison.neutralised));
  out += section("Not compared", gaps_section(comparison));
  return out + fmt::format(
                   "</main>\n<footer><p>assay {}. Everything from the artifacts on this page is escaped text; this "
                   "page loads nothing and runs nothing.</p></footer>\n</body>\n</html>\n",
                   k_version);
}

}  // namespace assay::report
