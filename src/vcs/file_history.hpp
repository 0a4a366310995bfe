// Where files of a revision come from: the commit that gave each its present content, what else that commit did, and
// whether its author did anything else.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "vcs/commit.hpp"

namespace assay::vcs {

struct FileOrigin {
  std::string path;
  bool found = false;  ///< else its content is older than the walk went
  bool added = false;  ///< the commit added the file; else it rewrote it
  GitOid commit;
  Signature author;
  Signature committer;
  std::string subject;               ///< first line of the message
  std::vector<std::string> touched;  ///< paths the commit changed, this one among them; at most k_touched_most
  bool touched_all = true;           ///< `touched` holds all of them
  std::uint64_t author_commits = 0;  ///< commits of the same author (by e-mail address) among those walked
};

inline constexpr std::size_t k_touched_most = 200;

struct FileOrigins {
  std::vector<FileOrigin> files;   ///< in the order asked for; those that the revision has
  std::uint64_t walked = 0;        ///< commits that were read to count authors, newest first
  std::int64_t revision_time = 0;  ///< committer time of the revision
};

/// Follow `paths` back from `commit` (hex) in the repository at `repository`, at most `max_commits` commits each, and
/// count the authors of the last `max_commits`. Errors: no git repository, the commit is not in it.
Result<FileOrigins> origins_of(const std::filesystem::path& repository, std::string_view commit,
                               const std::vector<std::string>& paths, std::uint64_t max_commits);

}  // namespace assay::vcs
