// The numbers or names of owner and group in an archive. Whose a file is that runs with its owner's rights is no matter of who built it.
#include <fmt/format.h>

#include "artifact/cause.hpp"

namespace assay::artifact {

std::optional<Match> judge_owner(const Change& change, const BuildFacts& /*facts*/) {
  if (change.aspect != Aspect::owner) return std::nullopt;
  return Match{"", fmt::format("{} {}", change.place, arrow(change.before, change.after)),
               "owner and group of files, or in an archive's headers",
               change.token == k_owner_runs ? Confidence::guess : Confidence::likely};
}

}  // namespace assay::artifact
