// gitignore(5), through libgit2: which untracked files of a working tree are meant to be untracked.
#pragma once
#include <filesystem>
#include <memory>
#include <string>

namespace assay::vcs {

class IgnoreRules {
 public:
  /// Nothing is read of the repository's configuration or objects, whatever their format.
  IgnoreRules(const std::filesystem::path& git_dir, const std::filesystem::path& worktree);
  ~IgnoreRules();
  IgnoreRules(const IgnoreRules&) = delete;
  IgnoreRules& operator=(const IgnoreRules&) = delete;

  /// Is the untracked `path` (a slash at its end for a directory) ignored by the .gitignore files of the working tree?
  bool ignores(const std::string& path) const;

 private:
  struct State;
  std::unique_ptr<State> m_state;
};

}  // namespace assay::vcs
