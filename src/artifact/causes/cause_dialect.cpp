// The same headers in another dialect of the archive format: padding, GNU, ustar or pax.
#include "artifact/cause.hpp"

namespace assay::artifact {

std::optional<Match> judge_dialect(const Change& change, const BuildFacts& /*facts*/) {
  if (change.aspect != Aspect::encoding) return std::nullopt;
  return Match{"", change.place + " written in another way", "the values are equal, their encoding is not",
               Confidence::likely};
}

}  // namespace assay::artifact
