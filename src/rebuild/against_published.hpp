// What was built, held against what was published: the artifacts that were given, and the digests that the publisher's record has.
#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "model/finding.hpp"
#include "model/rebuild.hpp"
#include "rebuild/buildinfo.hpp"
#include "rebuild/rebuild.hpp"

namespace assay::rebuild {

inline constexpr std::size_t k_most_shown =
    20;  ///< of what is listed: artifacts, each a comparison, and pieces of evidence

/// Put the artifacts of a build into `result`, each with the published one of its name and its recorded digest, and what was
/// published and not built. Errors: a comparison fails, or nothing that was given corresponds to anything that was built.
Result<void> hold_against_published(const RebuildRequest& request, const BuildInfo& recorded, const BuildOutcome& built,
                                    RebuildResult& result);

/// Of a `result` that was filled so: was there anything to hold it against, and is all of it the same?
bool was_published(const RebuildRequest& request, const RebuildResult& result);
bool reproduces_published(const RebuildRequest& request, const RebuildResult& result);
bool differs_from_published(const RebuiltArtifact& artifact);

/// Where causes of building explain every byte, nothing is left that would hint at another source: that weighs less. Else
/// `younger`, said_of_younger() of this build, is told as well, and explains nothing.
Finding finding_against_published(const std::string& name, const Comparison& against, const std::string& younger);

/// The causes and leftovers of a comparison.
void add_evidence(const Comparison& comparison, std::vector<Evidence>& evidence);

}  // namespace assay::rebuild
