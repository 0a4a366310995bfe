// Line ends of another system.
#include "artifact/cause.hpp"

namespace assay::artifact {

std::optional<Match> judge_line_ending(const Change& change, const BuildFacts& /*facts*/) {
  const bool added =
      (change.before.empty() || change.before == "\n") && (change.after == "\r" || change.after == "\r\n");
  const bool removed =
      (change.after.empty() || change.after == "\n") && (change.before == "\r" || change.before == "\r\n");
  if ((!added && !removed) || !change.place.starts_with("line ") || change.impact == Impact::script ||
      change.impact == Impact::code)
    return std::nullopt;
  return Match{"", added ? "LF → CRLF" : "CRLF → LF", "a carriage return at the end of lines", Confidence::likely};
}

}  // namespace assay::artifact
