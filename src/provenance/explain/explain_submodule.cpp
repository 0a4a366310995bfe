// A submodule is a commit id in the tree. Its files, where its objects are at hand, are compared one by one; the entry
// itself carries no bytes a tarball could contain.
#include "provenance/explain/explainer.hpp"

namespace assay::provenance {

namespace {

bool has_entry_below(const TreeManifest& manifest, const std::string& directory) {
  const auto prefix = directory + "/";
  const auto& entries = manifest.entries();
  const auto it = std::lower_bound(entries.begin(), entries.end(), prefix,
                                   [](const TreeEntry& entry, const std::string& wanted) { return entry.path < wanted; });
  return it != entries.end() && it->path.starts_with(prefix);
}

}  // namespace

std::optional<Explanation> explain_submodule(ExplainContext& context) {
  const auto* reference = context.difference.reference;
  if (context.difference.status != EntryStatus::missing || reference == nullptr) return std::nullopt;
  if (reference->kind != EntryKind::submodule) return std::nullopt;
  // Without its objects the reference has recorded a coverage gap; then nothing is explained here.
  if (!has_entry_below(context.reference.manifest(), reference->path)) return std::nullopt;
  return make_explanation(Proof::normalized, "submodule", {{"commit", reference->digests.git_oid.hex()}});
}

}  // namespace assay::provenance
