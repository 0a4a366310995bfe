#include "provenance/novelty.hpp"

#include <algorithm>
#include <span>
#include <unordered_map>
#include <unordered_set>

#include "base/text.hpp"
#include "provenance/exact_lines.hpp"
#include "provenance/m4_expansion.hpp"
#include "provenance/reach.hpp"
#include "provenance/release_claims.hpp"
#include "provenance/stamps.hpp"
#include "provenance/wrapped_lists.hpp"

namespace assay::provenance {

namespace {

constexpr std::uint64_t k_largest_build_file = 2ULL << 20;
constexpr std::uint64_t k_largest_template = 16ULL << 20;
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

using Numbered = NoveltyMeter::NumberedLine;

std::vector<Numbered> number_lines(std::span<const std::string_view> lines, std::size_t before) {
  std::vector<Numbered> numbered;
  numbered.reserve(lines.size());
  for (std::size_t i = 0; i < lines.size(); ++i) numbered.push_back({before + i + 1, lines[i]});
  return numbered;
}

/// split_lines() and number_lines() in one pass: of a megabyte of text each costs as much as what is asked of the lines.
std::vector<Numbered> numbered_lines(std::string_view text) {
  constexpr std::size_t k_usual_line = 24;
  std::vector<Numbered> numbered;
  numbered.reserve(text.size() / k_usual_line + 1);
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    numbered.push_back({numbered.size() + 1, line});
  }
  return numbered;
}

std::uint64_t count_not_blank(std::span<const std::string_view> lines) {
  return static_cast<std::uint64_t>(std::count_if(lines.begin(), lines.end(), [](std::string_view line) {
    return line.find_first_not_of(" \t\r\f\v") != std::string_view::npos;
  }));
}

/// For each of `wanted` whether it stands among `lines`, white space folded. The few wanted ones become the set and the
/// many others pass by, because looking up costs a fraction of inserting.
std::vector<bool> found_among(std::span<const Numbered> wanted, std::span<const std::string_view> lines) {
  std::unordered_map<std::string, std::vector<std::size_t>> places;
  for (std::size_t i = 0; i < wanted.size(); ++i) places[normalise_line(wanted[i].text)].push_back(i);
  std::vector<bool> found(wanted.size());
  std::string normalised;
  for (const auto line : lines) {
    if (places.empty()) break;
    normalise_line_into(line, normalised);
    const auto it = places.find(normalised);
    if (it == places.end()) continue;
    for (const auto i : it->second) found[i] = true;
    places.erase(it);
  }
  return found;
}

/// By its first character, which is none of a blank.
bool may_be_comment(std::string_view line) {
  return !line.empty() && std::string_view{"#d/*."}.find(line.front()) != std::string_view::npos;
}

bool is_comment(std::string_view line) {
  if (!may_be_comment(line)) return false;
  return starts_with_any(line, {"#", "dnl ", "//", "/*", "* ", "*/", ".\\\""}) || line == "dnl" || line == "*";
}

/// `line` without the blanks before it: what normalise_line() begins with.
std::string_view trim_front(std::string_view line) {
  line.remove_prefix(std::min(line.find_first_not_of(" \t\r\f\v"), line.size()));
  return line;
}

void note_novel_line(const Numbered& line, std::string_view normalised, Novelty& novelty) {
  ++novelty.novel;
  if (is_comment(normalised)) ++novelty.novel_comments;
  if (novelty.kept.size() < k_novel_lines_kept)
    novelty.kept.push_back({line.number, std::string{line.text.substr(0, k_novel_line_bytes)}});
}

}  // namespace

const LineSet& BuildLines::lines() {
  std::call_once(m_loaded, [this] { load(); });
  return m_lines;
}

void BuildLines::load() {
  std::uint64_t total = 0;
  for (const auto& entry : m_reference.manifest().entries()) {
    if (entry.kind != EntryKind::regular || !is_generator_input(entry.path)) continue;
    const auto content = m_reference.read(entry, k_largest_build_file);
    if (!content || !looks_like_text(*content)) continue;
    total += content->size();
    if (total > k_build_lines_budget) break;
    m_lines.add_text(as_text(*content));
  }
}

namespace {

/// The lines of a generated text, and what is left of them without stamps.
void add_generated(LineSet& lines, ByteView content) {
  if (!looks_like_text(content)) return;
  lines.add_text(as_text(content));
  for (const auto line : split_lines(as_text(content))) lines.add(stamp_skeleton(normalise_line(line)));
}

/// The lines of a text that are not blank, white space folded and without stamps.
std::vector<std::string> skeletons(std::string_view text) {
  std::vector<std::string> lines;
  for (const auto line : split_lines(text))
    if (auto normalised = normalise_line(line); !normalised.empty()) lines.push_back(stamp_skeleton(normalised));
  return lines;
}

/// Every line as it stands, but for the stamps: white space means something in most languages.
std::vector<std::string> exact_skeletons(std::string_view text) {
  std::vector<std::string> lines;
  for (const auto line : exact_lines(text)) lines.push_back(stamp_skeleton(line));
  return lines;
}

bool is_subsequence(std::span<const std::string> wanted, std::span<const std::string> lines) {
  std::size_t met = 0;
  for (const auto& line : lines)
    if (met < wanted.size() && wanted[met] == line) ++met;
  return met == wanted.size();
}

}  // namespace

