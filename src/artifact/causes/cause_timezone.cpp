// The same moment, or the same moment but for whole quarter hours, as another time zone writes it.
#include <fmt/format.h>

#include <cstdlib>

#include "artifact/cause.hpp"
#include "artifact/tokens.hpp"

namespace assay::artifact {

std::optional<Match> judge_timezone(const Change& change, const BuildFacts& /*facts*/) {
  if (change.token != "date") {
    const auto lead = lead_of(change);
    const bool zone = lead.ends_with("tz=") || lead.find("timezone") != std::string::npos ||
                      lead.find("time zone") != std::string::npos;
    return zone ? std::optional{Match{"", arrow(change.before, change.after), "a time zone is named",
                                      Confidence::likely}}
                : std::nullopt;
  }
  const auto before = parse_date(change.before);
  const auto after = parse_date(change.after);
  if (!before || !after || before->precision > 60) return std::nullopt;
  const auto shift = after->epoch - before->epoch;
  const bool other_zone = before->zone_minutes != after->zone_minutes;
  if (other_zone && shift == 0)
    return Match{"", arrow(change.before, change.after), "the same moment in two zones", Confidence::likely};
  const bool whole = shift != 0 && shift % 900 == 0 && std::abs(shift) <= std::int64_t{26} * 3600;
  if (!whole) return std::nullopt;
  return Match{"", arrow(change.before, change.after), fmt::format("apart by {:+} minutes to the second", shift / 60),
               Confidence::likely};
}

}  // namespace assay::artifact
