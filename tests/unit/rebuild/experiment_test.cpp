#include "rebuild/experiment.hpp"

#include <algorithm>
#include <atomic>
#include <bit>
#include <mutex>
#include <random>
#include <set>

#include "support/catch.hpp"

using namespace assay;
using namespace assay::rebuild;

namespace {

using Ids = std::set<std::string, std::less<>>;

std::vector<const Variation*> everything() {
  std::vector<const Variation*> all;
  for (const auto& each : variations()) all.push_back(&each);
  return all;
}

/// A field that only this variation changes, as text.
std::string field(const Conditions& c, std::string_view id) {
  if (id == "build_path") return c.directory;
  if (id == "environment") return std::to_string(c.environment.size());
  if (id == "locale") return c.locale;
  if (id == "timezone") return c.timezone;
  if (id == "time") return std::to_string(c.time_offset.count());
  if (id == "umask") return c.umask;
  if (id == "home") return c.home;
  if (id == "user_group") return c.user;
  if (id == "host") return c.hostname;
  if (id == "domain") return c.domain;
  if (id == "kernel") return std::to_string(c.old_kernel);
  if (id == "num_cpus") return std::to_string(c.processors);
  if (id == "aslr") return std::to_string(c.fixed_addresses);
  if (id == "file_order") return std::to_string(static_cast<int>(c.order));
  if (id == "shell") return c.shell;
  return c.seed;
}

Ids varied_in(const Conditions& conditions) {
  Ids ids;
  for (const auto& each : variations())
    if (field(conditions, each.id) != field({}, each.id)) ids.emplace(each.id);
  return ids;
}

/// What an artifact is, given what is varied.
using Model = std::function<std::string(const Ids& varied, std::size_t number)>;

/// Each of `guilty` changes it by itself.
Model each_of(Ids guilty) {
  return [guilty = std::move(guilty)](const Ids& varied, std::size_t) {
    std::string content;
    for (const auto& id : guilty) content += varied.contains(id) ? "1" : "0";
    return content;
  };
}

struct World {
  std::map<std::string, Model> artifacts;
  std::function<bool(const Ids&)> builds = [](const Ids&) { return true; };
  Ids without_effect;
  std::atomic<std::size_t> built{0};

  Result<Trial> build(const Conditions& conditions, std::size_t number) {
    ++built;
    const auto varied = varied_in(conditions);
    Trial trial;
    for (const auto& each : variations())
      trial.probes.emplace(each.probe,
                           varied.contains(each.id) && !without_effect.contains(each.id) ? "varied" : "base");
    Ids real;
    std::set_difference(varied.begin(), varied.end(), without_effect.begin(), without_effect.end(),
                        std::inserter(real, real.end()));
    trial.built = builds(real);
    if (!trial.built) return trial;
    for (const auto& [name, model] : artifacts) trial.digests.emplace_back(name, model(real, number));
    return trial;
  }

  ExperimentResult search(const std::function<void(ExperimentRequest&)>& change = {}) {
    ExperimentRequest request;
    request.vary = everything();
    request.build = [this](const Conditions& conditions, std::string_view, std::size_t number) {
      return build(conditions, number);
    };
    if (change) change(request);
    built = 0;
    auto result = find_factors(request);
    REQUIRE(result);
    CHECK(result->runs.size() == built);
    return std::move(*result);
  }
};

Ids guilty_of(const ExperimentResult& result) {
  Ids ids;
  for (const auto& factor : result.factors) CHECK(ids.emplace(factor.variation->id).second);
  return ids;
}
Ids ids_of(const std::vector<const Variation*>& list) {
  Ids ids;
  for (const auto* each : list) ids.emplace(each->id);
  return ids;
}

std::size_t bound(std::size_t guilty) {
  return 2 + guilty * std::bit_width(variations().size() - 1) + 2;
}

Ids random_ids(std::mt19937& random, std::size_t count, const Ids& not_these = {}) {
  Ids ids;
  while (ids.size() < count) {
    const auto id = variations()[random() % variations().size()].id;
    if (!not_these.contains(id)) ids.emplace(id);
  }
  return ids;
}

void check_proven(const ExperimentResult& result) {
  for (const auto& factor : result.factors) {
    INFO(factor.variation->id);
    CHECK(factor.proven);
    auto with = result.runs.at(factor.with).varied, without = result.runs.at(factor.without).varied;
    without.push_back(factor.variation);
    std::sort(with.begin(), with.end());
    std::sort(without.begin(), without.end());
    CHECK(with == without);  // they differ in this one alone
  }
}

}  // namespace

