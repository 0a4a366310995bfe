// How many processors the build used.
#include <string_view>

#include "artifact/cause.hpp"

namespace assay::artifact {

std::optional<Match> judge_cpu_count(const Change& change, const BuildFacts& /*facts*/) {
  if (change.aspect == Aspect::compression)
    return Match{"", change.place + ": " + arrow(change.before, change.after), "a compressor that splits its input by threads", Confidence::likely};
  if (change.before.empty() || change.after.empty() || change.before.find_first_not_of("0123456789") != std::string::npos || change.after.find_first_not_of("0123456789") != std::string::npos) return std::nullopt;
  const auto lead = lead_of(change);
  for (const std::string_view word : {"parallel=", "-j", "-j ", "jobs=", "jobs ", "jobs: ", "jobs = ", "nproc", "cpus", "cpu count", "ncpu", "threads", "processors", "cores"})
    if (const auto at = lead.rfind(word); at != std::string::npos && lead.size() - at - word.size() <= 4)
      return Match{"", arrow(change.before, change.after), "a number of jobs or processors", Confidence::likely};
  return std::nullopt;
}

}  // namespace assay::artifact
