// The numbers or names of owner and group in an archive: of who built it, where all files have another. Whose a file is that
// runs with its owner's rights, or that alone has another owner, is no matter of that.
#include <fmt/format.h>

#include "artifact/cause.hpp"

namespace assay::artifact {

std::optional<Match> judge_owner(const Change& change, const BuildFacts& /*facts*/) {
  if (change.aspect != Aspect::owner) return std::nullopt;
  const auto summary = fmt::format("{} {}", change.place, arrow(change.before, change.after));
  if (change.token == k_alone)
    return Match{"alone", summary, "one file has another owner, and no other file of that owner has",
                 Confidence::guess};
  if (change.token == k_owner_runs)
    return Match{"privileged", summary, "the owner of what runs with its owner's rights", Confidence::guess};
  return Match{"", summary, "owner and group of files, or in an archive's headers", Confidence::likely};
}

}  // namespace assay::artifact
