// A variable of the build's environment.
#include <string>
#include <string_view>

#include "artifact/cause.hpp"

namespace assay::artifact {

std::optional<Match> judge_environment(const Change& change, const BuildFacts& /*facts*/) {
  const auto lead = lead_of(change);
  for (const std::string_view word : {"path=", "pwd=", "term=", "columns=", "lines=", "display=", "tmpdir=", "cflags=",
                                      "cxxflags=", "ldflags=", "deb_build_options=", "makeflags="})
    if (const auto at = lead.rfind(word);
        at != std::string::npos && (at == 0 || lead[at - 1] < 'a' || lead[at - 1] > 'z')) {
      const auto value = std::string_view{lead}.substr(at + word.size());
      if (value.substr(0, value.find('\n')).find(' ') == std::string_view::npos)
        return Match{"", arrow(change.before, change.after), "a variable of the environment", Confidence::likely};
    }
  return std::nullopt;
}

}  // namespace assay::artifact
