// The name of a locale.
#include "artifact/cause.hpp"

namespace assay::artifact {

std::optional<Match> judge_locale(const Change& change, const BuildFacts& /*facts*/) {
  auto lead = lead_of(change);
  while (lead.ends_with('"') || lead.ends_with('\'') || lead.ends_with(' ')) lead.pop_back();
  const bool named = lead.ends_with("lang=") || lead.ends_with("lc_all=") || lead.find("locale") != std::string::npos;
  if (change.token != "locale" && !(named && looks_like_name(change.before) && looks_like_name(change.after)))
    return std::nullopt;
  return Match{"", arrow(change.before, change.after), "a locale on both sides", Confidence::likely};
}

}  // namespace assay::artifact
