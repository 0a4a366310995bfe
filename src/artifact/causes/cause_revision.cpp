// The commit that was built.
#include "artifact/cause.hpp"

namespace assay::artifact {

std::optional<Match> judge_revision(const Change& change, const BuildFacts& /*facts*/) {
  const auto lead = lead_of(change);
  const bool named = lead.find("commit") != std::string::npos || lead.find("revision") != std::string::npos ||
                     lead.find("git") != std::string::npos || lead.find("vcs") != std::string::npos;
  const bool id = change.token == "revision" ||
                  (change.token == "digest" && change.before.size() == 40 && change.after.size() == 40);
  if (!id || !named) return std::nullopt;
  return Match{"", arrow(change.before, change.after), "a commit id is named", Confidence::likely};
}

}  // namespace assay::artifact
