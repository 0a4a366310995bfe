// A git repository opened for reading objects and refs.
//
// Nothing of the repository's configuration is honoured; the user's and the system's are kept out likewise. What says how
// objects are stored (core.repositoryFormatVersion, extensions.*) is read beforehand, to choose who reads them and to refuse
// what cannot be read. Ids are verified against content whenever an object is read (collision-detecting SHA-1, or SHA-256).
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/error.hpp"
#include "digest/digest.hpp"
#include "vcs/commit.hpp"
#include "vcs/git_dir.hpp"
#include "vcs/ignore_rules.hpp"
#include "vcs/index_file.hpp"
#include "vcs/object_store.hpp"
#include "vcs/stored_refs.hpp"

namespace assay::vcs {

struct Tag {
  std::string name;  ///< without refs/tags/
  GitOid commit;
  bool annotated = false;
  GitOid object{};  ///< the tag object if it is annotated, else the commit
};

class Repository {
 public:
  /// Open the repository whose git directory is at `git_dir` (see find_git_dir()).
  static Result<std::shared_ptr<const Repository>> open(const std::filesystem::path& git_dir);

  /// The hash that its ids are of.
  GitHash hash() const noexcept { return m_hash; }

  /// Read an object. Errors: absent (not_found), of another type or damaged (format), larger than `max_size` (limit).
  Result<ObjectContent> read(const GitOid& id, ObjectType type, std::uint64_t max_size) const;
  bool has(const GitOid& id) const { return m_objects->has(id); }
  /// True if no other object's id starts with the first `digits` digits of `id`.
  bool is_unique_prefix(const GitOid& id, std::size_t digits) const;

  /// The commit that `revision` (gitrevisions(7)) leads to. Errors: not_found, or usage for a tree, a blob or an
  /// ambiguous abbreviation; format or not_found with "lacks" if the commit's object cannot be read.
  Result<GitOid> resolve(std::string_view revision) const;
  Result<Commit> commit(const GitOid& id) const;

  /// Tags that lead to commits, by name. Read once: to the end of a run they are what they were at the first question.
  const std::vector<Tag>& tags() const;
  /// True if `earlier` is `later` or an ancestor of it. Absent commits lead to nothing.
  bool descends_from(const GitOid& later, const GitOid& earlier) const;
  /// Short names of branches and remote branches.
  std::vector<std::string> branches() const;
  /// Commits that HEAD, branches, remote branches and tags lead to, without duplicates. Other refs (pull requests of
  /// strangers, notes, stashes) do not count: what they hold was never accepted by the upstream.
  std::vector<GitOid> tips() const;
  /// Commits that branches and tags lead to; those of remote branches are not its own.
  std::vector<GitOid> own_tips() const;
  /// True if `commit` is one of tips() or an ancestor of one.
  bool is_accepted(const GitOid& commit) const;
  /// True if it is an ancestor of a tag or of the default branch, here (HEAD, main, master) or where this was cloned from.
  bool is_in_main_history(const GitOid& commit) const;
  bool is_shallow() const;
  /// How to get an object that is not there.
  std::string lacking_remedy() const;

  Result<std::vector<IndexEntry>> read_index() const;
  /// Is the untracked `path` (a slash at its end for a directory) ignored by the .gitignore files of `worktree`?
  bool is_ignored(const std::filesystem::path& worktree, const std::string& path) const;

  const std::filesystem::path& git_dir() const noexcept { return m_git_dir; }
  /// Where objects, refs and modules are: the git directory but for worktrees.
  const std::filesystem::path& common_dir() const noexcept { return m_common_dir; }

  Repository(const Repository&) = delete;
  Repository& operator=(const Repository&) = delete;

 private:
  Repository(std::filesystem::path git_dir, std::filesystem::path common_dir, GitHash hash);
  std::vector<Tag> read_tags() const;
  std::optional<GitOid> commit_of(const StoredRef& ref) const;
  std::vector<GitOid> commits_of(std::initializer_list<std::string_view> prefixes, bool with_head) const;

  std::filesystem::path m_git_dir;
  std::filesystem::path m_common_dir;
  GitHash m_hash;
  StoredRefs m_refs;
  std::unique_ptr<ObjectStore> m_objects;
  mutable std::mutex m_peeled_mutex;
  mutable std::unordered_map<GitOid, std::optional<GitOid>> m_peeled;  ///< to commits, what refs lead to
  mutable std::once_flag m_tags_read;
  mutable std::vector<Tag> m_tags;
  mutable std::once_flag m_ignore_read;
  mutable std::unique_ptr<IgnoreRules> m_ignore;
};

}  // namespace assay::vcs
