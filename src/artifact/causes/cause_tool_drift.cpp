// A build dependency of another version, as the builds' own records name it, and what writes that version into its output.
#include "artifact/cause.hpp"

namespace assay::artifact {

std::optional<Match> judge_tool_drift(const Change& change, const BuildFacts& facts) {
  if (change.token != "version") return std::nullopt;
  if (names_build_tool(change)) {
    auto name = lead_of(change);
    const auto begin = name.find_first_not_of(' ', name.starts_with("installed = ") ? 12 : 0);
    name = begin == std::string::npos ? name : name.substr(begin);
    name.resize(name.find_last_not_of(" (=-") + 1);
    return Match{"", name + " " + arrow(change.before, change.after), "a package that the build was made with",
                 Confidence::likely};
  }
  if (change.impact == Impact::code || !facts.tools.contains({change.before, change.after})) return std::nullopt;
  return Match{"", arrow(change.before, change.after), "the versions of a package that the builds were made with",
               Confidence::likely};
}

}  // namespace assay::artifact
