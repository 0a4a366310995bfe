// The same content, compressed by another tool or with other parameters.
#include "artifact/cause.hpp"

namespace assay::artifact {

std::optional<Match> judge_compression(const Change& change, const BuildFacts& /*facts*/) {
  if (change.aspect != Aspect::compression || change.place.ends_with("blocks") || change.place.ends_with("frames") ||
      change.place.ends_with("block size"))
    return std::nullopt;
  return Match{"", change.place + ": " + arrow(change.before, change.after), "equal once decoded; other parameters",
               Confidence::likely};
}

}  // namespace assay::artifact
