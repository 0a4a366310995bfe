#include "rebuild/experiment.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <future>
#include <optional>
#include <set>

namespace assay::rebuild {

namespace {

using Set = std::vector<const Variation*>;  ///< sorted by address, so that equal sets are equal

/// Takes the place of an artifact where a build ended well and the other did not.
constexpr std::string_view k_building = "(the build)";

bool holds(const Set& set, const Variation* variation) {
  return std::find(set.begin(), set.end(), variation) != set.end();
}

Set sorted(Set set) {
  std::sort(set.begin(), set.end(), std::less<>{});
  return set;
}

std::string names(const Set& set) {
  std::string text;
  for (const auto* each : set) text += (text.empty() ? "" : ", ") + std::string{each->id};
  return text;
}

/// A variation after which no two builds are alike: only the last set of a chain may have it.
bool is_noisy(const Variation* variation) {
  return variation->id == "aslr";
}

class Experiment {
 public:
  explicit Experiment(const ExperimentRequest& request) : m_request(request) {}

  Result<ExperimentResult> go() {
    if (m_request.jobs > 1) {
      ASSAY_TRY_VOID(run_all({Set{}, Set{}}));
    } else {
      ASSAY_TRY_VOID(run_all({Set{}}));
    }
    m_result.base_built = !m_trials.empty() && m_trials[0].built;
    if (!m_result.base_built) return finish();
    if (m_trials.size() < 2) {
      ASSAY_TRY_VOID(run_all({Set{}}));
    }
    compare_bases();
    if (m_request.vary.empty()) m_result.complete = true;
    if (m_request.vary.empty() || m_trials.size() < 2 || is_blind()) return finish();
    ASSAY_TRY_VOID(run_all({m_request.vary}));
    if (m_trials.size() < 3) return finish();
    set_aside_without_effect();
    ASSAY_TRY_VOID(find_breakers());
    ASSAY_TRY_VOID(search(Set{}, m_candidates));
    ASSAY_TRY_VOID(look_behind());
    const auto proven_with = m_trials.size();
    ASSAY_TRY_VOID(look_for_helpers());
    if (m_trials.size() > proven_with + 1) ASSAY_TRY_VOID(confirm_helpers());
    return finish();
  }

 private:
  /// Build each of `sets`, `jobs` at a time. Beyond `most_builds` nothing is built, and the search is not complete.
  Result<void> run_all(const std::vector<Set>& sets) {
    std::size_t begun = 0;
    while (begun < sets.size()) {
      std::vector<std::future<Result<Trial>>> running;
      const auto first = m_trials.size();
      for (; begun < sets.size() && running.size() < std::max(m_request.jobs, 1U); ++begun) {
        const auto number = first + running.size();
        if (number >= m_request.most_builds) {
          m_exhausted = true;
          break;
        }
        m_result.runs.push_back({label_of(sets[begun], number), sets[begun], false});
        m_sets.emplace(sorted(sets[begun]), number);
        running.push_back(
            std::async(std::launch::async, [this, number, set = sets[begun], label = m_result.runs.back().label] {
              auto conditions = m_request.base;
              for (const auto* variation : set) variation->apply(conditions);
              return m_request.build(conditions, label, number);
            }));
      }
      if (running.empty()) return {};
      std::optional<Error> failed;
      for (auto& each : running) {
        auto trial = each.get();
        if (!trial && !failed) failed = trial.error();
        m_trials.push_back(trial ? std::move(*trial) : Trial{});
        m_result.runs[m_trials.size() - 1].built = m_trials.back().built;
      }
      if (failed) return *failed;
    }
    return {};
  }

  /// The number of the build of `set`, made now if it was not yet; nothing if there are no builds left.
  Result<std::optional<std::size_t>> build_of(const Set& set) {
    if (!m_sets.contains(sorted(set))) {
      ASSAY_TRY_VOID(run_all({set}));
    }
    return number_of(set);
  }
  std::optional<std::size_t> number_of(const Set& set) const {
    const auto found = m_sets.find(sorted(set));
    return found == m_sets.end() ? std::nullopt : std::optional{found->second};
  }

