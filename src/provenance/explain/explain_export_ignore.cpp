// gitattributes(5) export-ignore: explains why an entry is missing, and nothing else.
#include "provenance/explain/explainer.hpp"

namespace assay::provenance {

std::optional<Explanation> explain_export_ignore(ExplainContext& context) {
  if (context.difference.status != EntryStatus::missing) return std::nullopt;
  if (!context.reference.attributes().export_ignored(context.difference.reference->path)) return std::nullopt;
  return make_explanation(Proof::normalized, "export-ignore", {{"attribute", "export-ignore"}});
}

}  // namespace assay::provenance
