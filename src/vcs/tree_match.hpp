// Which commit is a release made from? The one whose tree has the most of the release's blobs.
#pragma once
#include <cstdint>
#include <vector>

#include "base/error.hpp"
#include "base/limits.hpp"
#include "vcs/reference.hpp"
#include "vcs/repository.hpp"

namespace assay::vcs {

/// See ReferenceSource::best_match().
Result<ReferenceSource::BestMatch> find_best_match(const Repository& repository, const std::vector<Tag>& tags,
                                                   const std::vector<TreeEntry>& subject, const Limits& limits);

}  // namespace assay::vcs
