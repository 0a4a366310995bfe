// The same words of one line in another order, as a program prints a set or a map whose hashes are seeded at random. A pair
// cannot tell that from an edit, so it stays a guess: `assay rebuild` builds twice to see.
#include <algorithm>

#include "artifact/cause.hpp"

namespace assay::artifact {

std::optional<Match> judge_hash_order(const Change& change, const BuildFacts& facts) {
  if (change.aspect != Aspect::order || !change.place.ends_with(", words")) return std::nullopt;
  if (change.impact == Impact::configuration || is_source(change, facts)) return std::nullopt;
  return Match{"", arrow(change.before, change.after), "the same words in another order, sorted on neither side",
               Confidence::guess};
}

}  // namespace assay::artifact
