// gitattributes(5) ident: `$Id$` in the blob becomes `$Id: <blob id> $` on checkout. The id is recomputed, not believed.
#include "base/text.hpp"
#include "provenance/explain/explainer.hpp"

namespace assay::provenance {

namespace {

/// `$Id$` with the blob's id, as git writes it; already expanded ones in the blob are replaced as git does.
std::string expand_ident(std::string_view blob, std::string_view oid) {
  std::string expanded;
  while (true) {
    const auto at = blob.find("$Id");
    if (at == std::string_view::npos) return expanded += blob;
    expanded += blob.substr(0, at);
    blob.remove_prefix(at);
    const auto end = blob.find_first_of("$\n", 3);
    const bool keyword =
        blob.size() > 3 && (blob[3] == '$' || (blob[3] == ':' && end != std::string_view::npos && blob[end] == '$'));
    if (!keyword) {
      expanded += blob.substr(0, 3);
      blob.remove_prefix(3);
      continue;
    }
    expanded += "$Id: ";
    expanded += oid;
    expanded += " $";
    blob.remove_prefix(blob[3] == '$' ? 4 : end + 1);
  }
}

}  // namespace

std::optional<Explanation> explain_ident(ExplainContext& context) {
  if (context.difference.status != EntryStatus::modified || context.content == nullptr) return std::nullopt;
  const auto& reference = *context.difference.reference;
  if (reference.kind != EntryKind::regular || !context.reference.attributes().get(reference.path, "ident").is_set())
    return std::nullopt;
  const auto* const blob = context.counterpart();
  if (blob == nullptr || expand_ident(as_text(*blob), reference.digests.git_oid.hex()) != context.text())
    return std::nullopt;
  return make_explanation(Proof::normalized, "ident",
                          {{"attribute", "ident"}, {"blob", reference.digests.git_oid.hex()}});
}

}  // namespace assay::provenance
