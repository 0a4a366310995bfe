#include "archive/entry_index.hpp"

#include <utility>

namespace assay::archive {

std::optional<std::uint32_t> EntryIndex::find(std::string_view path) const {
  const auto found = m_by_path.find(path);
  if (found == m_by_path.end()) return std::nullopt;
  return *found;
}

std::optional<std::uint32_t> EntryIndex::add_last() {
  const auto position = static_cast<std::uint32_t>(m_entries.size() - 1);
  // Archives are mostly in order, and then the end is where the next one goes.
  const auto size_before = m_by_path.size();
  const auto found = m_by_path.insert(m_by_path.end(), position);
  if (m_by_path.size() != size_before) return std::nullopt;
  const auto replaced = *found;
  auto node = m_by_path.extract(found);
  node.value() = position;
  m_by_path.insert(std::move(node));
  return replaced;
}

}  // namespace assay::archive
