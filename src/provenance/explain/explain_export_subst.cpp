// gitattributes(5) export-subst: `$Format:…$` is expanded by `git archive`. Each expansion is recomputed from the commit;
// any unambiguous abbreviation length is accepted, because git's own default depends on the repository's size.
#include "provenance/explain/explainer.hpp"

namespace assay::provenance {

namespace {

constexpr std::string_view k_open = "$Format:";

/// Walk the blob and the subject side by side: literal text must agree byte for byte, and each `$Format:X$` must stand
/// for what the reference says X expands to. How many there were; nothing if they disagree.
std::optional<unsigned> match_expansions(std::string_view blob, std::string_view text,
                                         const vcs::Reference& reference) {
  unsigned expansions = 0;
  while (true) {
    const auto at = blob.find(k_open);
    const auto literal = blob.substr(0, at);
    if (!text.starts_with(literal)) return std::nullopt;
    text.remove_prefix(literal.size());
    if (at == std::string_view::npos) return text.empty() ? std::optional{expansions} : std::nullopt;
    blob.remove_prefix(at + k_open.size());
    const auto close = blob.find('$');
    if (close == std::string_view::npos) return std::nullopt;
    const auto format = blob.substr(0, close);
    blob.remove_prefix(close + 1);
    // The expansion ends where the literal text behind it begins; try each place, shortest first.
    const auto next = blob.substr(0, blob.find(k_open));
    const auto anchor = next.substr(0, 64);
    bool matched = false;
    constexpr std::size_t k_longest_expansion = 64 * 1024;
    for (std::size_t end = anchor.empty() ? text.size() : text.find(anchor);
         end != std::string_view::npos && end <= k_longest_expansion; end = text.find(anchor, end + 1)) {
      if (reference.format_matches(format, text.substr(0, end))) {
        text.remove_prefix(end);
        matched = true;
        break;
      }
      if (anchor.empty()) break;
    }
    if (!matched) return std::nullopt;
    ++expansions;
  }
}

}  // namespace

std::optional<Explanation> explain_export_subst(ExplainContext& context) {
  if (context.difference.status != EntryStatus::modified || context.content == nullptr) return std::nullopt;
  const auto& reference = *context.difference.reference;
  if (reference.kind != EntryKind::regular ||
      !context.reference.attributes().get(reference.path, "export-subst").is_set())
    return std::nullopt;
  const auto* const blob = context.counterpart();
  if (blob == nullptr) return std::nullopt;
  const auto expansions = match_expansions(as_text(*blob), context.text(), context.reference);
  if (!expansions || *expansions == 0) return std::nullopt;
  return make_explanation(Proof::normalized, "export-subst",
                          {{"attribute", "export-subst"},
                           {"expansions recomputed", std::to_string(*expansions)},
                           {"blob", reference.digests.git_oid.hex()}});
}

}  // namespace assay::provenance
