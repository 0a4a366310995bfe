#include "inspect/tree_links.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace assay::inspect {

namespace {

constexpr int k_most_links = 16;

bool is_same_content(const TreeEntry& a, const TreeEntry& b) {
  if (a.size != b.size || a.sha256_known != b.sha256_known) return false;
  return a.sha256_known ? a.digests.sha256 == b.digests.sha256 : a.digests.git_oid == b.digests.git_oid;
}

bool is_link(const TreeEntry& entry) {
  return entry.kind == EntryKind::symlink || entry.kind == EntryKind::hardlink;
}

}  // namespace

TreeLinks::TreeLinks(const std::vector<TreeEntry>& entries)
    : m_entries(entries), m_any(std::any_of(entries.begin(), entries.end(), is_link)) {
  if (!m_any) return;
  for (const auto& entry : entries) {
    if (!is_link(entry)) continue;
    const auto* file = file_of(entry);
    if (file == nullptr) continue;
    LinkName name{*file, entry.kind == EntryKind::symlink};
    name.entry.path = entry.path;
    if (!name.symbolic) name.entry.mode |= entry.mode;
    m_names[file->path].push_back(std::move(name));
  }
}

const TreeEntry* TreeLinks::exact(std::string_view path) const {
  const auto at = std::lower_bound(m_entries.begin(), m_entries.end(), path,
                                   [](const TreeEntry& entry, std::string_view wanted) { return entry.path < wanted; });
  return at != m_entries.end() && at->path == path ? &*at : nullptr;
}

const TreeEntry* TreeLinks::link_above(std::string_view path) const {
  for (auto at = path.find('/'); at != std::string_view::npos; at = path.find('/', at + 1))
    if (const auto* entry = exact(path.substr(0, at)); entry != nullptr && entry->kind == EntryKind::symlink)
      return entry;
  return nullptr;
}

const TreeEntry* TreeLinks::find(std::string_view path) const {
  std::string at{path};
  for (int links = 0; links <= k_most_links; ++links) {
    const auto* entry = exact(at);
    if (entry != nullptr && entry->kind == EntryKind::regular) return entry;
    if (!m_any) return nullptr;
    if (entry != nullptr && entry->kind == EntryKind::hardlink) return file_of_hard_link(*entry);
    const auto* link = entry != nullptr ? entry : link_above(at);
    if (link == nullptr || link->kind != EntryKind::symlink) return nullptr;
    auto there = path_behind_link(link->path, link->link_target);
    if (!there) return nullptr;
    auto rest = std::string_view{at}.substr(link->path.size());
    if (there->empty() && rest.starts_with('/')) rest.remove_prefix(1);
    at = *there + std::string{rest};
  }
  return nullptr;
}

const TreeEntry* TreeLinks::file_of(const TreeEntry& entry) const {
  if (entry.kind == EntryKind::regular) return &entry;
  return is_link(entry) ? find(entry.path) : nullptr;
}

/// An archive gives the target as it is in the archive, below the directory that a tree of it leaves out; the content decides.
const TreeEntry* TreeLinks::file_of_hard_link(const TreeEntry& link) const {
  const auto target = path_behind_link({}, link.link_target);
  if (!target) return nullptr;
  for (std::string_view path = *target; !path.empty();) {
    const auto* entry = exact(path);
    if (entry != nullptr && entry->kind == EntryKind::regular && is_same_content(*entry, link)) return entry;
    path.remove_prefix(std::min(path.find('/'), path.size() - 1) + 1);
  }
  return nullptr;
}

const std::vector<LinkName>& TreeLinks::names_of(const TreeEntry& file) const {
  static const std::vector<LinkName> k_none;
  const auto found = m_names.find(file.path);
  return found != m_names.end() ? found->second : k_none;
}

}  // namespace assay::inspect
