// Git LFS: the blob is a pointer that names the content's SHA-256 and size. It is one only
// where an attribute says so: of any other file a checkout has the pointer's text, and version control never had the content.
#include "base/text.hpp"
#include "provenance/explain/explainer.hpp"
#include "provenance/lfs_pointer.hpp"

namespace assay::provenance {

std::optional<Explanation> explain_lfs(ExplainContext& context) {
  if (context.difference.status != EntryStatus::modified) return std::nullopt;
  const auto& reference = *context.difference.reference;
  const auto& subject = *context.difference.subject;
  if (reference.kind != EntryKind::regular || subject.kind == EntryKind::symlink || !subject.sha256_known)
    return std::nullopt;
  if (!context.reference.attributes().get(reference.path, "filter").is_value("lfs")) return std::nullopt;
  const auto* const blob = context.counterpart();
  if (blob == nullptr) return std::nullopt;
  const auto pointer = parse_lfs_pointer(as_text(*blob));
  if (!pointer || pointer->sha256 != subject.digests.sha256 || pointer->size != subject.size) return std::nullopt;
  return make_explanation(Proof::normalized, "lfs",
                          {{"LFS oid", pointer->sha256.hex()}, {"pointer blob", reference.digests.git_oid.hex()}});
}

}  // namespace assay::provenance
