#include "model/entry.hpp"

#include <algorithm>
#include <iterator>

namespace assay {

ContainerPath ContainerPath::child(std::string_view name) const {
  auto parts = m_parts;
  parts.emplace_back(name);
  return ContainerPath{std::move(parts)};
}

std::string ContainerPath::to_string() const {
  std::string text;
  for (std::size_t i = 0; i < m_parts.size(); ++i) {
    if (i > 0) text.push_back('!');
    for (const char c : m_parts[i]) {
      if (c == '!' || c == '\\') text.push_back('\\');
      text.push_back(c);
    }
  }
  return text;
}

ContainerPath ContainerPath::parse(std::string_view text) {
  std::vector<std::string> parts(1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '!') {
      parts.emplace_back();
    } else {
      if (text[i] == '\\' && i + 1 < text.size()) ++i;
      parts.back().push_back(text[i]);
    }
  }
  return ContainerPath{std::move(parts)};
}

std::string_view to_string(EntryKind kind) noexcept {
  switch (kind) {
    case EntryKind::regular:
      return "file";
    case EntryKind::symlink:
      return "symbolic link";
    case EntryKind::hardlink:
      return "hard link";
    case EntryKind::directory:
      return "directory";
    case EntryKind::submodule:
      return "submodule";
    case EntryKind::device:
      return "device";
    case EntryKind::fifo:
      return "FIFO";
    case EntryKind::socket:
      return "socket";
  }
  return "unknown";
}

TreeManifest::TreeManifest(std::vector<TreeEntry> entries) : m_entries(std::move(entries)) {
  std::stable_sort(m_entries.begin(), m_entries.end(),
                   [](const TreeEntry& a, const TreeEntry& b) { return a.path < b.path; });
  // unique() keeps the first of equals; walking backwards makes that the last one given.
  const auto kept = std::unique(m_entries.rbegin(), m_entries.rend(),
                                [](const TreeEntry& a, const TreeEntry& b) { return a.path == b.path; });
  m_entries.erase(m_entries.begin(), kept.base());
}

const TreeEntry* TreeManifest::find(std::string_view path) const noexcept {
  const auto it = std::lower_bound(m_entries.begin(), m_entries.end(), path,
                                   [](const TreeEntry& entry, std::string_view wanted) { return entry.path < wanted; });
  return it != m_entries.end() && it->path == path ? &*it : nullptr;
}

}  // namespace assay
