// The tags that a commit descends from, as git-describe(1) asks for them.
#pragma once
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "vcs/repository.hpp"

namespace assay::vcs {

/// Safe on several threads at once. Each question is a walk through the history, and a release may ask it in each of its files: what was
/// found out is kept.
class AncestorTags {
 public:
  AncestorTags(std::shared_ptr<const Repository> repository, const GitOid& commit)
      : m_repository(std::move(repository)), m_commit(commit) {}

  /// How many commits the commit is behind the tag of that name. Nothing if it does not descend from it, or once k_most_walks others
  /// were asked for: whoever names so many means something else.
  std::optional<std::size_t> commits_since(std::string_view name);
  /// Does it descend from a tag that these let git describe it by? True once k_most_walks others were asked for.
  bool has(const DescribeOptions& options);

 private:
  static constexpr std::size_t k_most_walks = 64;

  std::shared_ptr<const Repository> m_repository;
  GitOid m_commit;
  std::mutex m_mutex;
  std::map<GitOid, std::optional<std::size_t>> m_distances;  ///< by the commit of a tag
  std::map<DescribeOptions, bool> m_described;
};

}  // namespace assay::vcs
