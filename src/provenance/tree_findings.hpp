// What no proof of a file speaks of: what is not there, may not be run, or is no file.
#pragma once
#include "provenance/reference_choice.hpp"
#include "provenance/release_tree.hpp"

namespace assay::provenance {

/// `whole`: the archive was read to its end; of one that was not, nobody can say what is missing.
void add_findings_of_the_tree(const Compared& compared, const TreeManifest& subject, bool whole,
                              const vcs::Reference& reference, Assessment& assessment);

/// Files that are one byte for byte with version control, and yet not what its users have: pointers of Git LFS.
void add_finding_of_pointers(const ReleaseTree& release, const compare::PathMapping& mapping,
                             const vcs::Reference& reference, Assessment& assessment);

}  // namespace assay::provenance
