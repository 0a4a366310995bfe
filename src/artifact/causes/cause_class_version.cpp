// The version of the class file format: another Java compiler or target release.
#include "artifact/cause.hpp"

namespace assay::artifact {

std::optional<Match> judge_class_version(const Change& change, const BuildFacts& /*facts*/) {
  // JDK 1.1 to what is not out yet; a minor version is in the upper half.
  const auto is_version = [](const std::string& text) { return text.size() == 2 && text >= "45" && text <= "99"; };
  if (change.place != "class file version" || !is_version(change.before) || !is_version(change.after))
    return std::nullopt;
  return Match{"", arrow(change.before, change.after), "the version in a class file's header", Confidence::likely};
}

}  // namespace assay::artifact
