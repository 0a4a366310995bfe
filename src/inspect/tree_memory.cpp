#include "inspect/tree_memory.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"

namespace assay::inspect {

void MemoryTree::add(EntryPath path, Bytes content, std::uint32_t mode) {
  TreeEntry entry;
  entry.path = path;
  entry.mode = mode;
  entry.size = content.size();
  entry.digests.sha256 = sha256(content);
  entry.sha256_known = true;
  put(std::move(entry));
  m_contents.insert_or_assign(std::move(path), std::move(content));
}

void MemoryTree::add_link(EntryPath path, EntryPath target, EntryKind kind) {
  TreeEntry entry;
  entry.path = std::move(path);
  entry.kind = kind;
  entry.mode = 0777;
  if (const auto found = m_contents.find(target); kind == EntryKind::hardlink && found != m_contents.end()) {
    entry.size = found->second.size();
    entry.digests.sha256 = sha256(found->second);
    entry.sha256_known = true;
  }
  entry.link_target = std::move(target);
  put(std::move(entry));
}

void MemoryTree::put(TreeEntry entry) {
  const auto at = std::lower_bound(m_entries.begin(), m_entries.end(), entry.path,
                                   [](const TreeEntry& a, const EntryPath& b) { return a.path < b; });
  if (at != m_entries.end() && at->path == entry.path) *at = std::move(entry);
  else m_entries.insert(at, std::move(entry));
}

Result<Bytes> MemoryTree::read(std::string_view path, std::uint64_t max_size) {
  const auto found = m_contents.find(path);
  if (found == m_contents.end()) return Error{ErrorCode::not_found, "is not in the tree", escape_for_display(path), {}};
  if (found->second.size() > max_size)
    return Error{ErrorCode::limit, fmt::format("has more than {} bytes", max_size), escape_for_display(path), {}};
  return found->second;
}

Result<void> MemoryTree::visit(const std::function<bool(const TreeEntry&)>& want, std::uint64_t max_size,
                               const std::function<void(const TreeEntry&, ByteView)>& visitor, Coverage& coverage) {
  for (const auto& entry : m_entries) {
    if (entry.kind != EntryKind::regular || !want(entry)) continue;
    if (entry.size > max_size) note_too_large(entry, max_size, coverage);
    else visitor(entry, m_contents.find(entry.path)->second);
  }
  return {};
}

void note_too_large(const TreeEntry& entry, std::uint64_t max_size, Coverage& coverage) {
  coverage.add(escape_for_display(entry.path),
               fmt::format("its {} were not examined: more than {} bytes", count_of(entry.size, "byte"), max_size),
               "raise --limit memory=VALUE");
}

}  // namespace assay::inspect
