// A counter that goes up with each build.
#include <string_view>

#include "artifact/cause.hpp"

namespace assay::artifact {

std::optional<Match> judge_build_number(const Change& change, const BuildFacts& /*facts*/) {
  const auto lead = lead_of(change);
  if (change.token != "number" && change.token != "year") return std::nullopt;
  for (const std::string_view word :
       {"build number", "build_number", "build-number", "buildnumber", "build #", "build id", "job id", "run id"})
    if (const auto at = lead.rfind(word); at != std::string::npos && lead.size() - at - word.size() <= 6)
      return Match{"", arrow(change.before, change.after), "a build number is named", Confidence::likely};
  return std::nullopt;
}

}  // namespace assay::artifact
