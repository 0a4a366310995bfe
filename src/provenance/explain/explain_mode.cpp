// Content as in the reference, but another executable bit. Losing it changes nothing that runs; gaining it makes
// something runnable that the source did not mean to be, and stays unexplained.
#include <fmt/format.h>

#include "provenance/explain/explainer.hpp"

namespace assay::provenance {

std::optional<Explanation> explain_mode(ExplainContext& context) {
  if (context.difference.status != EntryStatus::mode_changed) return std::nullopt;
  const auto& subject = *context.difference.subject;
  const auto& reference = *context.difference.reference;
  const auto proof = compare::may_be_run(reference) ? Proof::identical : Proof::unexplained;
  return make_explanation(proof, "mode",
                          {{"mode in VCS", fmt::format("{:04o}", reference.mode)},
                           {"mode in subject", fmt::format("{:04o}", subject.mode & 07777)},
                           {"blob", reference.digests.git_oid.hex()}});
}

}  // namespace assay::provenance
