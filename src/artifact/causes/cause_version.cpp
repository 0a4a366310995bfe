// The version of what was built: another release or another revision of the package.
#include "artifact/cause.hpp"

namespace assay::artifact {

std::optional<Match> judge_version(const Change& change, const BuildFacts& facts) {
  if (change.place == "top directory" || change.place == "VERSION" || change.place == "RELEASE" || change.place == "NAME") return Match{"", arrow(change.before, change.after), "the artifact's own name", Confidence::likely};
  if (change.impact == Impact::code || change.impact == Impact::script || change.impact == Impact::maintainer_script) return std::nullopt;
  const auto lead = lead_of(change);
  const bool named = lead.ends_with("version: ") || lead.ends_with("version = ") || lead.ends_with("version=") || lead.ends_with("version=\"") || lead.ends_with("\"version\": \"") || lead.ends_with("pkgver = ");
  if (change.token != "version" && !named) return std::nullopt;
  if (!named && !facts.versions.contains({change.before, change.after})) return std::nullopt;
  return Match{"", arrow(change.before, change.after), named ? "a version field" : "the versions that a version field names", Confidence::likely};
}

}  // namespace assay::artifact
