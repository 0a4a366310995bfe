// What stands below a submodule whose objects are not at hand belongs to another repository: whether it is as in that one nobody looked.
#include <fmt/format.h>

#include "base/text.hpp"
#include "provenance/explain/explainer.hpp"

namespace assay::provenance {

std::optional<Explanation> explain_submodule(ExplainContext& context) {
  if (context.difference.status != EntryStatus::added) return std::nullopt;
  for (auto path = path_dirname(context.reference_path); !path.empty(); path = path_dirname(path)) {
    const auto* entry = context.reference.manifest().find(path);
    if (entry != nullptr && entry->kind == EntryKind::submodule)
      return make_explanation(
          Proof::unexplained, k_of_submodule,
          {{"not checked", fmt::format("it belongs to submodule {} at commit {}, which is not at hand",
                                       escape_for_display(path), entry->digests.git_oid.hex())}});
  }
  return std::nullopt;
}

}  // namespace assay::provenance
