#include "inspect/blob/naming.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "base/glob.hpp"
#include "base/text.hpp"

namespace assay::inspect {

namespace {

constexpr std::size_t k_shortest_name = 4;
constexpr std::size_t k_patterns_most = 1000;
constexpr std::size_t k_shown = 10;
constexpr std::size_t k_named_most = 8;

bool is_name_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
         c == '-' || c == '+' || c == '*' || static_cast<unsigned char>(c) >= 0x80;
}

/// Call `use` for each word that could be a file name.
template <typename Use>
void each_word(std::string_view text, Use use) {
  for (std::size_t at = 0; at < text.size();) {
    auto end = at;
    while (end < text.size() && is_name_byte(text[end])) ++end;
    if (end - at >= k_shortest_name && end - at <= 255) use(text.substr(at, end - at));
    at = end + 1;
  }
}

std::string_view stem_of(std::string_view name) {
  const auto dot = name.find('.', 1);
  return dot == std::string_view::npos ? name : name.substr(0, dot);
}

}  // namespace

FixtureNames::FixtureNames(const std::vector<TreeEntry>& entries) {
  for (const auto& entry : entries) {
    if (entry.kind != EntryKind::regular || !is_test_place(entry.path) || family_of_name(entry.path) == Family::text)
      continue;
    const auto name = path_basename(entry.path);
    if (name.size() < k_shortest_name) continue;
    const auto index = m_fixtures.size();
    m_fixtures.push_back({entry.path, false});
    m_by_name[std::string{name}].fixtures.push_back(index);
    if (const auto stem = stem_of(name); stem.size() >= k_shortest_name && stem != name)
      m_by_name[std::string{stem}].fixtures.push_back(index);
  }
  m_named.resize(m_fixtures.size());
}

void FixtureNames::mark_binary(std::string_view path) {
  if (const auto at = find(path); at < m_fixtures.size()) m_fixtures[at].binary = true;
}

std::size_t FixtureNames::find(std::string_view path) const {
  const auto at = std::lower_bound(m_fixtures.begin(), m_fixtures.end(), path,
                                   [](const Fixture& a, std::string_view b) { return a.path < b; });
  return at != m_fixtures.end() && at->path == path ? static_cast<std::size_t>(at - m_fixtures.begin())
                                                    : m_fixtures.size();
}

void FixtureNames::read_text(std::string_view text) {
  if (m_fixtures.empty()) return;
  each_word(text, [&](std::string_view word) {
    if (word.find('*') != std::string_view::npos) {
      if (m_patterns.size() < k_patterns_most && word.find_first_not_of("*.") != std::string_view::npos &&
          std::find(m_patterns.begin(), m_patterns.end(), word) == m_patterns.end())
        m_patterns.emplace_back(word);
      return;
    }
    // A sentence ends with a dot, a name does not.
    while (word.ends_with('.')) word.remove_suffix(1);
    const auto found = m_by_name.find(std::string{word});
    if (found == m_by_name.end() || std::exchange(found->second.read, true)) return;
    for (const auto index : found->second.fixtures) m_named[index] = true;
  });
}

std::vector<std::string> FixtureNames::named_in(std::string_view text, std::string_view self) const {
  std::vector<std::string> names;
  std::unordered_set<std::string_view> seen;
  each_word(text, [&](std::string_view word) {
    if (names.size() >= k_named_most) return;
    const auto found = m_by_name.find(std::string{word});
    if (found == m_by_name.end() || !seen.insert(found->first).second) return;
    for (const auto index : found->second.fixtures) {
      const auto& fixture = m_fixtures[index];
      if (fixture.binary && fixture.path != self && path_basename(fixture.path) == word &&
          std::find(names.begin(), names.end(), fixture.path) == names.end())
        names.push_back(fixture.path);
    }
  });
  return names;
}

bool FixtureNames::is_unnamed(std::string_view path) const {
  const auto at = find(path);
  return at < m_fixtures.size() && !m_named[at];
}

void FixtureNames::report(BlobSink& sink) const {
  struct Directory {
    std::size_t binaries = 0;
    std::vector<std::string> unnamed;
    std::size_t by_pattern = 0;
  };
  std::map<std::string, Directory> directories;
  for (std::size_t i = 0; i < m_fixtures.size(); ++i) {
    if (!m_fixtures[i].binary) continue;
    auto& directory = directories[std::string{path_dirname(m_fixtures[i].path)}];
    ++directory.binaries;
    if (m_named[i]) continue;
    const auto name = path_basename(m_fixtures[i].path);
    directory.by_pattern += std::any_of(m_patterns.begin(), m_patterns.end(),
                                        [&](const auto& pattern) { return glob_match(pattern, name); })
                                ? 1U
                                : 0U;
    directory.unnamed.emplace_back(name);
  }
  for (const auto& [path, directory] : directories) {
    if (directory.unnamed.empty()) continue;
    std::vector<Evidence> evidence;
    for (std::size_t i = 0; i < std::min(k_shown, directory.unnamed.size()); ++i)
      evidence.push_back({"not named", directory.unnamed[i]});
    sink.add(BlobRule::unnamed_fixtures, path, nullptr, Severity::info,
             fmt::format("{} of {} here are named by no text of the tree; {} by a pattern", directory.unnamed.size(),
                         count_of(directory.binaries, "binary file"), directory.by_pattern),
             std::move(evidence));
  }
}

}  // namespace assay::inspect
