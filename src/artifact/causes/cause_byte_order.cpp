// The same numbers, as a machine or a tool of the other byte order writes them.
#include "artifact/cause.hpp"

namespace assay::artifact {

std::optional<Match> judge_byte_order(const Change& change, const BuildFacts& /*facts*/) {
  if (change.aspect != Aspect::encoding || change.place != "byte order") return std::nullopt;
  return Match{"", arrow(change.before, change.after), "every number is the same, written the other way round",
               Confidence::likely};
}

}  // namespace assay::artifact
