// Structured data that is equal but for the order of keys or for white space.
#include "artifact/cause.hpp"

namespace assay::artifact {

std::optional<Match> judge_key_order(const Change& change, const BuildFacts& /*facts*/) {
  if (change.place != "order of keys" && change.place != "white space of structured data") return std::nullopt;
  return Match{change.place, change.place, "both sides parse to equal values", Confidence::likely};
}

}  // namespace assay::artifact
