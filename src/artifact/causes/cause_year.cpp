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
  // Dates elsewhere say when the two were built; a number in code that disagrees with them is no year.
  if (in_code && !facts.years.empty() && !facts.years.contains(years)) return std::nullopt;
  // Numbers of lines look like years too; where much differs, only years that dates elsewhere speak of are years.
  if (facts.changes > 40 && !facts.years.contains(years)) return std::nullopt;
  if (const auto at = change.context.find(change.before);
      at != std::string::npos && at > 0 && change.context[at - 1] == ':')
    return std::nullopt;
  return Match{"", arrow(change.before, change.after),
               in_code ? "an immediate operand that is a year on both sides" : "a year on both sides",
               Confidence::likely};
}

}  // namespace assay::artifact
