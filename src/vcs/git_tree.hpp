// The tree of a commit, recursively, submodules included where their objects are at hand.
#pragma once
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/error.hpp"
#include "base/limits.hpp"
#include "model/finding.hpp"
#include "vcs/attributes.hpp"
#include "vcs/config_text.hpp"
#include "vcs/repository.hpp"
#include "vcs/snapshot.hpp"

namespace assay::vcs {

/// A repository and, if it has one, the directory it is checked out in: submodules may be found through either.
struct RepositoryPlace {
  std::shared_ptr<const Repository> repository;
  std::filesystem::path worktree;  ///< empty for a bare repository
  std::vector<std::shared_ptr<const Repository>>
      elsewhere{};  ///< that the user named: commits of submodules may stand there
};

struct TreeContents {
  std::vector<TreeEntry> entries;
  Attributes attributes;
  Coverage coverage;
  std::string mailmap;                                          ///< content of the tree's .mailmap
  std::vector<std::shared_ptr<const Repository>> repositories;  ///< that hold its blobs, the superproject first
};

/// Read the tree `tree`. An Error if it cannot be read at all; what is wrong further down is a coverage gap.
Result<TreeContents> read_tree(const RepositoryPlace& place, const GitOid& tree, const Limits& limits);

/// The content of a blob from the first repository that has it.
Result<Bytes> read_blob(const std::vector<std::shared_ptr<const Repository>>& repositories, const GitOid& id,
                        std::uint64_t max_size);

/// Repositories of submodules, each opened once: thousands of paths may lead to one.
class OpenedRepositories {
 public:
  /// Null if it cannot be opened.
  std::shared_ptr<const Repository> at(const std::filesystem::path& git_dir);

 private:
  std::map<std::filesystem::path, std::shared_ptr<const Repository>> m_opened;
};

/// Names of submodules by their paths.
using SubmoduleNames = std::unordered_map<std::string, std::string>;

/// The repository of the submodule at `path` that holds `commit`, looked for in the superproject's `modules` directory
/// and in its working tree, never outside of either, never through a symbolic link; then in those that the user named. Where the
/// objects come from does not matter: the superproject names the commit by its id.
std::optional<RepositoryPlace> find_submodule(const RepositoryPlace& superproject, const std::string& path,
                                              const SubmoduleNames& names, const GitOid& commit,
                                              OpenedRepositories& repositories);

}  // namespace assay::vcs
