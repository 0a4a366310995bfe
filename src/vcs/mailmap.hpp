// gitmailmap(5): the names and addresses that people want to be known by.
#pragma once
#include <string_view>
#include <utility>

#include "vcs/commit.hpp"

namespace assay::vcs {

/// Author and committer as `mailmap` has them.
std::pair<Signature, Signature> apply_mailmap(const Commit& commit, std::string_view mailmap);

}  // namespace assay::vcs
