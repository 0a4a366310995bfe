// Values made at random: seeds, nonces, identifiers.
#include <algorithm>
#include <string_view>

#include "artifact/cause.hpp"

namespace assay::artifact {

namespace {

/// Such letters and digits as encodings of random bytes have.
bool is_drawn(std::string_view text) {
  return text.size() >= 4 && text.find_first_of("0123456789") != std::string_view::npos &&
         text.find_first_not_of("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+/=_") ==
             std::string_view::npos;
}

/// Nothing but signs between a word and its value, or the rest of the word's own name: "seed_value = ".
bool leads_to_value(std::string_view between) {
  if (between.size() > 16) return false;
  const auto end = between.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-");
  return end == std::string_view::npos ||
         between.substr(end).find_first_of("abcdefghijklmnopqrstuvwxyz/0123456789") == std::string_view::npos;
}

}  // namespace

std::optional<Match> judge_random(const Change& change, const BuildFacts& /*facts*/) {
  // A digit or two is a number that somebody chose.
  if (std::min(change.before.size(), change.after.size()) < 4 && change.token != "random") return std::nullopt;
  if (change.token == "date" || change.token == "version") return std::nullopt;  // "seed" may be a name beside it
  const auto lead = lead_of(change);
  for (const std::string_view word :
       {"seed", "nonce", "random", "salt", "cookie", "/id ", "/id [", "/id[", "uniqueid", "unique id", "boundary"})
    if (const auto at = lead.rfind(word); at != std::string::npos &&
                                          leads_to_value(std::string_view{lead}.substr(at + word.size())) &&
                                          is_drawn(change.before) && is_drawn(change.after))
      return Match{"", arrow(change.before, change.after), "a random value is named before it", Confidence::likely};
  if (change.place == "PDF document id")
    return Match{"", arrow(change.before, change.after), "the trailer's /ID", Confidence::likely};
  return std::nullopt;
}

}  // namespace assay::artifact
