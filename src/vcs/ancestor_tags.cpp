#include "vcs/ancestor_tags.hpp"

#include <algorithm>
#include <unordered_set>

#include "base/glob.hpp"

namespace assay::vcs {

namespace {

bool may_name(const DescribeOptions& options, const Tag& tag) {
  if (!tag.annotated && !options.lightweight) return false;
  const auto fits = [&](const std::string& pattern) { return glob_match_any(pattern, tag.name); };
  return (options.match.empty() || std::any_of(options.match.begin(), options.match.end(), fits)) &&
         std::none_of(options.exclude.begin(), options.exclude.end(), fits);
}

}  // namespace

std::optional<std::size_t> AncestorTags::commits_since(std::string_view name) {
  const auto& tags = m_repository->tags();
  const auto tag = std::find_if(tags.begin(), tags.end(), [&](const Tag& each) { return each.name == name; });
  if (tag == tags.end()) return std::nullopt;
  const std::scoped_lock lock{m_mutex};
  const auto known = m_distances.find(tag->commit);
  if (known != m_distances.end()) return known->second;
  if (m_distances.size() >= k_most_walks) return std::nullopt;
  return m_distances[tag->commit] = m_repository->commits_since(tag->commit, m_commit);
}

bool AncestorTags::has(const DescribeOptions& options) {
  const std::scoped_lock lock{m_mutex};
  const auto known = m_described.find(options);
  if (known != m_described.end()) return known->second;
  if (m_described.size() >= k_most_walks) return true;
  std::unordered_set<GitOid> tagged;
  for (const auto& tag : m_repository->tags())
    if (may_name(options, tag)) tagged.insert(tag.commit);
  return m_described[options] = m_repository->descends_from_any(m_commit, tagged);
}

}  // namespace assay::vcs
