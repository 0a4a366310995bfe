// The same bytes stand at another path of the reference. That proves the bytes, not that they belong where they stand now: a
// fixture or document that became something the build runs stays unexplained.
#include "provenance/explain/explainer.hpp"
#include "provenance/reach.hpp"

namespace assay::provenance {

namespace {

/// Why the build treats the bytes here as it does not treat them there; empty if it does not.
std::string_view gained_reach(const ExplainContext& context) {
  const auto& origin = *context.difference.reference;
  const auto& subject = *context.difference.subject;
  const bool matters = context.entry.reach <= Reach::compiled || subject.executable();
  if (!matters) return {};
  if (context.entry.reach < reach_by_name(origin.path).reach && !origin.executable()) return "by its name there nothing runs or compiles it";
  if (stands_aside(origin.path) && !stands_aside(context.difference.path)) return "there it stands aside from what is built";
  const bool runs = context.entry.reach == Reach::executed || subject.executable();
  if (runs && !context.mapping.to_reference(subject.path)) return "it stands outside of the release's own directory";
  return {};
}

}  // namespace

std::optional<Explanation> explain_moved(ExplainContext& context) {
  if (context.difference.status != EntryStatus::moved) return std::nullopt;
  const auto& origin = *context.difference.reference;
  auto explanation = make_explanation(Proof::identical, "moved", {{"path in VCS", origin.path}, {"blob", origin.digests.git_oid.hex()}});
  if (const auto why = gained_reach(context); !why.empty()) {
    explanation.proof = Proof::unexplained;
    explanation.evidence.emplace_back("reach", why);
  }
  return explanation;
}

}  // namespace assay::provenance
