// The shell that the build used.
#include "artifact/cause.hpp"
#include "base/text.hpp"

namespace assay::artifact {

std::optional<Match> judge_shell(const Change& change, const BuildFacts& /*facts*/) {
  const auto is_shell = [](std::string_view text) {
    return starts_with_any(text, {"/bin/", "/usr/bin/", "/usr/local/bin/", "/opt/", "/nix/", "/sbin/"}) &&
           ends_with_any(text, {"/sh", "/bash", "/dash", "/zsh", "/ksh", "/mksh", "/busybox"});
  };
  if (!is_shell(change.before) || !is_shell(change.after)) return std::nullopt;
  // What runs a maintainer script is no trace of the build.
  if (change.impact == Impact::maintainer_script) return std::nullopt;
  // Another interpreter in a script's first line is another program, not a trace of the build.
  if (change.place == "line 1" && lead_of(change).ends_with("#!")) return std::nullopt;
  return Match{"", arrow(change.before, change.after), "paths of two shells", Confidence::likely};
}

}  // namespace assay::artifact
