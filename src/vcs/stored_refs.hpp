// Refs as a repository stores them: one file each, or many in packed-refs (gitrepository-layout(5), git-pack-refs(1)).
//
// libgit2 goes through all refs of a repository for each question about some; curl's has 17,700 of pull requests beside 245
// branches and tags, and that took 17 ms.
#pragma once
#include <cstddef>
#include <cstdint>
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
};

/// The refs of a packed-refs file. Lines that are none are passed over, so are ids of another hash; of two of the same name the
/// last counts. What it says of where annotated tags lead (`^id`) is left unread: only the tags themselves can tell.
class PackedRefs {
 public:
  PackedRefs() = default;
  PackedRefs(Bytes file, GitHash hash);

  std::optional<GitOid> find(std::string_view name) const;
  /// Those whose names begin with `prefix`, by name.
  std::vector<StoredRef> below(std::string_view prefix) const;

 private:
  std::string_view name_at(std::uint32_t line) const;
  GitOid target_at(std::uint32_t line) const;
  std::vector<std::uint32_t>::const_iterator first_from(std::string_view name) const;

  Bytes m_file;
  std::size_t m_hex_size = 0;
  std::vector<std::uint32_t> m_lines;  ///< where they begin, by name
};

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

  /// The object that the ref of that full name leads to, through symbolic refs; nothing if there is none that can be read.
  std::optional<GitOid> target(std::string_view name) const;
  /// Those whose names begin with `prefix`, a million at most; what cannot be read is none.
  std::vector<StoredRef> below(std::string_view prefix) const;

 private:
  struct Loose;
  std::optional<Loose> read_loose(std::string_view name) const;
  const PackedRefs& packed() const;

  std::filesystem::path m_git_dir;
  std::filesystem::path m_common_dir;
  GitHash m_hash;
  mutable std::once_flag m_packed_read;
  mutable PackedRefs m_packed;
};

}  // namespace assay::vcs