const LineSet& NoveltyMeter::regenerated_lines() {
  if (m_regenerated_lines) return *m_regenerated_lines;
  m_regenerated_lines = std::make_unique<LineSet>();
  if (m_regeneration == nullptr) return *m_regenerated_lines;
  std::uint64_t total = 0;
  for (const auto& [path, files] : m_regeneration->files()) {
    // What m4 says to one script it says to the next: `aclocal.m4`, the macro files it was put together from, and configure.
    if (reach_by_name(path).reach != Reach::executed) continue;
    for (const auto& file : files)
      if ((total += file.content.size()) <= k_build_lines_budget) add_generated(*m_regenerated_lines, file.content);
  }
  return *m_regenerated_lines;
}

std::vector<Bytes> NoveltyMeter::templates(std::string_view path) const {
  std::vector<Bytes> texts;
  for (const std::string_view suffix : {".in", ".am", ".ac"}) {
    const auto* const entry = m_reference.manifest().find(std::string{path} + std::string{suffix});
    if (entry == nullptr) continue;
    auto content = m_reference.read(*entry, k_largest_template);
    if (content && looks_like_text(*content)) texts.push_back(std::move(*content));
  }
  return texts;
}

NoveltyMeter::Changed NoveltyMeter::changed_lines(std::string_view content, std::string_view before, Novelty& novelty) {
  Changed changed;
  auto ours = split_lines(content);
  auto theirs = split_lines(before);
  // Most modified files differ in a line or two. What both share at their ends needs no set of lines to be told.
  std::size_t head = 0;
  while (head < ours.size() && head < theirs.size() && ours[head] == theirs[head]) ++head;
  std::size_t tail = 0;
  while (tail < ours.size() - head && tail < theirs.size() - head &&
         ours[ours.size() - 1 - tail] == theirs[theirs.size() - 1 - tail])
    ++tail;
  const auto middle = [&](auto& lines) { return std::span{lines}.subspan(head, lines.size() - head - tail); };
  note_lost_lines(middle(theirs), ours, novelty);
  changed.same = count_not_blank(std::span{ours}.first(head)) + count_not_blank(std::span{ours}.last(tail));
  for (const auto& [number, line] : number_lines(middle(ours), head)) changed.lines.push_back({number, line});
  changed.vcs_holds = found_among(changed.lines, theirs);
  return changed;
}

void NoveltyMeter::note_lost_lines(std::span<const std::string_view> before, std::span<const std::string_view> now,
                                   Novelty& novelty) {
  const auto candidates = number_lines(before, 0);
  const auto present = found_among(candidates, now);
  std::unordered_set<std::string> counted;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    auto line = normalise_line(candidates[i].text);
    if (line.empty() || present[i] || !counted.insert(line).second) continue;
    ++novelty.lost;
    if (novelty.lost_kept.size() < k_lost_lines_kept) novelty.lost_kept.push_back(line.substr(0, k_novel_line_bytes));
  }
}

bool NoveltyMeter::is_known(std::string_view normalised_line, std::uint32_t hash) {
  if (m_judged_known.contains(normalised_line, hash)) return true;
  if (m_judged_strange.contains(normalised_line, hash)) return false;
  const bool known = m_known.has_line(line_digest(normalised_line, m_stream));
  auto& judged = known ? m_judged_known : m_judged_strange;
  if (judged.size() < k_judgements_kept && normalised_line.size() < k_longest_judged) judged.add(normalised_line);
  return known;
}

bool NoveltyMeter::is_expansion_of_known(const std::string& line) {
  const auto spellings = unexpanded(line);
  return std::any_of(spellings.begin(), spellings.end(), [&](const std::string& spelling) {
    return m_build_lines.lines().contains(spelling) || m_known.has_line(line_digest(spelling, m_stream));
  });
}

bool NoveltyMeter::is_regenerated(const std::string& line, const LineSet& made, bool executed, bool code) {
  if (m_regeneration == nullptr) return false;
  if (made.contains(line)) return true;
  const auto& others = executed ? regenerated_lines() : made;
  if (others.contains(line)) return true;
  const auto skeleton = stamp_skeleton(line);
  return skeleton != line && may_differ_in_stamps(line, code) && (made.contains(skeleton) || others.contains(skeleton));
}

