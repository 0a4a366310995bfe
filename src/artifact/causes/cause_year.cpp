// A year alone: copyright lines, titles of manual pages, an immediate in code.
#include <algorithm>
#include <string>

#include "artifact/cause.hpp"

namespace assay::artifact {

std::optional<Match> judge_year(const Change& change, const BuildFacts& facts) {
  if (change.token != "year" || change.before.size() != 4 || change.after.size() != 4) return std::nullopt;
  const std::pair years{std::stoi(change.before), std::stoi(change.after)};
  if (std::min(years.first, years.second) < 1980 || std::max(years.first, years.second) > 2100) return std::nullopt;
  const bool in_code = change.impact == Impact::code;
  // A number in code may be anything. It is the year of the build where each side was made in its own.
  const bool made = facts.made_in(years);
  if (in_code && !made && !facts.years.empty() && !facts.years.contains(years)) return std::nullopt;
  // Numbers of lines look like years too; where much differs, only those are years that dates elsewhere speak of, or a
  // word before them.
  const auto lead = lead_of(change);
  const bool named =
      lead.find("copyright") != std::string::npos || lead.find("(c)") != std::string::npos || lead.starts_with(".th ");
  if (facts.changes > 40 && !made && !named && !facts.years.contains(years)) return std::nullopt;
  if (const auto at = change.context.find(change.before);
      at != std::string::npos && at > 0 && change.context[at - 1] == ':')
    return std::nullopt;
  return Match{"", arrow(change.before, change.after),
               !in_code ? "a year on both sides"
               : made   ? "a value that is loaded, and the year in which each side was made by the newest date it bears"
                        : "an immediate operand that is a year on both sides",
               Confidence::likely};
}

}  // namespace assay::artifact
