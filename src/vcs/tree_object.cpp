#include "vcs/tree_object.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/text.hpp"

namespace assay::vcs {

namespace {

bool is_known_mode(std::uint32_t mode) noexcept {
  switch (mode & 0170000) {
    case 0100000:
      return (mode & 07000) == 0;  // old gits wrote 0100664 and the like
    case 0040000:
      return mode == 0040000;
    case 0120000:
      return mode == 0120000;
    case 0160000:
      return mode == 0160000;
    default:
      return false;
  }
}

/// Code points that HFS+ ignores in file names (git's utf8.c, next_hfs_char()).
std::size_t hfs_ignorable_length(std::string_view at) noexcept {
  if (at.size() < 3) return 0;
  const auto head = at.substr(0, 2);
  const auto last = static_cast<unsigned char>(at[2]);
  if (head == "\xe2\x80") return (last >= 0x8c && last <= 0x8f) || (last >= 0xaa && last <= 0xae) ? 3 : 0;
  if (head == "\xe2\x81") return last >= 0xaa && last <= 0xaf ? 3 : 0;
  return head == "\xef\xbb" && last == 0xbf ? 3 : 0;
}

/// True for `.git` as some file system would understand it: any case, HFS+'s invisible characters, NTFS' short name,
/// trailing dots and blanks, stream suffix.
bool is_dot_git(std::string_view name) {
  const auto first = static_cast<unsigned char>(name[0]);
  if (first != '.' && first != 'g' && first != 'G' && first < 0x80) return false;
  std::string plain;
  for (std::size_t i = 0; i < name.size() && plain.size() <= 5;) {
    if (const auto skip = hfs_ignorable_length(name.substr(i)); skip > 0) {
      i += skip;
    } else {
      plain.push_back(name[i++]);
    }
  }
  plain = ascii_lower(plain);
  if (plain == ".git") return true;
  auto ntfs = name.substr(0, name.find(':'));
  while (!ntfs.empty() && (ntfs.back() == '.' || ntfs.back() == ' ')) ntfs.remove_suffix(1);
  const auto lower = ascii_lower(ntfs.substr(0, 6));
  return lower == ".git" || lower == "git~1";
}

/// What is wrong with a name, or nothing.
std::string_view judge_name(std::string_view name) {
  if (name.empty()) return "an empty name";
  if (name == "." || name == "..") return "a name that is a relative directory";
  if (name.find('/') != std::string_view::npos) return "a name with a slash";
  if (is_dot_git(name)) return "a name that stands for .git";
  return {};
}

/// Git's order: as if names of directories ended in a slash (tree.c, base_name_compare()).
int compare_names(std::string_view a, bool a_is_tree, std::string_view b, bool b_is_tree) noexcept {
  const auto common = std::min(a.size(), b.size());
  if (const int order = std::memcmp(a.data(), b.data(), common); order != 0) return order;
  const auto next = [common](std::string_view name, bool is_tree) -> int {
    if (name.size() > common) return static_cast<unsigned char>(name[common]);
    return is_tree ? '/' : 0;
  };
  return next(a, a_is_tree) - next(b, b_is_tree);
}

/// Git's order keeps a file and a directory of one name apart, so a duplicate need not be a neighbour.
bool has_file_named(const std::vector<RawTreeEntry>& sorted, std::string_view name) noexcept {
  const auto it =
      std::lower_bound(sorted.begin(), sorted.end(), name, [](const RawTreeEntry& entry, std::string_view wanted) {
        return compare_names(entry.name, entry.is_tree(), wanted, false) < 0;
      });
  return it != sorted.end() && it->name == name;
}

void note(ParsedTree& tree, std::string_view defect, std::string_view name) {
  if (tree.defects++ == 0)
    tree.first_defect = fmt::format("{}: \"{}\"", defect, escape_for_display(name.substr(0, 200)));
}

/// Drop all but the first entry of each name from a tree whose order cannot be relied on.
void drop_duplicates(ParsedTree& tree) {
  auto sorted = tree.entries;
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  const auto end =
      std::unique(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.name == b.name; });
  for (auto it = end; it != sorted.end(); ++it) note(tree, "a name given twice", it->name);
  sorted.erase(end, sorted.end());
  tree.entries = std::move(sorted);
}

}  // namespace

std::optional<RawTreeEntry> TreeCursor::next() noexcept {
  const auto text = as_text(m_rest);
  RawTreeEntry entry;
  std::size_t at = 0;
  while (at < text.size() && at < 7 && text[at] >= '0' && text[at] <= '7')
    entry.mode = entry.mode << 3 | static_cast<std::uint32_t>(text[at++] - '0');
  if (at == 0 || at >= text.size() || text[at] != ' ') return std::nullopt;
  const auto end = text.find('\0', ++at);
  if (end == std::string_view::npos || text.size() - end - 1 < m_id_size) return std::nullopt;
  entry.name = text.substr(at, end - at);
  entry.id = m_rest.subspan(end + 1, m_id_size);
  m_rest = m_rest.subspan(end + 1 + m_id_size);
  return entry;
}

ParsedTree parse_tree(ByteView object, GitHash hash) {
  ParsedTree tree;
  TreeCursor cursor{object, hash};
  bool ordered = true;
  while (const auto entry = cursor.next()) {
    if (const auto defect = judge_name(entry->name); !defect.empty()) {
      note(tree, defect, entry->name);
      continue;
    }
    if (!is_known_mode(entry->mode)) {
      note(tree, fmt::format("mode {:o}, which git does not know", entry->mode), entry->name);
      continue;
    }
    if (ordered && !tree.entries.empty()) {
      const auto& last = tree.entries.back();
      const int order = compare_names(last.name, last.is_tree(), entry->name, entry->is_tree());
      if (order >= 0) {
        ordered = false;
        if (order > 0) note(tree, "a name out of order", entry->name);
      } else if (entry->is_tree() && has_file_named(tree.entries, entry->name)) {
        ordered = false;
      }
    }
    tree.entries.push_back(*entry);
  }
  if (!ordered) drop_duplicates(tree);
  if (cursor.broken())
    note(tree, "bytes that are no entry after", tree.entries.empty() ? "" : tree.entries.back().name);
  return tree;
}

bool is_harmless_path(std::string_view path) {
  while (true) {
    const auto name = path.substr(0, path.find('/'));
    if (!judge_name(name).empty()) return false;
    if (name.size() == path.size()) return true;
    path.remove_prefix(name.size() + 1);
  }
}

EntryKind kind_of_mode(std::uint32_t mode) noexcept {
  switch (mode & 0170000) {
    case 0040000:
      return EntryKind::directory;
    case 0120000:
      return EntryKind::symlink;
    case 0160000:
      return EntryKind::submodule;
    default:
      return EntryKind::regular;
  }
}

std::uint32_t permissions_of_mode(std::uint32_t mode) noexcept {
  if ((mode & 0170000) != 0100000) return 0;
  return (mode & 0100) != 0 ? 0755 : 0644;
}

}  // namespace assay::vcs
