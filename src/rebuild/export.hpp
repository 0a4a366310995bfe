// The VCS tree, and as much of its history as `git log` and `git describe` need, on their way into the sandbox.
#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/file.hpp"
#include "digest/digest.hpp"
#include "vcs/reference.hpp"

namespace assay::rebuild {

/// What git in the sandbox may know of the repository: its objects (read-only), the commit, and the tags up to its time.
struct History {
  std::vector<std::pair<std::filesystem::path, std::string>> objects;  ///< object directories: host → sandbox
  std::string head;                                                    ///< the commit, hexadecimal
  std::string packed_refs;                                             ///< content of that file
  std::string shallow;  ///< content of that file; empty if the repository has all of its history
  GitHash hash = GitHash::sha1;
};

/// Nothing for a directory, or if the repository cannot be opened.
std::optional<History> history_of(const std::filesystem::path& repository, const vcs::Reference& reference);

/// A gnulib tree to be laid beside or into the project's.
struct GnulibTree {
  std::unique_ptr<vcs::Reference> reference;
  std::string inside;  ///< directory in the sandbox's /build: "src/gnulib" for the submodule, else "gnulib"
};

/// Open the gnulib at `place`: at the commit of the project's submodule of that name if it has one, else its HEAD or, for a
/// directory, as it is.
Result<GnulibTree> open_gnulib(const std::filesystem::path& place, const vcs::Reference& reference,
                               const Limits& limits);

/// A file to be laid beside the tree or into it.
struct ExtraFile {
  std::string inside;  ///< its path in the sandbox's /build
  const Bytes* content = nullptr;
};

/// Write everything as a tar archive for /build into an unnamed temporary file, positioned at its start. All files bear the
/// time `mtime`. Files whose content cannot be read (a clone that lacks objects) are left out and named in `unreadable`. Errors: no space.
Result<UniqueFd> export_tree(const vcs::Reference& reference, const std::optional<History>& history,
                             const GnulibTree* gnulib, std::span<const ExtraFile> extra, std::int64_t mtime,
                             std::vector<std::string>& unreadable);

/// The tree's files alone, without a leading directory.
Result<UniqueFd> export_files(const vcs::Reference& reference, std::int64_t mtime);

/// An unnamed temporary file.
Result<UniqueFd> temporary_file();

}  // namespace assay::rebuild
