// Identifiers that are made anew each time (RFC 9562).
#include "artifact/cause.hpp"

namespace assay::artifact {

std::optional<Match> judge_uuid(const Change& change, const BuildFacts& /*facts*/) {
  if (change.token != "uuid") return std::nullopt;
  const bool random = change.before.size() > 14 && change.before[14] == '4' && change.after[14] == '4';
  return Match{"", arrow(change.before, change.after), random ? "version 4: random" : "a UUID on both sides",
               Confidence::likely};
}

}  // namespace assay::artifact