TEST_CASE("experiment: a reproducible build takes three builds and leaves all innocent", "[rebuild][experiment]") {
  World world;
  world.artifacts["a"] = each_of({});
  const auto result = world.search();
  CHECK(result.runs.size() == 3);
  CHECK(result.deterministic);
  CHECK(result.complete);
  CHECK(result.factors.empty());
  CHECK(result.innocent.size() == variations().size());
  CHECK(result.runs[0].label == "base");
  CHECK(result.runs[1].label == "base again");
  CHECK(result.runs[2].label == "all variations");
}

TEST_CASE("experiment: any set of guilty variations is found and proven, within the builds promised",
          "[rebuild][experiment]") {
  std::mt19937 random{1};
  for (int round = 0; round < 600; ++round) {
    const auto guilty = random_ids(random, random() % 7, {"aslr"});
    World world;
    world.artifacts["a"] = each_of(guilty);
    const auto result = world.search();
    INFO(round << ", guilty " << guilty.size() << ", builds " << result.runs.size());
    CHECK(guilty_of(result) == guilty);
    CHECK(result.complete);
    CHECK(result.innocent.size() == variations().size() - guilty.size());
    CHECK(result.runs.size() <= bound(guilty.size()) + (guilty.size() == 1 ? 1 : 0));
    check_proven(result);
  }
}

TEST_CASE("experiment: a right guess takes two builds for the proof, a wrong one at most one too many",
          "[rebuild][experiment]") {
  for (const auto& each : variations()) {
    World world;
    world.artifacts["a"] = each_of({std::string{each.id}});
    const auto guess = [](const Variation* guessed) {
      return [guessed](ExperimentRequest& request) {
        request.guess = [guessed](std::size_t, std::size_t) { return std::vector{guessed}; };
      };
    };
    const auto right = world.search(guess(&each));
    CHECK(guilty_of(right) == Ids{std::string{each.id}});
    CHECK(right.runs.size() <= (each.id == "aslr" ? bound(1) : 5));
    check_proven(right);
    const auto wrong = world.search(guess(find_variation(each.id == "home" ? "host" : "home")));
    CHECK(guilty_of(wrong) == Ids{std::string{each.id}});
    CHECK(wrong.runs.size() <= bound(1) + 2);
  }
}

TEST_CASE("experiment: every artifact has its own guilty variations, and all share the builds",
          "[rebuild][experiment]") {
  std::mt19937 random{2};
  for (int round = 0; round < 100; ++round) {
    World world;
    std::map<std::string, Ids> truth;
    for (const char* name : {"a", "b", "c"}) truth[name] = random_ids(random, random() % 3, {"aslr"});
    Ids all;
    for (const auto& [name, ids] : truth) {
      world.artifacts[name] = each_of(ids);
      all.insert(ids.begin(), ids.end());
    }
    const auto result = world.search();
    CHECK(guilty_of(result) == all);
    CHECK(result.runs.size() <= bound(all.size()) + 1);
    for (const auto& factor : result.factors)
      for (const auto& [name, ids] : truth)
        CHECK(std::binary_search(factor.artifacts.begin(), factor.artifacts.end(), name) ==
              ids.contains(factor.variation->id));
    check_proven(result);
  }
}

TEST_CASE("experiment: variations that act only together are both found, and tied", "[rebuild][experiment]") {
  for (const auto& one : variations()) {
    for (const auto& other : variations()) {
      if (one.id >= other.id || one.id == "aslr" || other.id == "aslr") continue;
      const Ids pair{std::string{one.id}, std::string{other.id}};
      World world;
      world.artifacts["a"] = [&](const Ids& varied, std::size_t) {
        return std::includes(varied.begin(), varied.end(), pair.begin(), pair.end()) ? "1" : "0";
      };
      const auto result = world.search();
      INFO(one.id << " and " << other.id);
      CHECK(guilty_of(result) == pair);
      CHECK(result.runs.size() <= bound(pair.size()) + 3);
      for (const auto& factor : result.factors) {
        CHECK(factor.proven);
        CHECK(factor.together_with.size() == 1);
      }
    }
  }
}

