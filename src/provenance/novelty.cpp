#include "provenance/novelty.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "provenance/reach.hpp"

namespace assay::provenance {

namespace {

constexpr std::uint64_t k_largest_build_file = 2ULL << 20;
constexpr std::uint64_t k_largest_counterpart = 16ULL << 20;
constexpr std::uint64_t k_build_lines_budget = 24ULL << 20;
constexpr std::size_t k_lost_lines_kept = 5;
constexpr std::size_t k_judgements_kept = 200'000;
constexpr std::size_t k_longest_judged = 160;

/// Build files whose lines reappear in what Autoconf, Automake and CMake generate from them.
bool is_generator_input(std::string_view path) {
  const auto name = path_basename(path);
  return ends_with_any(name, {".m4", ".ac", ".am", ".cmake", ".sh", ".mk"}) || name == "configure.in" ||
         name == "CMakeLists.txt" || name == "meson.build" || name.starts_with("Makefile") || name.ends_with(".in");
}

bool is_comment(std::string_view line) {
  return starts_with_any(line, {"#", "dnl ", "//", "/*", "* ", "*/", ".\\\""}) || line == "dnl" || line == "*";
}

}  // namespace

void LineSet::add_text(std::string_view content) {
  for (const auto line : split_lines(content)) {
    auto normalised = normalise_line(line);
    if (normalised.empty() || m_lines.contains(normalised)) continue;
    m_texts.push_back(std::move(normalised));
    m_lines.insert(m_texts.back());
  }
}

void NoveltyMeter::add_reference_file(LineSet& lines, const TreeEntry& entry) const {
  const auto content = m_reference.read(entry, k_largest_counterpart);
  if (content && looks_like_text(*content)) lines.add_text(as_text(*content));
}

const LineSet& NoveltyMeter::build_lines() {
  if (m_build_lines) return *m_build_lines;
  m_build_lines = std::make_unique<LineSet>();
  std::uint64_t total = 0;
  for (const auto& entry : m_reference.manifest().entries()) {
    if (entry.kind != EntryKind::regular || !is_generator_input(entry.path)) continue;
    const auto content = m_reference.read(entry, k_largest_build_file);
    if (!content || !looks_like_text(*content)) continue;
    total += content->size();
    if (total > k_build_lines_budget) break;
    m_build_lines->add_text(as_text(*content));
  }
  return *m_build_lines;
}

bool NoveltyMeter::is_known(const std::string& normalised_line) {
  if (const auto judged = m_judged.find(normalised_line); judged != m_judged.end()) return judged->second;
  const bool known = m_known.has_line(line_digest(normalised_line, m_stream));
  if (m_judged.size() < k_judgements_kept && normalised_line.size() < k_longest_judged) m_judged.emplace(normalised_line, known);
  return known;
}

void NoveltyMeter::note_lost_lines(const LineSet& counterpart, std::string_view content, Novelty& novelty) {
  LineSet present;
  present.add_text(content);
  for (const auto& line : counterpart.lines()) {
    if (present.contains(line)) continue;
    ++novelty.lost;
    if (novelty.lost_kept.size() < k_lost_lines_kept) novelty.lost_kept.push_back(line.substr(0, k_novel_line_bytes));
  }
}

Novelty NoveltyMeter::measure(std::string_view path, std::string_view content, const TreeEntry* counterpart) {
  LineSet own;
  Novelty novelty;
  if (counterpart != nullptr) {
    add_reference_file(own, *counterpart);
    note_lost_lines(own, content, novelty);
  }
  // `config.h` is made from `config.h.in`, `x.c` from `x.y`: the template's lines are its own.
  for (const std::string_view suffix : {".in", ".am", ".ac"})
    if (const auto* source = m_reference.manifest().find(std::string{path} + std::string{suffix}))
      add_reference_file(own, *source);

  // The lines of known files are those of build files; in documents and sources they would be coincidence.
  const bool executed = reach_by_name(path).reach == Reach::executed;
  std::uint64_t number = 0;
  for (const auto line : split_lines(content)) {
    ++number;
    const auto normalised = normalise_line(line);
    if (normalised.empty()) continue;
    ++novelty.lines;
    if (own.contains(normalised) || (executed && build_lines().contains(normalised))) {
      ++novelty.from_vcs;
    } else if (executed && is_known(normalised)) {
      ++novelty.from_known;
    } else {
      ++novelty.novel;
      if (is_comment(normalised)) ++novelty.novel_comments;
      if (novelty.kept.size() < k_novel_lines_kept)
        novelty.kept.push_back({number, std::string{line.substr(0, k_novel_line_bytes)}});
    }
  }
  return novelty;
}

}  // namespace assay::provenance
