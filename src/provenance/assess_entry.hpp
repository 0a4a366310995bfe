// One difference → one assessed entry, and the finding that says so where it is not proven.
#pragma once
#include <optional>

#include "inspect/content_type.hpp"
#include "model/assessment.hpp"
#include "provenance/explain/explainer.hpp"

namespace assay::provenance {

class JudgingAhead;

/// Everything that stays the same from one difference to the next.
struct AssessEnvironment {
  const vcs::Reference& reference;
  const KnownFiles& known;
  const compare::PathMapping& mapping;
  NoveltyMeter& novelty;
  inspect::ContentTyper& typer;
  Answers& answers;
  const Regeneration* regeneration = nullptr;
  const ReleaseClaims* release = nullptr;
  const TreeManifest* subject = nullptr;
  JudgingAhead* ahead = nullptr;  ///< null if nothing was done ahead
};

/// Run the explainers over `difference`. `content` is the subject's, or null if there is none to look at.
AssessedEntry assess_entry(const compare::Difference& difference, const Bytes* content,
                           const AssessEnvironment& environment);

/// The finding an entry that is not proven gives rise to; nothing for a proven or a missing one. `content` as above.
std::optional<Finding> finding_for(const AssessedEntry& entry, const compare::Difference& difference,
                                   const Bytes* content);

}  // namespace assay::provenance
