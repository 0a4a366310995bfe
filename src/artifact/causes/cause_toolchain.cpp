// An input of the link that leaves no trace but the build-id: as a rule the revision string that the compiler writes
// into the objects, which stripping removes after the build-id was made from it.
#include "artifact/cause.hpp"

namespace assay::artifact {

std::optional<Match> judge_toolchain(const Change& change, const BuildFacts& /*facts*/) {
  if (change.aspect != Aspect::identity && change.aspect != Aspect::debug_link) return std::nullopt;
  return Match{
      "", arrow(change.before, change.after),
      "nothing but the build-id and what derives from it differs in the file: what was stripped from it differed",
      Confidence::likely};
}

}  // namespace assay::artifact
