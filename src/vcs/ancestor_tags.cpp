#include "vcs/ancestor_tags.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

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

void AncestorTags::find() {
  if (std::exchange(m_found, true)) return;
  std::unordered_map<GitOid, std::vector<const Tag*>> tagged;
  for (const auto& tag : m_repository->tags()) tagged[tag.commit].push_back(&tag);
  if (tagged.empty()) return;
  m_ancestry.emplace(*m_repository, m_commit);
  for (std::size_t place = 0; place < m_ancestry->commits().size(); ++place)
    if (const auto found = tagged.find(m_ancestry->commits()[place]); found != tagged.end())
      m_commits.push_back({place, std::move(found->second)});
}

std::vector<std::string> AncestorTags::own(const DescribeOptions& options) const {
  std::vector<std::string> names;
  for (const auto& tag : m_repository->tags())
    if (tag.commit == m_commit && may_name(options, tag)) names.push_back(tag.name);
  return names;
}

std::optional<std::size_t> AncestorTags::commits_since(std::string_view name) {
  const std::scoped_lock lock{m_mutex};
  find();
  for (std::size_t i = 0; i < std::min(m_commits.size(), k_most_counted); ++i) {
    auto& commit = m_commits[i];
    if (std::none_of(commit.tags.begin(), commit.tags.end(), [&](const Tag* tag) { return tag->name == name; }))
      continue;
    if (!commit.distance) commit.distance = m_ancestry->commits_since(commit.place);
    return commit.distance;
  }
  return std::nullopt;
}

bool AncestorTags::has(const DescribeOptions& options) {
  const std::scoped_lock lock{m_mutex};
  find();
  const auto known = m_described.find(options);
  if (known != m_described.end()) return known->second;
  return m_described[options] = (m_ancestry && !m_ancestry->whole()) ||
                                std::any_of(m_commits.begin(), m_commits.end(), [&](const TaggedCommit& commit) {
                                  return std::any_of(commit.tags.begin(), commit.tags.end(),
                                                     [&](const Tag* tag) { return may_name(options, *tag); });
                                });
}

}  // namespace assay::vcs
