// Names made for temporary files.
#include "artifact/cause.hpp"

namespace assay::artifact {

std::optional<Match> judge_temporary(const Change& change, const BuildFacts& /*facts*/) {
  if (change.token != "temporary") return std::nullopt;
  // The same file below two directories is a matter of the build's place.
  const auto tail = [](const std::string& path) {
    return path[0] == '/' ? path.substr(path.rfind('/')) : std::string{};
  };
  if (const auto last = tail(change.before); last.size() > 1 && last == tail(change.after)) return std::nullopt;
  return Match{"", arrow(change.before, change.after), "names as mkstemp(3) makes them", Confidence::likely};
}

}  // namespace assay::artifact
