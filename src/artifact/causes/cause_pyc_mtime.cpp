// The time of the source that Python records in a byte-code file (PEP 552).
#include "artifact/cause.hpp"

namespace assay::artifact {

std::optional<Match> judge_pyc_mtime(const Change& change, const BuildFacts& /*facts*/) {
  if (change.place != "pyc source mtime") return std::nullopt;
  return Match{"", arrow(change.before, change.after), "the header of a Python byte-code file", Confidence::likely};
}

}  // namespace assay::artifact
