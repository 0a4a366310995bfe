// Process ids.
#include "artifact/cause.hpp"

namespace assay::artifact {

std::optional<Match> judge_pid(const Change& change, const BuildFacts& /*facts*/) {
  if (change.place.starts_with("extension header's name"))
    return Match{"", arrow(change.before, change.after), "the name of a pax header, which holds a process id",
                 Confidence::likely};
  const auto lead = lead_of(change);
  if (change.token != "number" ||
      !(lead.ends_with("pid ") || lead.ends_with("pid=") || lead.ends_with("pid: ") || lead.ends_with("process ")))
    return std::nullopt;
  return Match{"", arrow(change.before, change.after), "a process id is named", Confidence::likely};
}

}  // namespace assay::artifact
