// What a comparison cannot see: hidden data in files that version control has as well, and what the scripts of the
// release do with the bytes of unexplained files.
#pragma once
#include <functional>

#include "inspect/blob/trial.hpp"
#include "inspect/chain.hpp"
#include "inspect/content/content_rules.hpp"
#include "inspect/text/texts_ahead.hpp"
#include "model/assessment.hpp"
#include "provenance/release_tree.hpp"

namespace assay::provenance {

struct InspectionRequest {
  inspect::Effort effort = inspect::Effort::normal;
  inspect::ChainPolicy policy;
  std::function<const inspect::ContentRules*()> content_rules{};  ///< asked only if there is a text to put to them
};

/// Inspect the unexplained files, and of those in version control the binary ones and the build scripts; add findings,
/// chains and gaps to `assessment`, whose entries are complete. Scripts are followed only if one of them could move
/// bytes at all (inspect::may_move_bytes()), or always at the highest effort. `ahead`: what is known of texts already, finished; may be
/// null.
void inspect_release(ReleaseTree& tree, const InspectionRequest& request, const Limits& limits,
                     const inspect::TextsAhead* ahead, Assessment& assessment);

}  // namespace assay::provenance
