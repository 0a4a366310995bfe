// The account that built it.
#include <string_view>

#include "artifact/cause.hpp"

namespace assay::artifact {

std::optional<Match> judge_user(const Change& change, const BuildFacts& /*facts*/) {
  if (is_symbol_table(change) || names_a_person(change)) return std::nullopt;
  if (change.token == "account")
    return Match{"", arrow(change.before, change.after), "user@host on both sides", Confidence::likely};
  if (change.token == "date" || change.token == "version" || change.token == "path") return std::nullopt;
  if (!looks_like_name(change.before) || !looks_like_name(change.after)) return std::nullopt;
  const auto lead = lead_of(change);
  for (const std::string_view word :
       {"user:", "user=", "user =", "username", "built by", "build by", "builder", "packager", "logname", "compiled by",
        "build-user", "builtby", "built-by", "user is", "whoami"})
    if (const auto at = lead.rfind(word); at != std::string::npos && lead.size() - at - word.size() <= 16)
      return Match{"", arrow(change.before, change.after), "a user is named before it", Confidence::likely};
  return std::nullopt;
}

}  // namespace assay::artifact