bool NoveltyMeter::may_differ_in_stamps(std::string_view line, bool code) const {
  // `* 1.25` goes on with an expression as well as with a comment.
  if (!code || (is_certain_comment(line) && !line.starts_with('*'))) return true;
  const auto stamps = find_stamps(line);
  return std::all_of(stamps.begin(), stamps.end(), [&](const Stamp& stamp) {
    const auto token = line.substr(stamp.offset, stamp.size);
    return m_release != nullptr && (m_release->is_version(token) || m_release->is_fitting_date(token));
  });
}

bool NoveltyMeter::keeps_regenerated_order(std::string_view path, std::string_view content) const {
  if (m_regeneration == nullptr) return true;
  const auto files = m_regeneration->find(path);
  if (files.empty()) return true;
  const auto shipped = skeletons(content);
  return std::any_of(files.begin(), files.end(), [&](const RegeneratedFile& file) {
    return looks_like_text(file.content) && is_subsequence(skeletons(as_text(file.content)), shipped);
  });
}

bool NoveltyMeter::has_lines_of_source(std::string_view path, std::string_view content) const {
  const auto shipped = exact_skeletons(content);
  const auto is_shipped = [&](ByteView text) {
    return looks_like_text(text) && exact_skeletons(as_text(text)) == shipped;
  };
  const auto made = m_regeneration != nullptr ? m_regeneration->find(path) : std::span<const RegeneratedFile>{};
  if (!made.empty())
    return std::any_of(made.begin(), made.end(), [&](const RegeneratedFile& file) { return is_shipped(file.content); });
  const auto sources = templates(path);
  return std::any_of(sources.begin(), sources.end(), is_shipped);
}

Novelty NoveltyMeter::measure(std::string_view path, std::string_view content, std::optional<std::string_view> before) {
  Novelty novelty;
  Changed changed;
  if (before) {
    changed = changed_lines(content, *before, novelty);
  } else {
    changed.lines = numbered_lines(content);
  }
  novelty.lines = novelty.from_vcs = changed.same;
  LineSet own;
  for (const auto& text : templates(path)) own.add_text(as_text(text));
  LineSet made;
  std::unique_ptr<WrappedLists> lists;
  if (m_regeneration != nullptr)
    for (const auto& file : m_regeneration->find(path)) {
      add_generated(made, file.content);
      if (path_basename(path) == "Makefile.in" && !lists)
        lists = std::make_unique<WrappedLists>(content, as_text(file.content));
    }

  // A copy made by another version of its generator: what remains is what that version says otherwise.
  if (m_regeneration != nullptr && m_regeneration->find(path).empty())
    for (const auto place : made_elsewhere(*m_regeneration, path))
      for (const auto& file : m_regeneration->find(place)) add_generated(made, file.content);

  if (lists)
    for (const auto& [made_path, files] : m_regeneration->files()) lists->add_word(path_basename(made_path));

  // The lines of build files are those of what is made from them; in documents and sources they would be coincidence.
  const bool executed = reach_by_name(path).reach == Reach::executed;
  const bool code = reach_by_name(path).reach <= Reach::compiled || content.starts_with("#!");
  const LineSet* const build_lines = executed && !changed.lines.empty() ? &m_build_lines.lines() : nullptr;
  std::string normalised;
  // Of a translation of 20,000 lines that stands nowhere else there is nothing to look up.
  const bool nothing_accounts = !executed && own.empty() && m_regeneration == nullptr;
  for (std::size_t i = 0; i < changed.lines.size(); ++i) {
    const auto& line = changed.lines[i];
    const bool in_counterpart = i < changed.vcs_holds.size() && changed.vcs_holds[i];
    if (nothing_accounts && !in_counterpart) {
      const auto text = trim_front(line.text);
      if (text.empty()) continue;
      ++novelty.lines;
      if (may_be_comment(text)) normalise_line_into(text, normalised);
      note_novel_line(line, may_be_comment(text) ? std::string_view{normalised} : text, novelty);
      continue;
    }
    normalise_line_into(line.text, normalised);
    if (normalised.empty()) continue;
    ++novelty.lines;
    const auto hash = LineSet::hash_of(normalised);
    if (in_counterpart || own.contains(normalised, hash) ||
        (build_lines != nullptr && build_lines->contains(normalised, hash))) {
      ++novelty.from_vcs;
    } else if (executed && is_known(normalised, hash)) {
      ++novelty.from_known;
    } else if (m_regeneration != nullptr && executed && is_expansion_of_known(normalised)) {
      ++novelty.from_known;
    } else if (is_regenerated(normalised, made, executed, code) || (lists && lists->only_wraps(line.number))) {
      ++novelty.from_regenerated;
    } else {
      note_novel_line(line, normalised, novelty);
    }
  }
  return novelty;
}

}  // namespace assay::provenance