  std::string label_of(const Set& set, std::size_t number) const {
    if (set.empty()) return number == 0 ? "base" : "base again";
    if (set.size() == m_request.vary.size()) return "all variations";
    if (set.size() * 2 <= m_request.vary.size()) return "with " + names(set);
    Set left;
    for (const auto* each : m_request.vary)
      if (!holds(set, each)) left.push_back(each);
    return "all but " + names(left);
  }

  void compare_bases() {
    const auto& first = m_trials[0];
    if (m_trials.size() < 2) return;
    if (!m_trials[1].built) {
      for (const auto& [name, digest] : first.digests) m_result.unstable.push_back(name);
      m_unstable.insert(m_result.unstable.begin(), m_result.unstable.end());
      return;
    }
    m_result.unstable = differing(0, 1);
    m_unstable.insert(m_result.unstable.begin(), m_result.unstable.end());
    m_result.deterministic = m_result.unstable.empty();
  }

  /// Where everything differs between builds under the same conditions no variation can be seen to do anything.
  bool is_blind() const {
    const auto& made = m_trials[0].digests;
    return !m_trials[1].built || (!made.empty() && std::all_of(made.begin(), made.end(), [&](const auto& artifact) {
      return m_unstable.contains(artifact.first);
    }));
  }

  /// Build the base anew: what it makes otherwise now is the doing of the time that has passed since, or of chance, and no
  /// longer held against any variation. Returns whether there was such a thing; nothing if there are no builds left.
  Result<std::optional<bool>> find_drift() {
    const auto number = m_trials.size();
    ASSAY_TRY_VOID(run_all({Set{}}));
    if (m_trials.size() == number) return std::optional<bool>{};
    auto drifted = differing(0, number);
    if (drifted.empty()) return std::optional{false};
    if (!m_trials[number].built) {
      drifted.clear();
      for (const auto& [name, digest] : m_trials[0].digests) drifted.push_back(name);
    }
    m_unstable.insert(drifted.begin(), drifted.end());
    m_result.unstable.assign(m_unstable.begin(), m_unstable.end());
    m_result.deterministic = false;
    for (auto& factor : m_result.factors)
      std::erase_if(factor.artifacts, [&](const auto& name) { return m_unstable.contains(name); });
    std::erase_if(m_result.factors, [](const Factor& factor) { return factor.artifacts.empty(); });
    return std::optional{true};
  }

  /// Names of stable artifacts that differ between two builds.
  std::vector<std::string> differing(std::size_t a, std::size_t b) const {
    std::vector<std::string> found;
    const auto& one = m_trials[a];
    const auto& other = m_trials[b];
    if (one.built != other.built) return {std::string{k_building}};
    const std::map<std::string, std::string, std::less<>> before(one.digests.begin(), one.digests.end()),
        after(other.digests.begin(), other.digests.end());
    std::set<std::string> all;
    for (const auto* side : {&before, &after})
      for (const auto& [name, digest] : *side) all.insert(name);
    for (const auto& name : all) {
      if (m_unstable.contains(name)) continue;
      const auto left = before.find(name), right = after.find(name);
      if (left == before.end() || right == after.end()) found.push_back(name);
      else if (left->second != right->second &&
               !(m_request.same_but_for_clock && m_request.same_but_for_clock(name, a, b)))
        found.push_back(name);
    }
    return found;
  }

  /// What had no effect is in the build of all variations, and is in none of the later ones.
  void set_aside_without_effect() {
    const auto& base = m_trials[0].probes;
    const auto& varied = m_trials[2].probes;
    for (const auto* each : m_request.vary) {
      const auto before = base.find(each->probe), after = varied.find(each->probe);
      const bool known = before != base.end() && after != varied.end();
      if ((!known && !varied.empty()) || (known && before->second == after->second)) {
        m_result.without_effect.emplace_back(
            each, known ? fmt::format("it is \"{}\" as before; needed: {}", after->second, each->needs)
                        : fmt::format("the build did not say what it saw; needed: {}", each->needs));
      } else {
        m_candidates.push_back(each);
      }
    }
    std::stable_partition(m_candidates.begin(), m_candidates.end(),
                          [](const Variation* each) { return !is_noisy(each); });
    m_sets.emplace(sorted(m_candidates), 2);
  }

