// How many processors the build used.
#include <string_view>

#include "artifact/cause.hpp"

namespace assay::artifact {

std::optional<Match> judge_cpu_count(const Change& change, const BuildFacts& /*facts*/) {
  if (change.aspect == Aspect::compression &&
      (change.place.ends_with("blocks") || change.place.ends_with("frames") || change.place.ends_with("block size")))
    return Match{"", change.place + ": " + arrow(change.before, change.after),
                 "a compressor that splits its input by threads", Confidence::likely};
  const auto is_option = [](const std::string& text) {
    return text.size() > 1 && text[0] == 'j' && text.find_first_not_of("0123456789", 1) == std::string::npos;
  };
  if (is_option(change.before) && is_option(change.after) && lead_of(change).ends_with("-"))
    return Match{"", arrow(change.before, change.after), "the option -j", Confidence::likely};
  if (change.before.empty() || change.after.empty() ||
      change.before.find_first_not_of("0123456789") != std::string::npos ||
      change.after.find_first_not_of("0123456789") != std::string::npos)
    return std::nullopt;
  const auto lead = lead_of(change);
  for (const std::string_view word : {"parallel=", "-j", "-j ", "jobs=", "jobs ", "jobs: ", "jobs = ", "nproc", "cpus",
                                      "cpu count", "ncpu", "threads", "processors", "cores"})
    if (const auto at = lead.rfind(word); at != std::string::npos && lead.size() - at - word.size() <= 4)
      return Match{"", arrow(change.before, change.after), "a number of jobs or processors", Confidence::likely};
  return std::nullopt;
}

}  // namespace assay::artifact
