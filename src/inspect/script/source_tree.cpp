#include "inspect/script/source_tree.hpp"

#include <fmt/format.h>

#include "base/glob.hpp"
#include "base/text.hpp"
#include "inspect/script/values.hpp"

namespace assay::inspect {

namespace {

constexpr std::size_t k_most_resolved = 16;
constexpr std::size_t k_most_found = 64;
constexpr std::size_t k_longest_match = 200;
constexpr std::size_t k_most_pending = 4096;
constexpr std::uint64_t k_most_held = 96ULL << 20;

std::string key_of(const GrepCommand& grep) {
  return fmt::format("{}{}{}", grep.ignore_case ? 'i' : '-', grep.whole_word ? 'w' : '-', grep.re2);
}

bool is_file(const TreeEntry& entry) noexcept {
  return entry.kind == EntryKind::regular;
}

}  // namespace

std::string normalised_path(std::string_view directory, std::string_view name) {
  std::vector<std::string_view> parts;
  const auto add = [&](std::string_view path) {
    for (std::size_t at = 0; at < path.size();) {
      const auto end = std::min(path.find('/', at), path.size());
      const auto part = path.substr(at, end - at);
      if (part == ".." && !parts.empty()) parts.pop_back();
      else if (!part.empty() && part != "." && part != "..") parts.push_back(part);
      at = end + 1;
    }
  };
  if (!name.starts_with('/')) add(directory);
  add(name);
  std::string result;
  for (const auto part : parts) (result += result.empty() ? "" : "/") += part;
  return result;
}

SourceTree::SourceTree(TreeAccess& tree, std::uint64_t max_file, std::uint64_t max_searched, std::size_t max_patterns)
    : m_tree(tree),
      m_links(tree.entries()),
      m_max_file(max_file),
      m_max_searched(max_searched),
      m_max_patterns(max_patterns) {
  for (const auto& entry : tree.entries()) {
    const auto* file = m_links.file_of(entry);
    if (file == nullptr) continue;
    m_by_path.emplace(entry.path, file);
    m_by_name.emplace(path_basename(entry.path), file);
  }
}

const TreeEntry* SourceTree::find(std::string_view path) const {
  const auto it = m_by_path.find(path);
  return it != m_by_path.end() ? it->second : m_links.find(path);
}

const std::vector<const TreeEntry*>& SourceTree::resolve(std::string_view name, std::string_view directory) {
  static const std::vector<const TreeEntry*> k_none;
  constexpr std::size_t k_longest_name = 1024;
  // Program texts and messages are no names.
  if (name.empty() || name.size() > k_longest_name || name.find_first_of("\n|;\"'`(){}") != std::string_view::npos)
    return k_none;
  const auto [slot, fresh] = m_resolved.try_emplace({std::string{directory}, std::string{name}});
  if (fresh) slot->second = find_named(name, directory);
  return slot->second;
}

std::vector<const TreeEntry*> SourceTree::find_named(std::string_view name, std::string_view directory) const {
  std::vector<const TreeEntry*> found;
  const auto unknown = name.rfind(k_unknown_part);
  if (unknown != std::string_view::npos) {
    // Its beginning is not known: the rest must name one file, and more than a base name.
    const auto rest = name.substr(unknown + 1);
    if (!rest.starts_with('/') || rest.find_first_of("*?[") != std::string_view::npos) return found;
    const auto wanted = normalised_path({}, rest);
    const auto [begin, end] = m_by_name.equal_range(path_basename(wanted));
    for (auto it = begin; it != end && found.size() < k_most_resolved; ++it)
      if (it->second->path == wanted || it->second->path.ends_with("/" + wanted)) found.push_back(it->second);
    if (found.size() > 2 || (found.size() > 1 && wanted.find('/') == std::string::npos)) found.clear();
    return found;
  }
  for (const auto& path : {normalised_path(directory, name), normalised_path({}, name)}) {
    if (const auto* entry = find(path)) {
      found.push_back(entry);
      return found;
    }
  }
  if (name.find_first_of("*?[") == std::string_view::npos && directory.find_first_of("*?[") == std::string_view::npos)
    return found;
  for (const auto& pattern : {normalised_path(directory, name), normalised_path({}, name)}) {
    for (const auto& entry : m_tree.entries()) {
      if (found.size() >= k_most_resolved || !compare()) break;
      if (!glob_match(pattern, entry.path)) continue;
      if (const auto* file = m_links.file_of(entry)) found.push_back(file);
    }
    if (!found.empty()) return found;
  }
  return found;
}

std::vector<const TreeEntry*> SourceTree::find_below(std::string_view name, std::string_view directory,
                                                     std::string_view glob) const {
  std::vector<const TreeEntry*> found;
  for (const auto& root : {normalised_path(directory, name), normalised_path({}, name)}) {
    for (const auto& entry : m_tree.entries()) {
      if (found.size() >= k_most_found || !compare()) break;
      if (!root.empty() &&
          !(entry.path.starts_with(root) && entry.path.size() > root.size() && entry.path[root.size()] == '/'))
        continue;
      if (!glob.empty() && !glob_match(glob, path_basename(entry.path))) continue;
      if (const auto* file = m_links.file_of(entry)) found.push_back(file);
    }
    if (!found.empty()) return found;
  }
  return found;
}

std::shared_ptr<const std::string> SourceTree::read(const TreeEntry& entry, Coverage& coverage) {
  if (const auto it = m_contents.find(entry.path); it != m_contents.end()) return it->second;
  if (m_pending_files.contains(entry.path)) return nullptr;
  if (entry.size <= m_max_file && !m_tree.is_at_hand(entry.path) && m_pending_files.size() < k_most_pending) {
    m_pending_files.insert(entry.path);
    return nullptr;
  }
  auto& slot = m_contents[entry.path];
  if (entry.size > m_max_file || m_held + entry.size > k_most_held) {
    coverage.add(
        escape_for_display(entry.path),
        fmt::format("a build script reads it, but its {} bytes are more than scripts are followed into", entry.size));
    return slot;
  }
  const auto content = m_tree.read(entry.path, m_max_file);
  if (!content) return slot;
  m_held += content->size();
  slot = std::make_shared<const std::string>(as_text(*content));
  return slot;
}

void SourceTree::fetch(Coverage& coverage) {
  if (!m_pending_files.empty()) read_pending(coverage);
  if (!m_pending.empty()) search(coverage);
}

/// Something that scripts may read next, in a tree that has to be unpacked for it.
bool SourceTree::may_be_next(const TreeEntry& entry) const {
  constexpr std::uint64_t k_largest = 1U << 20;
  return entry.kind == EntryKind::regular && entry.size <= k_largest && m_held_ahead < m_max_searched / 4 &&
         !m_contents.contains(entry.path) && !m_tree.is_at_hand(entry.path);
}

void SourceTree::read_pending(Coverage& coverage) {
  const auto outcome = m_tree.visit(
      [&](const TreeEntry& entry) { return m_pending_files.contains(entry.path) || may_be_next(entry); }, m_max_file,
      [&](const TreeEntry& entry, ByteView content) {
        if (!m_pending_files.contains(entry.path)) {
          // Scripts lead from file to file, and each round follows them all anew: what goes by is kept for them.
          if (m_held_ahead + content.size() > m_max_searched / 4) return;
          m_held_ahead += content.size();
          m_contents[entry.path] = std::make_shared<const std::string>(as_text(content));
          return;
        }
        if (m_held + content.size() > k_most_held) return;
        m_held += content.size();
        m_contents[entry.path] = std::make_shared<const std::string>(as_text(content));
      },
      coverage);
  if (!outcome) coverage.add("files that build scripts read", "could not be read: " + outcome.error().message);
  // What could not be had is not asked for again.
  for (const auto& path : m_pending_files)
    if (m_contents.try_emplace(path).second)
      coverage.add(escape_for_display(path), "a build script reads it, but it could not be held in memory");
  m_pending_files.clear();
}

const std::vector<TreeMatch>* SourceTree::matches(const GrepCommand& grep, Coverage& coverage) {
  const auto key = key_of(grep);
  if (const auto it = m_matches.find(key); it != m_matches.end()) return &it->second;
  if (m_matches.size() + m_pending.size() >= m_max_patterns) {
    coverage.add("build scripts",
                 fmt::format("more than {} patterns are searched for in the tree; some were not", m_max_patterns));
    return nullptr;
  }
  m_pending.emplace(key, grep);
  return nullptr;
}

void SourceTree::search(Coverage& coverage) {
  struct Search {
    Regex regex;
    std::vector<TreeMatch>* matches;
  };
  std::vector<Search> searches;
  for (const auto& [key, grep] : m_pending) {
    auto& matches = m_matches[key];
    if (auto regex = Regex::compile(grep.re2, grep.ignore_case, grep.whole_word))
      searches.push_back({std::move(*regex), &matches});
  }
  m_pending.clear();
  if (searches.empty()) return;
  const auto outcome = m_tree.visit(
      is_file, m_max_searched,
      [&](const TreeEntry& entry, ByteView content) {
        const auto text = as_text(content);
        for (auto& search : searches) {
          const auto match = search.regex.find(text, 0);
          if (!match) continue;
          const auto length = std::min(match->second - match->first, k_longest_match);
          search.matches->push_back({find(entry.path), match->first, std::string{text.substr(match->first, length)},
                                     !looks_like_text(content)});
        }
      },
      coverage);
  if (!outcome)
    coverage.add("build scripts",
                 "the tree could not be searched for the patterns they name: " + outcome.error().message);
  for (auto& search : searches)
    std::erase_if(*search.matches, [](const TreeMatch& match) { return match.entry == nullptr; });
}

}  // namespace assay::inspect
