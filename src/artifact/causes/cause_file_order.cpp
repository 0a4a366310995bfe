// Members or lines in another order, sorted on neither or on one side: the order of a directory or of a hash table.
#include "artifact/cause.hpp"

namespace assay::artifact {

std::optional<Match> judge_file_order(const Change& change, const BuildFacts& facts) {
  // Strings within a binary stand where the linker put them: no directory's order.
  const bool listed = !change.place.empty() &&
                      ((change.place[0] >= '0' && change.place[0] <= '9') || change.place.starts_with("data against"));
  if (change.aspect != Aspect::order || !listed) return std::nullopt;
  // What runs means something by its order, and a text that gained or lost lines was edited.
  const bool lines = change.place.ends_with("lines");
  if (lines && (change.token != "permutation" || is_source(change, facts))) return std::nullopt;
  const bool members = change.place.ends_with("members") || change.place.starts_with("data against");
  return Match{members ? "members" : "lines", change.place + " in another order", "the same set on both sides",
               Confidence::likely};
}

}  // namespace assay::artifact
