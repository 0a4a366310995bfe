// What a report for an analyst shows beside the findings: the lines and bytes they point at, and the entropy along blobs.
// Gathered afterwards and only if a report shows it: the files that findings name are read once more.
#pragma once
#include "inspect/scan.hpp"
#include "model/assessment.hpp"

namespace assay::inspect {

/// Fill `assessment.exhibits` from the artifact that `request` names. What is no longer there, or too large, is counted
/// in Exhibits::left_out. An Error only if the artifact cannot be opened.
Result<void> gather_exhibits(const ScanRequest& request, Assessment& assessment);

/// The same from a tree that is open; `request.limits` bounds what is held.
void gather_exhibits(const ScanRequest& request, TreeAccess& tree, Assessment& assessment);

}  // namespace assay::inspect
