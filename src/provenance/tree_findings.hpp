// What no proof of a file speaks of: what is not there, may not be run, or is no file.
#pragma once
#include "provenance/reference_choice.hpp"

namespace assay::provenance {

void add_findings_of_the_tree(const Compared& compared, const TreeManifest& subject, const vcs::Reference& reference,
                              Assessment& assessment);

}  // namespace assay::provenance
