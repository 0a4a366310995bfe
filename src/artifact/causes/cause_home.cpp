// The home directory of whoever built it.
#include "artifact/cause.hpp"

namespace assay::artifact {

std::optional<Match> judge_home(const Change& change, const BuildFacts& /*facts*/) {
  const auto lead = lead_of(change);
  if (!lead.ends_with("home=") && !lead.ends_with("home: ") && !lead.ends_with("home = \"") &&
      !lead.ends_with("home=\""))
    return std::nullopt;
  return Match{"", arrow(change.before, change.after), "HOME is named", Confidence::likely};
}

}  // namespace assay::artifact
