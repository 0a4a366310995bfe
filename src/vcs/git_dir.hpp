// Where a repository is, and how it is stored (gitrepository-layout(5)): what has to be known before anything is read of it.
#pragma once
#include <filesystem>
#include <optional>
#include <string>

#include "base/error.hpp"
#include "digest/digest.hpp"

namespace assay::vcs {

/// What lies at a path.
struct GitDir {
  std::filesystem::path git_dir;
  std::filesystem::path worktree;  ///< empty for a bare repository
};

/// The git directory of a repository at `path`: the directory itself, its `.git` directory, or what its `.git` file
/// names. Nothing if there is no sign of a repository; an Error if there is one that cannot be followed.
Result<std::optional<GitDir>> find_git_dir(const std::filesystem::path& path);

/// Where objects, refs and modules are: the git directory but for worktrees.
std::filesystem::path common_dir_of(const std::filesystem::path& git_dir);

/// The hash that names the objects. Errors: objects or refs are stored in a way that cannot be read.
Result<GitHash> object_format_of(const std::filesystem::path& common_dir);

/// An Error if the repository holds a FIFO or a device where git expects a file: reading it would wait for ever.
Result<void> refuse_special_files(const std::filesystem::path& git_dir, const std::filesystem::path& common_dir);

/// The first line of a small file, without blanks at its end.
Result<std::string> read_line(const std::filesystem::path& file);

}  // namespace assay::vcs
