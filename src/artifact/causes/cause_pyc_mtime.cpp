// The time of the source that Python records in a byte-code file (PEP 552).
#include "artifact/cause.hpp"

namespace assay::artifact {

std::optional<Match> judge_pyc_mtime(const Change& change, const BuildFacts& /*facts*/) {
  // From Python 1.0 to where 32 bits end: a number with the length of a date.
  const auto is_date = [](const std::string& seconds) { return seconds.size() >= 9 && seconds.size() <= 10; };
  if (change.place != "pyc source mtime" || !is_date(change.before) || !is_date(change.after)) return std::nullopt;
  return Match{"", arrow(change.before, change.after), "the header of a Python byte-code file", Confidence::likely};
}

}  // namespace assay::artifact
