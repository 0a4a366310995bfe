// Which files does version control itself speak of, where something is run: by their path, or by their name from where they stand?
#pragma once
#include <string>
#include <unordered_set>
#include <vector>

#include "vcs/reference.hpp"

namespace assay::provenance {

/// Those of `wanted` (paths of the reference) that an executed file outside of `wanted` names: from the top, from its own directory, or
/// behind a variable by two components of the path at least. A bare name behind a variable counts if no other file has it. Lines that are
/// comments say nothing.
std::unordered_set<std::string> files_named_by_executed(const vcs::Reference& reference,
                                                        const std::vector<std::string>& wanted);

}  // namespace assay::provenance
