#include "artifact/change_list.hpp"

#include <fmt/format.h>

namespace assay::artifact {

void ChangeList::add(Change change) {
  // What a token means may depend on how it stands: one in a comment says nothing of one that runs.
  const auto key =
      std::tuple{change.aspect, change.token, change.before, change.after, setting_of(change.context, change.before)};
  if (const auto found = m_index.find(key); found != m_index.end()) {
    auto& merged = m_changes[found->second];
    merged.count += change.count;
    merged.bytes += change.bytes;
    return;
  }
  if (m_changes.size() >= k_most_distinct) {
    ++m_left_out;
    m_left_out_bytes += change.bytes;
    return;
  }
  m_index.emplace(key, m_changes.size());
  m_changes.push_back(std::move(change));
}

std::vector<Change> ChangeList::finish() {
  if (m_left_out > 0) {
    Change rest;
    rest.place = fmt::format("{} further changes", m_left_out);
    rest.count = m_left_out;
    rest.bytes = m_left_out_bytes;
    m_changes.push_back(std::move(rest));
  }
  return std::move(m_changes);
}

}  // namespace assay::artifact