  /// Take out the variations under which nothing is built, one after the other.
  Result<void> find_breakers() {
    for (;;) {
      ASSAY_TRY(const auto top, build_of(m_candidates));
      if (!top || m_trials[*top].built) return {};
      std::size_t low = 0, high = m_candidates.size();  // built with the first `low`, not with the first `high`
      while (high - low > 1) {
        const auto middle = low + (high - low) / 2;
        ASSAY_TRY(const auto number,
                  build_of(Set(m_candidates.begin(), m_candidates.begin() + static_cast<std::ptrdiff_t>(middle))));
        if (!number) return {};
        (m_trials[*number].built ? low : high) = middle;
      }
      m_result.broke_build.push_back(m_candidates[high - 1]);
      m_candidates.erase(m_candidates.begin() + static_cast<std::ptrdiff_t>(high - 1));
    }
  }

  /// Those that the difference looks like stand first, and the first split is behind them.
  std::size_t put_guessed_first(Set& chain, std::size_t from, std::size_t to) const {
    if (!m_request.guess || chain.size() < 2) return 0;
    const auto guessed = m_request.guess(from, to);
    const auto end = std::stable_partition(
        chain.begin(), chain.end(), [&](const Variation* each) { return holds(guessed, each) && !is_noisy(each); });
    return static_cast<std::size_t>(end - chain.begin());
  }

  /// Find what of `chain` changes the result, added to `start` one after the other. All stretches that are open at a time
  /// are halved together, so that builds can run side by side.
  Result<void> search(const Set& start, Set chain) {
    const auto set_at = [&](std::size_t count) {
      Set set = start;
      set.insert(set.end(), chain.begin(), chain.begin() + static_cast<std::ptrdiff_t>(count));
      return set;
    };
    const auto bottom = number_of(set_at(0)), top = number_of(set_at(chain.size()));
    if (!bottom || !top || chain.empty() || !m_trials[*top].built || differing(*bottom, *top).empty()) return {};
    const auto guessed = put_guessed_first(chain, *bottom, *top);
    std::vector<std::pair<std::size_t, std::size_t>> open{{0, chain.size()}};
    while (!open.empty()) {
      std::vector<std::pair<std::size_t, std::size_t>> halves;
      std::vector<Set> wanted;
      for (const auto& [low, high] : open) {
        const auto below = *number_of(set_at(low)), above = *number_of(set_at(high));
        const auto changed = differing(below, above);
        if (changed.empty()) continue;
        if (high - low == 1) {
          note(chain[low], above, below, changed);
          continue;
        }
        const bool first = low == 0 && high == chain.size() && guessed > 0 && guessed < chain.size();
        const auto middle = first ? guessed : low + (high - low) / 2;
        if (!number_of(set_at(middle))) wanted.push_back(set_at(middle));
        halves.emplace_back(low, middle);
        halves.emplace_back(middle, high);
      }
      ASSAY_TRY_VOID(run_all(wanted));
      std::erase_if(halves, [&](const auto& half) {
        if (number_of(set_at(half.first)) && number_of(set_at(half.second))) return false;
        for (auto at = half.first; at < half.second; ++at) m_undecided.insert(chain[at]);
        return true;
      });
      open = std::move(halves);
    }
    return {};
  }

  void note(const Variation* variation, std::size_t with, std::size_t without,
            const std::vector<std::string>& artifacts) {
    if (artifacts == std::vector{std::string{k_building}}) {
      if (!holds(m_result.broke_build, variation)) m_result.broke_build.push_back(variation);
      return;
    }
    auto& factors = m_result.factors;
    auto found =
        std::find_if(factors.begin(), factors.end(), [&](const Factor& each) { return each.variation == variation; });
    if (found == factors.end()) found = factors.insert(factors.end(), Factor{variation, false, {}, with, without, {}});
    for (const auto& name : artifacts)
      if (std::find(found->artifacts.begin(), found->artifacts.end(), name) == found->artifacts.end())
        found->artifacts.push_back(name);
    std::sort(found->artifacts.begin(), found->artifacts.end());
  }

  Set guilty() const {
    Set set;
    for (const auto& factor : m_result.factors) set.push_back(factor.variation);
    return set;
  }
  Set but(const Set& set, const Set& without) const {
    Set left;
    for (const auto* each : set)
      if (!holds(without, each) && !holds(m_result.broke_build, each)) left.push_back(each);
    return left;
  }

