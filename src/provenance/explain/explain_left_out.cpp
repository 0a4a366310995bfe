// The project's own recipe for releases, run on VCS, leaves the file out too: it explains why an entry is missing, and nothing else.
#include "provenance/explain/explainer.hpp"
#include "provenance/regeneration.hpp"

namespace assay::provenance {

std::optional<Explanation> explain_left_out(ExplainContext& context) {
  if (context.difference.status != EntryStatus::missing || context.regeneration == nullptr) return std::nullopt;
  const auto& released = context.regeneration->released;
  if (released.empty() || !context.mapping.reference_subdir.empty() ||
      released.contains(context.difference.reference->path))
    return std::nullopt;
  return make_explanation(Proof::regenerated, "left-out",
                          {{"recipe", context.regeneration->recipe}, {"made", "a release without it"}});
}

}  // namespace assay::provenance
