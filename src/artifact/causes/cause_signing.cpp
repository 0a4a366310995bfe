// Another signature over equal content: another key or another signing.
#include "artifact/cause.hpp"

namespace assay::artifact {

std::optional<Match> judge_signing(const Change& change, const BuildFacts& /*facts*/) {
  if (change.aspect != Aspect::signature) return std::nullopt;
  return Match{"", change.place + " signed anew", "only the signature differs", Confidence::likely};
}

}  // namespace assay::artifact
