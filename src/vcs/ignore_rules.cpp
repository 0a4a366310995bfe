#include "vcs/ignore_rules.hpp"

#include <git2.h>
#include <git2/sys/repository.h>

#include "base/handle.hpp"
#include "vcs/libgit2.hpp"

namespace assay::vcs {

namespace {

using ConfigPtr = Handle<git_config, git_config_free>;
using RepositoryPtr = Handle<git_repository, git_repository_free>;

}  // namespace

struct IgnoreRules::State {
  const Libgit2 library;
  RepositoryPtr repository;  ///< none if it cannot be opened
};

IgnoreRules::IgnoreRules(const std::filesystem::path& git_dir, const std::filesystem::path& worktree)
    : m_state(std::make_unique<State>()) {
  git_repository* repository = nullptr;
  if (git_repository_open_bare(&repository, git_dir.c_str()) != 0) return;
  RepositoryPtr owned{repository};
  git_config* config = nullptr;
  if (git_config_new(&config) != 0) return;
  const ConfigPtr nothing{config};
  if (git_repository_set_config(repository, config) != 0 ||
      git_repository_set_workdir(repository, worktree.c_str(), 0) != 0)
    return;
  m_state->repository = std::move(owned);
}

IgnoreRules::~IgnoreRules() = default;

bool IgnoreRules::ignores(const std::string& path) const {
  int ignored = 0;
  return m_state->repository && git_ignore_path_is_ignored(&ignored, m_state->repository.get(), path.c_str()) == 0 &&
         ignored == 1;
}

}  // namespace assay::vcs
