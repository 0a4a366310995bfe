// The same bytes stand at another path of the reference.
#include "provenance/explain/explainer.hpp"

namespace assay::provenance {

std::optional<Explanation> explain_moved(ExplainContext& context) {
  if (context.difference.status != EntryStatus::moved) return std::nullopt;
  const auto& origin = *context.difference.reference;
  return make_explanation(Proof::identical, "moved", {{"path in VCS", origin.path}, {"blob", origin.digests.git_oid.hex()}});
}

}  // namespace assay::provenance
