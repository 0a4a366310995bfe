// A point in time: a field of a header, a date in text, seconds since 1970 as a number.
#include <fmt/format.h>

#include "artifact/cause.hpp"
#include "artifact/tokens.hpp"

namespace assay::artifact {

namespace {

std::string span_of(std::int64_t before, std::int64_t after) {
  return fmt::format("{} → {}", format_epoch(before), format_epoch(after));
}

/// Digits, hexadecimal ones where the field is raw: nothing that could say more than a time.
bool is_number(std::string_view text) {
  return text.size() <= 32 && text.find_first_not_of("0123456789abcdef.-: ") == std::string_view::npos;
}

/// More digits than clocks have: a fraction of a second ends at nanoseconds.
bool is_too_fine(const std::string& text) {
  const auto dot = text.find('.');
  return dot != std::string::npos && text.size() - dot > 10;
}

}  // namespace

std::optional<Match> judge_timestamp(const Change& change, const BuildFacts& facts) {
  if (change.aspect == Aspect::time && (is_too_fine(change.before) || is_too_fine(change.after))) return std::nullopt;
  const auto moments = moments_of(change);
  if (moments) {
    const auto [before, after] = *moments;
    if (change.token == "epoch" && change.impact == Impact::code &&
        !(facts.dates_before(before) && facts.dates_after(after)))
      return std::nullopt;
    const bool field = change.aspect == Aspect::time;
    if (field && change.token == k_alone)
      return Match{"alone", span_of(before, after), "a time field, but members of the very same time keep theirs",
                   Confidence::guess};
    if (field && facts.contradicts(before, after))
      return Match{"alone", span_of(before, after), "a time field, but days away from all that says when it was made",
                   Confidence::guess};
    const bool typed = field || change.token == "date";
    if (facts.is_in_future(before, after)) {
      if (!typed) return std::nullopt;
      return Match{"future", span_of(before, after), "a date, but after the moment at which the artifact was there",
                   Confidence::guess};
    }
    const bool dated = typed || (facts.dates_before(before) && facts.dates_after(after));
    // Where much differs, some numbers look like dates by chance.
    if (!dated && facts.changes > 40) return std::nullopt;
    // And names of symbols and what a debugger reads hold letters, offsets and line numbers, no dates.
    if (!dated && (is_symbol_table(change) || change.place.starts_with(".debug_"))) return std::nullopt;
    // A number alone may be anything: without another date beside it, it is a guess, and a guess explains no byte.
    return Match{"", span_of(before, after),
                 typed   ? "both sides read as dates"
                 : dated ? "seconds since 1970, near other dates of the same side"
                         : "may be seconds since 1970",
                 dated ? Confidence::likely : Confidence::guess};
  }
  if (change.aspect == Aspect::time && is_number(change.before) && is_number(change.after))
    return Match{"", arrow(change.before, change.after), "a time field of a header", Confidence::likely};
  if (change.token == "clock")
    return Match{"", arrow(change.before, change.after), "a time of day on both sides", Confidence::likely};
  return std::nullopt;
}

}  // namespace assay::artifact
