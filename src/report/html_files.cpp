// What there is about files: which are not proven, their novel lines, what is inside, where they come from.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "report/html.hpp"
#include "report/wording.hpp"

namespace assay::report::html {

namespace {

constexpr std::size_t k_rows = 500;
constexpr std::size_t k_novel_files = 40;
constexpr std::size_t k_novel_lines = 60;
constexpr std::size_t k_tree_rows = 1500;
constexpr std::size_t k_events = 12;

std::string entry_row(const AssessedEntry& entry) {
  const auto proof = entry.explanation ? to_string(entry.explanation->proof) : std::string_view{"no rule"};
  auto reach = std::string{to_string(entry.reach)};
  if (!entry.reach_reason.empty()) reach += ": " + entry.reach_reason;
  return fmt::format("<tr><td><code>{}</code></td><td>{}, {}</td><td>{}</td><td class=\"num\">{}</td></tr>\n",
                     name(entry.path), to_string(entry.status), proof, prose(reach, 120),
                     with_separators(entry.novel_line_count));
}

/// Entries with novel lines, what the build executes first, then by how their findings rank.
std::vector<const AssessedEntry*> entries_with_novel_lines(const Assessment& assessment) {
  auto entries = unproven_entries(assessment);
  std::erase_if(entries, [](const AssessedEntry* entry) { return entry->novel_lines.empty(); });
  std::map<std::string_view, std::size_t> place;
  for (std::size_t i = 0; i < assessment.findings.size(); ++i)
    place.try_emplace(assessment.findings[i].location.path, i);
  const auto rank = [&](const AssessedEntry* entry) {
    const auto found = place.find(entry->path);
    return found == place.end() ? assessment.findings.size() : found->second;
  };
  std::stable_sort(entries.begin(), entries.end(), [&](const auto* a, const auto* b) { return rank(a) < rank(b); });
  return entries;
}

std::string novel_view(Page& page, const AssessedEntry& entry) {
  auto out = fmt::format("<article class=\"item\"><h3><code>{}</code></h3>\n<p>{}, {} when it is built{}</p>\n",
                         name(entry.path), count_of(entry.novel_line_count, "novel line"), to_string(entry.reach),
                         entry.reach == Reach::inert ? " (not read)" : "");
  auto views = page.novel_lines_of(entry.path);
  if (views.empty()) {
    LinesExhibit lines;
    for (const auto& line : entry.novel_lines) lines.lines.push_back({line.number, line.text, true});
    lines.marked_left_out =
        entry.novel_line_count - std::min<std::uint64_t>(entry.novel_line_count, lines.lines.size());
    views = lines_view(lines, k_novel_lines);
  }
  return out + views + "</article>\n";
}

std::string node_row(const Page& page, const ContainerNode& node) {
  const auto depth = std::min<std::uint32_t>(node.depth, 8);
  const auto parts = ContainerPath::parse(node.path).parts();
  const auto& shown = node.depth == 0 || parts.empty() ? node.path : parts.back();
  const bool flagged = page.is_flagged(node.path);
  return fmt::format(
      "<tr{}><td><span class=\"d{}\">{}<code>{}</code>{}</span></td><td>{}</td><td class=\"num\">{}</td><td "
      "class=\"num\">{:.2f}</td></tr>\n",
      flagged ? " class=\"hit\"" : "", depth, node.depth > 0 ? "└ " : "", name(shown),
      flagged ? " <strong>finding</strong>" : "", prose(node.type, 100), with_separators(node.size), node.entropy);
}

/// The whole tree if it was asked for, else what was gathered of it.
const std::vector<ContainerNode>& nodes_of(const Assessment& assessment) {
  return assessment.contents.empty() ? assessment.exhibits.contents : assessment.contents;
}

/// Rows of the tree that say something: containers with what is in them, and what a finding is about.
std::vector<const ContainerNode*> telling_nodes(const Page& page) {
  const auto& nodes = nodes_of(page.assessment);
  std::vector<const ContainerNode*> telling;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const bool container = i + 1 < nodes.size() && nodes[i + 1].depth > nodes[i].depth;
    if (nodes[i].depth > 0 || container || page.is_flagged(nodes[i].path)) telling.push_back(&nodes[i]);
  }
  return telling;
}

}  // namespace

std::string unproven_files(Page& page) {
  const auto entries = unproven_entries(page.assessment);
  if (entries.empty()) return {};
  std::string body;
  page.add(
      body,
      "<table class=\"list\"><thead><tr><th scope=\"col\">File</th><th scope=\"col\">Status</th><th scope=\"col\">What "
      "a build does with it</th><th scope=\"col\" class=\"num\">Novel lines</th></tr></thead><tbody>\n");
  std::size_t shown = 0;
  for (; shown < std::min(entries.size(), k_rows) && page.has_room(); ++shown)
    page.add(body, entry_row(*entries[shown]));
  page.add(body, "</tbody></table>\n" + left_out(entries.size() - shown, "file"));
  return body;
}

std::string novel_lines(Page& page) {
  const auto entries = entries_with_novel_lines(page.assessment);
  if (entries.empty()) return {};
  std::string body;
  page.add(body, "<p>Lines that stand neither in version control nor in a known upstream file.</p>\n");
  std::size_t shown = 0;
  for (; shown < std::min(entries.size(), k_novel_files) && page.has_room(); ++shown)
    page.add(body, novel_view(page, *entries[shown]));
  page.add(body, left_out(entries.size() - shown, "file with novel lines", "files with novel lines"));
  return body;
}

std::string container_tree(Page& page) {
  const auto& nodes = nodes_of(page.assessment);
  if (nodes.empty()) return {};
  const auto telling = telling_nodes(page);
  std::string body;
  if (telling.empty()) return {};
  page.add(body, "<p>Listed are containers with what they hold, and what a finding is about.</p>\n");
  page.add(body,
           "<table class=\"list tree\"><thead><tr><th scope=\"col\">Name</th><th scope=\"col\">Type</th><th "
           "scope=\"col\" class=\"num\">Bytes</th><th scope=\"col\" class=\"num\">Entropy</th></tr></thead><tbody>\n");
  std::size_t shown = 0;
  for (; shown < std::min(telling.size(), k_tree_rows) && page.has_room(); ++shown)
    page.add(body, node_row(page, *telling[shown]));
  page.add(body, "</tbody></table>\n" + left_out(telling.size() - shown, "place"));
  return body;
}

std::string fixture_history(Page& page) {
  std::string body;
  for (const auto& history : page.assessment.exhibits.history) {
    if (!page.has_room()) break;
    auto item = fmt::format("<article class=\"item\"><h3><code>{}</code></h3>\n<ul>\n", name(history.path));
    for (std::size_t i = 0; i < std::min(history.events.size(), k_events); ++i)
      item += fmt::format("<li>{}</li>\n", name(history.events[i], 400));
    page.add(body, item + "</ul></article>\n");
  }
  return body;
}

}  // namespace assay::report::html
