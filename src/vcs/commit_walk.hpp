// What leads to what: questions about the graph of commits. Each reads as much of it as the answer takes, newest first.
#pragma once
#include <cstddef>
#include <functional>
#include <optional>
#include <vector>

#include "digest/digest.hpp"

namespace assay::vcs {

class Repository;

/// How many commits `later` has that `earlier` has not, if `earlier` is an ancestor of it; nothing if it is none, or
/// commits are absent.
std::optional<std::size_t> commits_between(const Repository& repository, const GitOid& earlier, const GitOid& later);

/// Is `commit` one of `tips` or an ancestor of one? Absent commits lead to nothing.
bool reaches(const Repository& repository, const std::vector<GitOid>& tips, const GitOid& commit);

/// The commit and all that it descends from, the latest first. False if one of them is absent: what came before it was not met.
bool walk_ancestors(const Repository& repository, const GitOid& commit, const std::function<void(const GitOid&)>& take);

}  // namespace assay::vcs
