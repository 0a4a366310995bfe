// What no proof of a file speaks of: what is not there, may not be run, or is no file.
#pragma once
#include "provenance/reference_choice.hpp"

namespace assay::provenance {

/// `whole`: the archive was read to its end; of one that was not, nobody can say what is missing.
void add_findings_of_the_tree(const Compared& compared, const TreeManifest& subject, bool whole,
                              const vcs::Reference& reference, Assessment& assessment);

}  // namespace assay::provenance
