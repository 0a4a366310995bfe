#include "artifact/change_list.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace assay::artifact {

namespace {

/// The words before a token of which they say what it is: "built by" or "allow".
std::string lead_that_counts(const Change& change) {
  constexpr std::size_t k_lead = 24;
  const auto& token = change.token;
  if (token != "version" && token != "account" && token != "random" && token != "revision" && token != "word" &&
      token != "number")
    return {};
  const auto at = change.before.empty() ? std::string::npos : change.context.find(change.before);
  if (at == std::string::npos) return {};
  return change.context.substr(at - std::min(at, k_lead), std::min(at, k_lead));
}

}  // namespace

void ChangeList::add(Change change) {
  // What a token means may depend on how it stands: one in a comment says nothing of one that runs.
  const auto key = std::tuple{
      change.aspect,           change.token, change.before, change.after, setting_of(change.context, change.before),
      lead_that_counts(change)};
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
