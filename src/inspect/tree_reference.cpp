#include "inspect/tree_reference.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "inspect/tree_memory.hpp"

namespace assay::inspect {

ReferenceTree::ReferenceTree(std::shared_ptr<const vcs::Reference> reference, std::string subdir)
    : m_reference(std::move(reference)), m_prefix(subdir.empty() ? std::string{} : std::move(subdir) + "/") {
  for (const auto& entry : m_reference->manifest().entries()) {
    if (!entry.path.starts_with(m_prefix) || entry.kind == EntryKind::directory) continue;
    m_entries.push_back(entry);
    m_entries.back().path.erase(0, m_prefix.size());
  }
}

Result<Bytes> ReferenceTree::read_entry(const TreeEntry& entry, std::uint64_t max_size) const {
  const auto* original = m_reference->manifest().find(m_prefix + entry.path);
  if (original == nullptr) return Error{ErrorCode::not_found, "is not in the tree", escape_for_display(entry.path), {}};
  return m_reference->read(*original, max_size);
}

Result<Bytes> ReferenceTree::read(std::string_view path, std::uint64_t max_size) {
  const auto at = std::lower_bound(m_entries.begin(), m_entries.end(), path,
                                   [](const TreeEntry& a, std::string_view b) { return a.path < b; });
  if (at == m_entries.end() || at->path != path || at->kind != EntryKind::regular)
    return Error{ErrorCode::not_found, "is not in the tree", escape_for_display(path), {}};
  return read_entry(*at, max_size);
}

Result<void> ReferenceTree::visit(const std::function<bool(const TreeEntry&)>& want, std::uint64_t max_size,
                                  const std::function<void(const TreeEntry&, ByteView)>& visitor, Coverage& coverage) {
  for (const auto& entry : m_entries) {
    if (entry.kind != EntryKind::regular || !want(entry)) continue;
    const auto content = read_entry(entry, max_size);
    if (content) visitor(entry, *content);
    else coverage.add(escape_for_display(entry.path), content.error().message, content.error().remedy);
  }
  return {};
}

}  // namespace assay::inspect
