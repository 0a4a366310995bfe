#include "provenance/named_files.hpp"

#include <algorithm>
#include <string_view>
#include <unordered_map>

#include "base/text.hpp"
#include "inspect/tree_links.hpp"
#include "provenance/reach.hpp"

namespace assay::provenance {

namespace {

constexpr std::uint64_t k_largest = 1U << 20;
constexpr std::uint64_t k_most_bytes = 64U << 20;  ///< of all files together

bool is_path_part(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view{"_-.+/~@"}.find(c) != std::string_view::npos;
}

bool is_comment(std::string_view line) {
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  return starts_with_any(line, {"#", "//", "dnl ", "/*"});
}

/// "a/./b/../c" is "a/c"; empty if it leads out of the tree.
std::string resolved(std::string_view directory, std::string_view path) {
  std::vector<std::string_view> parts;
  for (auto text : {directory, path})
    while (!text.empty()) {
      const auto part = text.substr(0, text.find('/'));
      text.remove_prefix(std::min(text.size(), part.size() + 1));
      if (part.empty() || part == ".") continue;
      if (part != "..") {
        parts.push_back(part);
      } else {
        if (parts.empty()) return {};
        parts.pop_back();
      }
    }
  std::string whole;
  for (const auto part : parts) {
    if (!whole.empty()) whole += '/';
    whole += part;
  }
  return whole;
}

class Wanted {
 public:
  Wanted(const vcs::Reference& reference, const std::vector<std::string>& paths)
      : m_links(reference.manifest().entries()), m_paths(paths.begin(), paths.end()) {
    std::unordered_map<std::string_view, std::size_t> names;
    for (const auto& entry : reference.manifest().entries()) {
      ++names[path_basename(entry.path)];
      if (entry.kind == EntryKind::symlink) m_link_paths.insert(entry.path);
    }
    for (const std::string_view path : paths) add_tails(path, names);
  }

  bool has(const std::string& path) const { return m_paths.contains(path); }

  /// `word` stands in a file of that directory; `behind_variable`: as "$(srcdir)/word".
  void look_up(std::string_view word, std::string_view directory, bool behind_variable) {
    for (const auto& path : {resolved({}, word), resolved(directory, word)}) {
      if (m_paths.contains(path)) m_named.insert(path);
      else if (const auto* file = behind_links(path); file != nullptr && m_paths.contains(file->path))
        m_named.insert(file->path);
    }
    if (!behind_variable) return;
    if (const auto tail = m_tails.find(resolved({}, word)); tail != m_tails.end())
      m_named.insert(tail->second.begin(), tail->second.end());
  }

  std::unordered_set<std::string> take() { return std::move(m_named); }

 private:
  void add_tails(std::string_view path, const std::unordered_map<std::string_view, std::size_t>& names) {
    constexpr std::size_t k_most_components = 6;
    auto slash = path.rfind('/');
    for (std::size_t i = 0; i < k_most_components && slash != std::string_view::npos && slash > 0; ++i) {
      const auto tail = path.substr(slash + 1);
      if (i > 0 || names.at(tail) == 1) m_tails[std::string{tail}].emplace_back(path);
      slash = path.rfind('/', slash - 1);
    }
  }

  /// The file that the path leads to, if it is a link or leads through one.
  const TreeEntry* behind_links(std::string_view path) const {
    if (m_link_paths.empty()) return nullptr;
    for (auto above = path; !above.empty(); above = path_dirname(above))
      if (m_link_paths.contains(above)) return m_links.find(path);
    return nullptr;
  }

  inspect::TreeLinks m_links;
  std::unordered_set<std::string_view> m_link_paths;
  std::unordered_set<std::string> m_paths;
  std::unordered_map<std::string, std::vector<std::string>> m_tails;
  std::unordered_set<std::string> m_named;
};

void look_in(std::string_view line, std::string_view directory, Wanted& wanted) {
  for (std::size_t at = 0; at < line.size();) {
    if (!is_path_part(line[at])) {
      ++at;
      continue;
    }
    auto end = at;
    while (end < line.size() && is_path_part(line[end])) ++end;
    auto word = line.substr(at, end - at);
    while (word.ends_with('.')) word.remove_suffix(1);
    // "${dir}/x", "$(dir)/x", "@dir@/x" and "$dir/x".
    const bool closes = at > 0 && (line[at - 1] == '}' || line[at - 1] == ')') && word.starts_with('/');
    const bool follows_name = at > 0 && line[at - 1] == '$';
    const bool is_substituted = word.starts_with('@');
    if (follows_name || is_substituted) word.remove_prefix(std::min(word.find('/'), word.size()));
    wanted.look_up(word, directory, closes || follows_name || is_substituted);
    at = end;
  }
}

}  // namespace

std::unordered_set<std::string> files_named_by_executed(const vcs::Reference& reference,
                                                        const std::vector<std::string>& paths) {
  if (paths.empty()) return {};
  Wanted wanted{reference, paths};
  std::uint64_t read = 0;
  for (const auto& entry : reference.manifest().entries()) {
    if (entry.kind != EntryKind::regular || reach_by_name(entry.path).reach != Reach::executed ||
        wanted.has(entry.path))
      continue;
    const auto content = reference.read(entry, k_largest);
    if (!content) continue;
    read += content->size();
    if (read > k_most_bytes) break;
    for (const auto line : split_lines(as_text(*content)))
      if (!is_comment(line)) look_in(line, path_dirname(entry.path), wanted);
  }
  return wanted.take();
}

}  // namespace assay::provenance
