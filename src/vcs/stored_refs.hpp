// Refs as a repository stores them: one file each, or many in packed-refs (gitrepository-layout(5), git-pack-refs(1)).
//
// libgit2 goes through all refs of a repository for each question about some; curl's has 17,700 of pull requests beside 245
// branches and tags, and that took 17 ms.
#pragma once
#include <cstddef>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "digest/digest.hpp"

namespace assay::vcs {

struct StoredRef {
  std::string name;
  std::optional<GitOid> target;  ///< none if it is symbolic
  std::optional<GitOid> peeled;  ///< where the annotated tag leads, if that is known
};

/// Those of `packed_refs` whose names begin with `prefix`, by name. Lines that are none are passed over, so are ids of another
/// hash; of two of the same name the last counts.
std::vector<StoredRef> parse_packed_refs(ByteView packed_refs, std::string_view prefix, GitHash hash = GitHash::sha1);

/// The names of files below `common_dir` that begin with `prefix` ("refs/tags/"), sorted; no more than `most`. Links to
/// directories are not followed, locks are no refs.
std::vector<std::string> loose_refs(const std::filesystem::path& common_dir, std::string_view prefix, std::size_t most);

/// True for what git-check-ref-format(1) lets a ref be called: "refs/…", or one word of capitals such as HEAD.
bool is_ref_name(std::string_view name);

/// The refs of one repository. Safe on several threads at once.
class StoredRefs {
 public:
  /// `git_dir` has the refs that each worktree has for itself, HEAD above all.
  StoredRefs(std::filesystem::path git_dir, std::filesystem::path common_dir, GitHash hash);

  /// What the ref of that full name is; nothing if there is none that can be read.
  std::optional<StoredRef> find(std::string_view name) const;
  /// The object that it leads to, through symbolic refs.
  std::optional<GitOid> target(std::string_view name) const;
  /// Those whose names begin with `prefix`, a million at most; what cannot be read is none.
  std::vector<StoredRef> below(std::string_view prefix) const;

 private:
  struct Loose;
  std::optional<Loose> read_loose(std::string_view name) const;
  ByteView packed() const;

  std::filesystem::path m_git_dir;
  std::filesystem::path m_common_dir;
  GitHash m_hash;
  mutable std::once_flag m_packed_read;
  mutable Bytes m_packed;
};

}  // namespace assay::vcs
