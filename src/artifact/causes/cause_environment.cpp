// A variable of the build's environment.
#include <string>
#include <string_view>

#include "artifact/cause.hpp"

namespace assay::artifact {

std::optional<Match> judge_environment(const Change& change, const BuildFacts& /*facts*/) {
  const auto lead = lead_of(change);
  for (const std::string_view word : {"path=", "pwd=", "term=", "columns=", "lines=", "display=", "tmpdir=", "cflags=", "cxxflags=", "ldflags=", "deb_build_options=", "makeflags="})
    if (lead.ends_with(word) || lead.ends_with(std::string{word} + "\"")) return Match{"", arrow(change.before, change.after), "a variable of the environment", Confidence::likely};
  return std::nullopt;
}

}  // namespace assay::artifact
