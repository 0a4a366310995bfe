// The version of what was built: another release or another revision of the package.
#include <string_view>

#include "artifact/cause.hpp"

namespace assay::artifact {

std::optional<Match> judge_version(const Change& change, const BuildFacts& facts) {
  if (change.place == "top directory" || change.place == "VERSION" || change.place == "RELEASE" ||
      change.place == "NAME")
    return Match{"", arrow(change.before, change.after), "the artifact's own name", Confidence::likely};
  if (change.impact == Impact::code || change.impact == Impact::script || change.impact == Impact::maintainer_script)
    return std::nullopt;
  const auto lead = lead_of(change);
  const bool named = lead.ends_with("version: ") || lead.ends_with("version = ") || lead.ends_with("version=") ||
                     lead.ends_with("version=\"") || lead.ends_with("\"version\": \"") || lead.ends_with("pkgver = ");
  const auto is_version = [](std::string_view text) {
    return !text.empty() && text.size() <= 64 && text.find_first_of("0123456789") != std::string_view::npos &&
           text.find_first_not_of("0123456789.+~:-_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") ==
               std::string_view::npos;
  };
  if (change.token != "version" && !(named && is_version(change.before) && is_version(change.after)))
    return std::nullopt;
  if (!named && !facts.versions.contains({change.before, change.after})) return std::nullopt;
  return Match{"", arrow(change.before, change.after),
               named ? "a version field" : "the versions that a version field names", Confidence::likely};
}

}  // namespace assay::artifact
