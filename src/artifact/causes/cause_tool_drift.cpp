// A build dependency of another version, as the builds' own records name it, and what writes that version into its output.
#include <algorithm>
#include <string_view>

#include "artifact/cause.hpp"
#include "base/text.hpp"

namespace assay::artifact {

namespace {

/// "# Triggers added by dh_makeshlibs/13.9": debhelper(7) names itself where it adds to a package's scripts and triggers.
bool is_of_debhelper(const Change& change) {
  const auto lead = lead_of(change);
  std::string_view tool = lead;
  for (const std::string_view begins : {"# triggers added by dh_", "# automatically added by dh_"})
    if (tool.starts_with(begins)) tool.remove_prefix(begins.size());
  return tool.size() < lead.size() && tool.size() > 1 && tool.back() == '/' &&
         std::all_of(tool.begin(), tool.end() - 1, [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
}

/// What dh_installchangelogs(1) cuts off, or what it says in its place.
bool is_cut_changelog(const Change& change, const BuildFacts& facts) {
  if (change.impact != Impact::documentation || !facts.cut_changelogs.contains({change.path, change.place}))
    return false;
  return (change.before.empty() || change.after.empty()) && path_basename(change.path).starts_with("changelog");
}

}  // namespace

std::optional<Match> judge_tool_drift(const Change& change, const BuildFacts& facts) {
  if (is_cut_changelog(change, facts))
    return Match{"changelog", "older entries of the changelog are removed, or are not",
                 "debhelper does so since version 13.11, and says it in their place", Confidence::likely};
  if (change.aspect == Aspect::order && change.token == "symbols")
    return Match{"symbols", "symbols of objects in another order",
                 "the same symbols and relocations, as another version of the assembler or compiler lists them",
                 Confidence::likely};
  if (change.token != "version") return std::nullopt;
  if (is_policy_of_cmake(change))
    return Match{"", "cmake " + arrow(change.before, change.after), "the versions that cmake writes where it generates",
                 Confidence::likely};
  if (is_of_debhelper(change))
    return Match{"", "debhelper " + arrow(change.before, change.after), "debhelper says what it added to the package",
                 Confidence::likely};
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
