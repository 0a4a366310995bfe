// Which variations make a build's result differ: two builds under the same conditions first, then all variations at once,
// then the guilty ones by bisection, then the proof: without them the result is that of the base again, and they by
// themselves make the result of all.
//
// The search builds along a chain of sets, each with one variation more than the one before. Where two ends of a stretch
// agree, no variation of that stretch is guilty; where they do not, its middle is built. A stretch of one variation whose
// ends differ shows a guilty one, by two builds that differ in nothing else.
//
// The clock goes on from build to build, and may look like the doing of whatever was varied next. So nothing is proven
// before the base's result was had again after the builds that show it: in the build without all that is guilty, or, where
// that is no other than the base, or gave something else, in one of the base anew. What that makes otherwise is unstable.
#pragma once
#include <cstddef>
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

/// Build under these conditions; `label` names the build for people ("base", "all variations", "all but time"), `number`
/// counts from 0 and is what Factor refers to. Called from several threads if ExperimentRequest::jobs is more than 1.
using Build = std::function<Result<Trial>(const Conditions& conditions, std::string_view label, std::size_t number)>;

/// Is that artifact of the two builds the same but for what a clock that goes on makes of it? Asked only of artifacts
/// whose digests differ.
using SameButForClock = std::function<bool(std::string_view artifact, std::size_t build, std::size_t other)>;

/// What the difference between two builds looks like the doing of: variations to be tried first.
using Guess = std::function<std::vector<const Variation*>(std::size_t base, std::size_t varied)>;

struct ExperimentRequest {
  std::vector<const Variation*> vary;  ///< each once
  Conditions base;
  std::size_t most_builds = 100;
  unsigned jobs = 1;  ///< builds at a time
  Build build;
  SameButForClock same_but_for_clock;  ///< may be empty
  Guess guess;                         ///< may be empty
};

struct Factor {
  const Variation* variation = nullptr;
  /// Two builds that differ in this variation alone differ in `artifacts`, and without all that is guilty these are those
  /// of the base again.
  bool proven = false;
  std::vector<std::string> artifacts;           ///< which it makes differ, by name
  std::size_t with = 0, without = 0;            ///< those two builds
  std::vector<const Variation*> together_with;  ///< it has this effect only if one of these is there too
};

struct ExperimentRun {
  std::string label;
  std::vector<const Variation*> varied;
  bool built = false;
};

struct ExperimentResult {
  bool base_built = false;     ///< if not, nothing else was tried
  bool deterministic = false;  ///< all builds under the same conditions agree
  bool complete = false;       ///< false: `most_builds` ended the search
  std::vector<std::string>
      unstable;  ///< artifacts that differ between builds of the base; nothing is said about what varies them
  std::vector<Factor> factors;  ///< guilty
  std::vector<const Variation*> innocent;
  std::vector<const Variation*> undecided;  ///< of a search that is not complete, or that had nothing stable to look at
  std::vector<std::pair<const Variation*, std::string>>
      without_effect;                         ///< and why it could not be made to take effect
  std::vector<const Variation*> broke_build;  ///< the build failed under it
  std::vector<ExperimentRun> runs;            ///< by number
};

/// Takes 3 builds if no variation is guilty, and, with g guilty ones of n that act each by itself, at most
/// 2 + g·⌈log₂ n⌉ + 2; one more for a single guilty one that was not guessed, to see that it acts by itself. Where nothing is
/// stable, 2. Errors: those of `build`.
Result<ExperimentResult> find_factors(const ExperimentRequest& request);

}  // namespace assay::rebuild