TEST_CASE("experiment: a variation that hides the effect of another is no way past", "[rebuild][experiment]") {
  for (const auto& mask : variations()) {
    for (const auto& hidden : variations()) {
      if (mask.id == hidden.id || mask.id == "aslr" || hidden.id == "aslr") continue;
      World world;
      world.artifacts["a"] = [&](const Ids& varied, std::size_t) {
        return varied.contains(mask.id) ? "masked" : varied.contains(hidden.id) ? "1" : "0";
      };
      const auto result = world.search();
      INFO(mask.id << " hides " << hidden.id);
      CHECK(guilty_of(result) == Ids{std::string{mask.id}, std::string{hidden.id}});
      check_proven(result);
    }
  }
}

TEST_CASE("experiment: what differs between identical builds is blamed on no variation", "[rebuild][experiment]") {
  World world;
  world.artifacts["race"] = [](const Ids&, std::size_t number) { return std::to_string(number); };
  world.artifacts["a"] = each_of({"locale"});
  const auto result = world.search();
  CHECK_FALSE(result.deterministic);
  CHECK(result.unstable == std::vector<std::string>{"race"});
  CHECK(guilty_of(result) == Ids{"locale"});
  CHECK(result.factors.at(0).artifacts == std::vector<std::string>{"a"});
}

TEST_CASE("experiment: addresses that are another in each build are blamed on ASLR alone", "[rebuild][experiment]") {
  std::mt19937 random{3};
  for (int round = 0; round < 200; ++round) {
    auto others = random_ids(random, random() % 3, {"aslr"});
    World world;
    world.artifacts["a"] = [&](const Ids& varied, std::size_t number) {
      return each_of(others)(varied, number) + (varied.contains("aslr") ? std::to_string(number) : "");
    };
    const auto result = world.search();
    auto all = others;
    all.insert("aslr");
    CHECK(result.deterministic);
    CHECK(guilty_of(result) == all);
    CHECK(result.runs.size() <= bound(all.size()));
    check_proven(result);
  }
}

TEST_CASE("experiment: a clock that goes on is told from one that was set", "[rebuild][experiment]") {
  World world;
  std::mutex mutex;
  std::map<std::string, Ids> seen;
  world.artifacts["stamp"] = [&](const Ids& varied, std::size_t number) {
    const std::lock_guard lock{mutex};
    seen[std::to_string(number)] = varied;
    return std::to_string(number);  // another moment in each build
  };
  const auto result = world.search([&](ExperimentRequest& request) {
    request.same_but_for_clock = [&](std::string_view, std::size_t a, std::size_t b) {
      return seen[std::to_string(a)].contains("time") == seen[std::to_string(b)].contains("time");
    };
  });
  CHECK(result.deterministic);
  CHECK(guilty_of(result) == Ids{"time"});
  check_proven(result);
}

TEST_CASE("experiment: a clock that goes on unrecognized during the search is blamed on no variation",
          "[rebuild][experiment]") {
  // The builds of one second, minute or hour see the same clock; `period` of them do.
  for (std::size_t period = 1; period < 40; ++period) {
    for (const bool all_guilty : {false, true}) {
      World world;
      Ids guilty{"home", "locale"};
      if (all_guilty)
        for (const auto& each : variations()) guilty.emplace(each.id);
      world.artifacts["stamp"] = [&](const Ids& varied, std::size_t number) {
        return std::to_string(number / period) + (varied.contains("time") ? " later" : "");
      };
      world.artifacts["a"] = each_of(guilty);
      const auto result = world.search();
      INFO("period " << period << ", builds " << result.runs.size());
      CHECK(guilty_of(result).size() == guilty.size() + (result.unstable.empty() && !all_guilty ? 1 : 0));
      for (const auto& factor : result.factors) {
        CHECK(factor.proven);
        const auto& made = factor.artifacts;
        if (factor.variation->id == "time") continue;
        CHECK(made == std::vector<std::string>{"a"});
      }
      CHECK(result.deterministic == result.unstable.empty());
    }
  }
}

TEST_CASE("experiment: where all variations are guilty the base is built anew to prove it", "[rebuild][experiment]") {
  World world;
  Ids all;
  for (const auto& each : variations()) all.emplace(each.id);
  world.artifacts["a"] = each_of(all);
  const auto result = world.search();
  CHECK(guilty_of(result) == all);
  check_proven(result);
  const auto& runs = result.runs;
  CHECK(std::any_of(runs.begin() + 3, runs.end(), [](const auto& run) { return run.varied.empty(); }));
  CHECK(runs.size() <= bound(all.size()));
}

