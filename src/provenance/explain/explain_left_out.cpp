// The project's own recipe for releases, run on VCS, leaves the file out too: it explains why an entry is missing, and nothing else.
#include "provenance/explain/explainer.hpp"
#include "provenance/regeneration.hpp"

namespace assay::provenance {

std::optional<Explanation> explain_left_out(ExplainContext& context) {
  if (context.difference.status != EntryStatus::missing || context.regeneration == nullptr) return std::nullopt;
  if (!context.regeneration->has_most_of_the_tree || !context.mapping.reference_subdir.empty() ||
      context.regeneration->released.contains(context.difference.reference->path))
    return std::nullopt;
  return make_explanation(Proof::regenerated, "left-out",
                          {{"recipe", context.regeneration->recipe}, {"made", "a release without it"}});
}

}  // namespace assay::provenance
