// From an experiment to causes: the builds with and without a guilty variation are held against each other, causes that fit
// it become proven, and the two traces say where the difference was born.
#pragma once
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/limits.hpp"
#include "model/comparison.hpp"
#include "model/rebuild.hpp"
#include "rebuild/build.hpp"
#include "rebuild/experiment.hpp"
#include "rebuild/source_lines.hpp"

namespace assay::rebuild {

/// One build of an experiment; the vector of them is indexed by build number.
struct ExperimentBuild {
  BuildOutcome outcome;
  Conditions conditions;
  std::chrono::system_clock::time_point started;  ///< by the true clock
};

/// Hold the artifact of that name of two builds against each other. Errors: one of them does not have it.
Result<Comparison> compare_builds(const BuildOutcome& before, const BuildOutcome& after, std::string_view artifact,
                                  const Limits& limits);

/// Variations that can be behind a cause of artifact::known_causes(), most likely first: "timestamp" → time.
std::vector<const Variation*> variations_behind(std::string_view cause);

/// What a comparison of the base with all variations looks like the doing of, for ExperimentRequest::guess.
std::vector<const Variation*> guess_of(const Comparison& comparison);

/// Is everything that differs a moment, and did every moment move on by the time that passed between the two builds? Never,
/// if their clocks were set differently: what follows a clock that was set is what the variation of time is after. For
/// ExperimentRequest::same_but_for_clock: the comparison must explain every byte, but for numbers that are what each build's
/// clock said while it ran.
bool differs_by_clock_only(const Comparison& comparison, const ExperimentBuild& before, const ExperimentBuild& after);

/// A file that differs between two builds though nothing that its makers read does: where the difference was born.
struct Birthplace {
  std::string file;                                ///< as the second build saw it, without its directory; raw
  std::vector<std::string> chain;                  ///< command lines, outermost first, its maker last; escaped
  std::string program;                             ///< the maker's, if it is no shell; raw
  std::vector<std::vector<std::string>> commands;  ///< the arguments of the same commands; raw
  std::vector<std::string> read;  ///< files of the source that those processes read, by path in it; raw
};

/// Of what `artifacts` of the second build descend from: at most `most`, in the order in which it made them. None if one of
/// the two was not traced.
std::vector<Birthplace> birthplaces(const ExperimentBuild& before, const ExperimentBuild& after,
                                    const std::vector<std::string>& artifacts, std::size_t most);

/// One entry for each factor. `builds` are those of the experiment; what cannot be compared is said in `coverage`. `lines`
/// may be nullptr: then no line of the source is named.
std::vector<ProvenCause> proven_causes(const ExperimentResult& experiment, const std::vector<ExperimentBuild>& builds,
                                       const SourceLines* lines, const Limits& limits, Coverage& coverage);

}  // namespace assay::rebuild
