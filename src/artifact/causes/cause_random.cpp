// Values made at random: seeds, nonces, identifiers.
#include <algorithm>
#include <string_view>

#include "artifact/cause.hpp"

namespace assay::artifact {

std::optional<Match> judge_random(const Change& change, const BuildFacts& /*facts*/) {
  // A digit or two is a number that somebody chose.
  if (std::min(change.before.size(), change.after.size()) < 4 && change.token != "random") return std::nullopt;
  if (change.token == "date" || change.token == "version") return std::nullopt;  // "seed" may be a name beside it
  const auto lead = lead_of(change);
  for (const std::string_view word :
       {"seed", "nonce", "random", "salt", "cookie", "/id ", "/id [", "/id[", "uniqueid", "unique id", "boundary"})
    if (const auto at = lead.rfind(word); at != std::string::npos && lead.size() - at - word.size() <= 48 &&
                                          !change.before.empty() && !change.after.empty() &&
                                          change.before.find('\n') == std::string::npos)
      return Match{"", arrow(change.before, change.after), "a random value is named before it", Confidence::likely};
  if (change.place == "PDF document id")
    return Match{"", arrow(change.before, change.after), "the trailer's /ID", Confidence::likely};
  return std::nullopt;
}

}  // namespace assay::artifact