TEST_CASE("experiment: where nothing is stable no variation is tried, and none called innocent",
          "[rebuild][experiment]") {
  World world;
  world.artifacts["race"] = [](const Ids&, std::size_t number) { return std::to_string(number); };
  const auto result = world.search();
  CHECK(result.runs.size() == 2);
  CHECK(result.innocent.empty());
  CHECK(result.undecided.size() == variations().size());
}

TEST_CASE("experiment: variations that break the build are named, and the others still judged",
          "[rebuild][experiment]") {
  std::mt19937 random{4};
  for (int round = 0; round < 200; ++round) {
    const auto breakers = random_ids(random, 1 + random() % 2);
    auto not_these = breakers;
    not_these.insert("aslr");
    const auto guilty = random_ids(random, random() % 3, not_these);
    World world;
    world.artifacts["a"] = each_of(guilty);
    world.builds = [&](const Ids& varied) {
      return std::none_of(breakers.begin(), breakers.end(), [&](const auto& id) { return varied.contains(id); });
    };
    const auto result = world.search();
    CHECK(ids_of(result.broke_build) == breakers);
    CHECK(guilty_of(result) == guilty);
    CHECK(result.innocent.size() == variations().size() - breakers.size() - guilty.size());
    check_proven(result);
  }
}

TEST_CASE("experiment: a base that is not built ends it at once", "[rebuild][experiment]") {
  World world;
  world.builds = [](const Ids&) { return false; };
  const auto result = world.search();
  CHECK(result.runs.size() == 1);
  CHECK_FALSE(result.base_built);
  CHECK_FALSE(result.complete);
  CHECK(result.innocent.empty());
  CHECK(result.undecided.size() == variations().size());
}

TEST_CASE("experiment: a variation that did nothing says so and is not called innocent", "[rebuild][experiment]") {
  World world;
  world.artifacts["a"] = each_of({"host", "kernel"});
  world.without_effect = {"kernel", "num_cpus"};
  const auto result = world.search();
  CHECK(guilty_of(result) == Ids{"host"});
  REQUIRE(result.without_effect.size() == 2);
  CHECK(result.without_effect[0].first->id == "kernel");
  CHECK(result.without_effect[0].second.find("needed: ") != std::string::npos);
  CHECK(!ids_of(result.innocent).contains("kernel"));
}

TEST_CASE("experiment: when the builds are used up nothing is called innocent that is not", "[rebuild][experiment]") {
  const Ids guilty{"file_order", "home", "locale", "seed"};
  for (std::size_t most = 0; most < 24; ++most) {
    World world;
    world.artifacts["a"] = each_of(guilty);
    const auto result = world.search([&](ExperimentRequest& request) { request.most_builds = most; });
    INFO(most);
    CHECK(result.runs.size() <= most);
    for (const auto& id : ids_of(result.innocent)) CHECK(!guilty.contains(id));
    for (const auto& id : guilty_of(result)) CHECK(guilty.contains(id));
    CHECK(result.innocent.size() + result.undecided.size() + result.factors.size() == variations().size());
    CHECK(result.complete ==
          (guilty_of(result) == guilty &&
           std::all_of(result.factors.begin(), result.factors.end(), [](const Factor& each) { return each.proven; }) &&
           result.runs.size() >= 15));
  }
}

TEST_CASE("experiment: builds side by side find the same", "[rebuild][experiment]") {
  World world;
  world.artifacts["a"] = each_of({"seed", "umask"});
  world.artifacts["b"] = each_of({"time"});
  const auto one = world.search();
  const auto four = world.search([](ExperimentRequest& request) { request.jobs = 4; });
  CHECK(guilty_of(one) == guilty_of(four));
  CHECK(one.runs.size() == four.runs.size());
  for (std::size_t i = 0; i < one.runs.size(); ++i) CHECK(one.runs[i].label == four.runs[i].label);
}

TEST_CASE("experiment: an error of a build is an error of the experiment", "[rebuild][experiment]") {
  ExperimentRequest request;
  request.vary = everything();
  request.build = [](const Conditions&, std::string_view, std::size_t number) -> Result<Trial> {
    if (number < 2) return Trial{true, {{"a", "1"}}, {}};
    return Error{ErrorCode::not_found, "no sandbox", {}, {}};
  };
  CHECK(!find_factors(request));
}
