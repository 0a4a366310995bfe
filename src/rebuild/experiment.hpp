// Which variations make a build's result differ: two builds under the same conditions first, then all variations at once,
// then group testing down to the guilty ones, then all but one of them, to prove each.
#pragma once
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "rebuild/conditions.hpp"

namespace assay::rebuild {

/// What an experiment needs to know of one build.
struct Trial {
  bool built = false;
  std::vector<std::pair<std::string, std::string>> digests;  ///< artifact name → sha256, by name
  std::map<std::string, std::string, std::less<>> probes;
};

/// Build under these conditions; `label` names the build for people ("base", "all variations", "without time").
using Build = std::function<Result<Trial>(const Conditions& conditions, std::string_view label)>;

struct Factor {
  const Variation* variation = nullptr;
  bool proven = false;      ///< reverting it alone made the difference go (or made the artifacts it touches equal again)
  std::vector<std::string> artifacts;  ///< which it makes differ
  std::size_t with = 0, without = 0;   ///< the two builds (indices in the order they were run) that show it
};

struct ExperimentResult {
  bool deterministic = false;           ///< the two builds under the same conditions agree
  std::vector<std::string> unstable;    ///< artifacts that differ between them
  std::vector<Factor> factors;          ///< guilty
  std::vector<const Variation*> innocent;
  std::vector<std::pair<const Variation*, std::string>> without_effect;  ///< and why it could not be made to take effect
  std::vector<const Variation*> broke_build;  ///< the build failed under it
  std::size_t builds = 0;
};

/// At most 2 + |guilty| · ⌈log₂ |vary|⌉ + 2 builds if each variation acts by itself. `jobs` builds may run at a time.
/// Errors: those of `build`.
Result<ExperimentResult> find_factors(const std::vector<const Variation*>& vary, const Conditions& base, std::size_t most_builds,
                                      unsigned jobs, const Build& build);

}  // namespace assay::rebuild