  /// Without the guilty ones the result must be that of the base. If it is not, they hid the effect of others, or the time
  /// that passed did it. Where all are guilty the base is built anew: its first build is no proof of anything.
  Result<void> look_behind() {
    while (!m_result.factors.empty() && !m_exhausted) {
      const auto before = m_result.factors.size();
      const auto rest = but(m_candidates, guilty());
      if (!rest.empty()) {
        ASSAY_TRY(const auto number, build_of(rest));
        if (!number) return {};
        mark_proven(differing(0, *number));
        if (differing(0, *number).empty()) return {};
      }
      ASSAY_TRY(const auto drifted, find_drift());
      if (!drifted) return {};
      if (*drifted) continue;
      if (rest.empty()) {
        mark_proven({});
        return {};
      }
      ASSAY_TRY_VOID(search(Set{}, rest));
      if (m_result.factors.size() == before) return {};
    }
    return {};
  }

  /// All whose artifacts are not among `left`, which differ from the base's without the guilty ones too.
  void mark_proven(const std::vector<std::string>& left) {
    for (auto& factor : m_result.factors)
      factor.proven = std::none_of(factor.artifacts.begin(), factor.artifacts.end(), [&](const auto& name) {
        return std::binary_search(left.begin(), left.end(), name);
      });
  }

  /// The guilty ones by themselves must make the result of all. If they do not, one of the others helps them.
  Result<void> look_for_helpers() {
    while (!m_result.factors.empty() && !m_exhausted) {
      const auto known = guilty();
      if (std::any_of(known.begin(), known.end(), is_noisy)) return {};
      const auto chain = but(m_candidates, known);
      ASSAY_TRY(const auto number, build_of(known));
      const auto top = number_of(but(m_candidates, {}));
      if (!number || !top || !m_trials[*number].built) return {};
      const auto lacking = differing(*number, *top);
      if (lacking.empty()) return {};
      ASSAY_TRY_VOID(search(known, chain));
      if (m_result.factors.size() == known.size()) return {};
      tie(known, lacking);
    }
    return {};
  }

  /// A search after the proof may have taken for a helper what was the time since.
  Result<void> confirm_helpers() {
    ASSAY_TRY(const auto drifted, find_drift());
    if (!drifted)
      for (auto& factor : m_result.factors) factor.proven = false;
    return {};
  }

  /// What was found now, and what it helps: they act on the same artifacts.
  void tie(const Set& known, const std::vector<std::string>& lacking) {
    auto& factors = m_result.factors;
    const auto touches = [&](const Factor& factor) {
      return std::any_of(factor.artifacts.begin(), factor.artifacts.end(),
                         [&](const auto& name) { return std::binary_search(lacking.begin(), lacking.end(), name); });
    };
    for (auto& helper : factors) {
      if (holds(known, helper.variation)) continue;
      helper.proven = true;  // look_behind() has seen that its artifacts are the base's without those it helps
      for (auto& helped : factors) {
        if (!holds(known, helped.variation) || !touches(helped)) continue;
        helper.proven = helper.proven && helped.proven;
        helper.together_with.push_back(helped.variation);
        helped.together_with.push_back(helper.variation);
      }
    }
  }

  Result<ExperimentResult> finish() {
    const auto found = guilty();
    m_result.complete = m_result.complete || (m_trials.size() >= 3 && !m_exhausted);
    for (const auto* each : m_request.vary) {
      const bool aside = std::any_of(m_result.without_effect.begin(), m_result.without_effect.end(),
                                     [&](const auto& other) { return other.first == each; });
      if (aside || holds(found, each) || holds(m_result.broke_build, each)) continue;
      (m_trials.size() < 3 || is_blind() || m_undecided.contains(each) || (m_exhausted && !holds(m_candidates, each))
           ? m_result.undecided
           : m_result.innocent)
          .push_back(each);
    }
    return std::move(m_result);
  }

  const ExperimentRequest& m_request;
  ExperimentResult m_result;
  std::vector<Trial> m_trials;
  std::map<Set, std::size_t> m_sets;  ///< first build of each
  std::set<std::string, std::less<>> m_unstable;
  Set m_candidates;  ///< what took effect, and lets the build end well
  std::set<const Variation*> m_undecided;
  bool m_exhausted = false;
};

}  // namespace

Result<ExperimentResult> find_factors(const ExperimentRequest& request) {
  return Experiment{request}.go();
}

}  // namespace assay::rebuild
