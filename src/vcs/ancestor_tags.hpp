// The tags that a commit descends from, as git-describe(1) asks for them.
#pragma once
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vcs/commit_walk.hpp"
#include "vcs/repository.hpp"

namespace assay::vcs {

/// Safe on several threads at once. They are found in one walk through the history, the first time that somebody asks: a release may ask
/// in each of its files.
class AncestorTags {
 public:
  AncestorTags(std::shared_ptr<const Repository> repository, const GitOid& commit)
      : m_repository(std::move(repository)), m_commit(commit) {}

  /// The commit's own, as far as these let git describe it by them.
  std::vector<std::string> own(const DescribeOptions& options) const;
  /// How many commits the commit is behind the tag of that name. Nothing if it does not descend from it, or from k_most_counted others
  /// that are nearer, since each takes its time.
  std::optional<std::size_t> commits_since(std::string_view name);
  /// Does it descend from a tag that these let git describe it by? True where commits are absent, and that cannot be told.
  bool has(const DescribeOptions& options);

 private:
  static constexpr std::size_t k_most_counted = 64;
  struct TaggedCommit {
    std::size_t place;  ///< among the commits of m_ancestry
    std::vector<const Tag*> tags;
    std::optional<std::size_t> distance{};  ///< once it was asked for
  };
  void find();

  std::shared_ptr<const Repository> m_repository;
  GitOid m_commit;
  std::mutex m_mutex;
  bool m_found = false;
  std::optional<Ancestry> m_ancestry;   ///< once it was asked for, and where there are tags
  std::vector<TaggedCommit> m_commits;  ///< latest first
  std::map<DescribeOptions, bool> m_described;
};

}  // namespace assay::vcs
