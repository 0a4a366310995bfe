// The whole history of a repository as the set of files it ever held. Branches and tags count; other references (pull
// requests of strangers, notes, stashes, replacements) do not: what they hold was never accepted by the upstream.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "digest/digest.hpp"

namespace assay::vcs {

/// One distinct (path, blob) pair of a history.
struct HistoryFile {
  std::string_view path;  ///< valid during the call only
  GitOid oid;
  std::int64_t first_seen = 0;  ///< committer time of the earliest commit that has it, seconds since the epoch
  bool is_link = false;         ///< a symbolic link; its blob is the target
};

/// An open repository. Not to be shared between threads: open one per thread.
class History {
 public:
  /// Open a repository, bare or not. Errors: none there, or of a format that cannot be read.
  static Result<History> open(const std::filesystem::path& repository);
  ~History();
  History(History&&) noexcept;
  History& operator=(History&&) noexcept;

  /// The commit HEAD stands at; nothing if it is unborn.
  std::optional<GitOid> head() const;
  /// Commits that branches and tags name, without those that another of them descends from; sorted.
  Result<std::vector<GitOid>> tips() const;
  /// Visit every (path, blob) pair of all commits that the `tips` descend from, each pair once. Errors: a commit or
  /// tree is absent (shallow or partial clones).
  Result<void> walk(const std::vector<GitOid>& tips, const std::function<void(const HistoryFile&)>& visit) const;
  /// The content of a blob; an Error of code `limit` if it is larger than `max_size`.
  Result<Bytes> read_blob(const GitOid& oid, std::uint64_t max_size) const;

 private:
  struct Impl;
  explicit History(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> m_impl;
};

}  // namespace assay::vcs
