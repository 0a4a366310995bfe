// Files of the host as a reference: a plain directory, or the working tree of a repository. Nothing is followed:
// every name is opened relative to its directory's descriptor, and never through a symbolic link.
#pragma once
#include <filesystem>

#include "base/error.hpp"
#include "base/limits.hpp"
#include "vcs/git_tree.hpp"
#include "vcs/snapshot.hpp"

namespace assay::vcs {

/// Read every file below `directory`; anything named `.git` is left out.
Result<Snapshot> read_directory(const std::filesystem::path& directory, const Limits& limits);

/// Read the files of the working tree that the index tracks, as they are on disk.
Result<Snapshot> read_worktree(const RepositoryPlace& place, const Limits& limits);

}  // namespace assay::vcs
