// Addresses of a running process, as address space randomisation moves them.
#include "artifact/cause.hpp"

namespace assay::artifact {

std::optional<Match> judge_address(const Change& change, const BuildFacts& /*facts*/) {
  if (change.token != "address" || change.before.size() < 3 || change.after.size() < 3) return std::nullopt;
  // The offset within a page survives randomisation.
  const bool same_page_offset =
      change.before.substr(change.before.size() - 3) == change.after.substr(change.after.size() - 3);
  const bool pointer =
      change.before.starts_with("0x7f") || change.before.starts_with("0x55") || change.before.starts_with("0x56");
  if (!same_page_offset && !pointer) return std::nullopt;
  return Match{"", arrow(change.before, change.after),
               same_page_offset ? "pointers with the same offset in their page" : "pointers of a process",
               Confidence::likely};
}

}  // namespace assay::artifact
