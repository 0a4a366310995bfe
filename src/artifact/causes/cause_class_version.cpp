// The version of the class file format: another Java compiler or target release.
#include "artifact/cause.hpp"

namespace assay::artifact {

std::optional<Match> judge_class_version(const Change& change, const BuildFacts& /*facts*/) {
  if (change.place != "class file version") return std::nullopt;
  return Match{"", arrow(change.before, change.after), "the version in a class file's header", Confidence::likely};
}

}  // namespace assay::artifact
