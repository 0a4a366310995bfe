// Extra fields, attributes and version marks of zip, as another tool or system writes them.
#include "artifact/cause.hpp"

namespace assay::artifact {

std::optional<Match> judge_zip_extra(const Change& change, const BuildFacts& /*facts*/) {
  const bool place = change.place.starts_with("extra field") || change.place == "made by" ||
                     change.place == "version needed" || change.place.starts_with("flags") ||
                     change.place == "DOS attributes" || change.place == "internal attributes" ||
                     change.place.starts_with("extended timestamp");
  if (change.aspect != Aspect::encoding || !place) return std::nullopt;
  return Match{"", change.place + ": " + arrow(change.before, change.after),
               "a field of a zip header that no content depends on", Confidence::likely};
}

}  // namespace assay::artifact
