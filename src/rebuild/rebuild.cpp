#include "rebuild/rebuild.hpp"
#include "rebuild/cache.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <mutex>
#include <set>
#include <thread>

#include "base/text.hpp"
#include "rebuild/against_published.hpp"
#include "rebuild/buildinfo.hpp"
#include "rebuild/declared_packages.hpp"
#include "rebuild/experiment.hpp"
#include "rebuild/kept_build.hpp"
#include "rebuild/make_root.hpp"
#include "rebuild/proof.hpp"
#include "rebuild/rules.hpp"
#include "rebuild/toolchain.hpp"
#include "rebuild/younger_tools.hpp"
#include "trace/findings.hpp"

namespace assay::rebuild {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t k_max_traced_files = 2'000'000;  // in the traces that are kept
constexpr std::chrono::milliseconds k_another_second{1100};

/// All builds of a run, by number.
class Builds {
 public:
  Builds(const RebuildRequest& request, const BuildSource& source, const BuildRecipe& recipe, fs::path work)
      : m_request(request), m_source(source), m_recipe(recipe), m_work(std::move(work)) {
    if (request.keep) m_system = toolchain_digest(request.root);
    m_opened = std::chrono::steady_clock::now();
  }

  Result<Trial> run(const Conditions& conditions, std::string_view label, std::size_t number) {
    if (m_request.progress) m_request.progress(fmt::format("build {}: {}", number + 1, label));
    BuildRequest build;
    build.source = &m_source;
    build.recipe = &m_recipe;
    build.conditions = conditions;
    build.root = m_request.root;
    build.directory = m_work / fmt::format("build-{}", number + 1);
    build.network = m_request.network;
    build.traced = m_request.traced;
    build.sandboxed = m_request.sandboxed;
    build.limits = m_request.limits;
    build.digests = &m_digests;
    build.progress = [&](std::string_view phase) {
      if (m_request.progress) m_request.progress(fmt::format("build {}: {}: {}", number + 1, label, phase));
    };
    auto effective = conditions;
    if (!m_request.traced) effective.time_offset = {};  // nobody set the clock
    const auto key = m_request.keep ? std::optional{key_of(build, m_system)} : std::nullopt;
    if (auto kept = key ? find_kept_build(build.directory, *key, m_request.root) : std::nullopt)
      return keep({std::move(kept->outcome), effective, kept->started}, label, number, Origin::earlier_run);
    // Two builds within one second would agree about a clock that tells seconds.
    if (number == 1) std::this_thread::sleep_until(m_opened + k_another_second);
    KeptBuild made;
    made.started = std::chrono::system_clock::now();
    ASSAY_TRY(made.outcome, run_build(build));
    if (key && made.outcome.end == BuildEnd::built) ASSAY_TRY_VOID(keep_build(build.directory, *key, made));
    return keep({std::move(made.outcome), effective, made.started}, label, number, Origin::this_run);
  }

  const BuildOutcome& at(std::size_t number) const { return m_builds.at(number).outcome; }
  /// While no build runs.
  const std::vector<ExperimentBuild>& all() const noexcept { return m_builds; }
  ExperimentBuild copy(std::size_t number) {
    const std::lock_guard lock{m_mutex};
    return m_builds.at(number);
  }
  std::size_t count() const noexcept { return m_builds.size(); }
  const std::vector<RebuildRun>& runs() const noexcept { return m_runs; }

 private:
  enum class Origin : std::uint8_t { this_run, earlier_run };

  Trial keep(ExperimentBuild build, std::string_view label, std::size_t number, Origin origin) {
    Trial trial;
    auto& outcome = build.outcome;
    trial.built = outcome.end == BuildEnd::built;
    for (const auto& artifact : outcome.artifacts) trial.digests.emplace_back(artifact.name, artifact.sha256);
    trial.probes = outcome.probes;
    const std::lock_guard lock{m_mutex};
    // A trace is large; only an experiment asks for more than the first, as far as there is room for them.
    if (outcome.trace && number != 0) {
      const auto files = outcome.trace->files.size();
      if (m_request.vary.empty() || m_traced_files + files > k_max_traced_files) outcome.trace.reset();
      else m_traced_files += files;
    }
    if (m_builds.size() <= number) {
      m_builds.resize(number + 1);
      m_runs.resize(number + 1);
    }
    m_runs[number] = {std::string{label},
                      {},
                      trial.built,
                      static_cast<std::uint64_t>(outcome.wall.count()),
                      origin == Origin::earlier_run};
    m_builds[number] = std::move(build);
    return trial;
  }

  const RebuildRequest& m_request;
  const BuildSource& m_source;
  const BuildRecipe& m_recipe;
  const fs::path m_work;
  Sha256 m_system;  ///< what the builds see, if they are kept
  trace::DigestCache m_digests{digest_cache_file()};
  std::chrono::steady_clock::time_point m_opened;
  std::mutex m_mutex;
  std::vector<ExperimentBuild> m_builds;
  std::size_t m_traced_files = 0;
  std::vector<RebuildRun> m_runs;
};

class Rebuilding {
 public:
  explicit Rebuilding(const RebuildRequest& request) : m_request(request) {}

  Result<Rebuild> run() {
    for (const auto& published : m_request.against)
      if (std::error_code ignored; !fs::is_regular_file(published, ignored))
        return Error{ErrorCode::not_found, "there is no such file", escape_for_display(published.string()),
                     "--against takes published artifacts"};
    SourceOptions opening{m_request.root, m_request.reading};
    ASSAY_TRY(m_rebuild.source, open_build_source(m_request.source, opening));
    ASSAY_TRY(m_rebuild.recipe, recipe());
    ASSAY_TRY_VOID(take_record());
    if (m_request.make_root) ASSAY_TRY_VOID(make_own_root());
    describe();
    note_version_gaps();
    Builds builds{m_request, m_rebuild.source, m_rebuild.recipe, m_request.work};
    ASSAY_TRY_VOID(build_all(builds));
    return std::move(m_rebuild);
  }

 private:
  Result<BuildRecipe> recipe() const {
    const auto& source = m_rebuild.source;
    if (m_request.recipe.ends_with(".toml")) return read_build_recipe(m_request.recipe);
    if (!m_request.recipe.empty()) return build_recipe_named(m_request.recipe, source.tree, source.debian_control);
    return choose_build_recipe(source.tree, source.debian_control);
  }

  void describe() {
    auto& result = m_rebuild.result;
    const auto& source = m_rebuild.source;
    result.subject = source.subject;
    result.name = source.name;
    result.version = source.version;
    result.recipe = m_rebuild.recipe.to_string();
    result.recipe_evidence = m_rebuild.recipe.evidence;
    result.environment = m_request.environment;
    result.source_date_epoch = source.source_date_epoch;
    result.epoch_from = source.epoch_from;
    result.notes = source.notes;
    result.traced = m_request.traced;
    result.sandboxed = m_request.sandboxed;
    if (!m_request.traced)
      result.coverage.add("trace", "--no-trace: what the build read and ran was not observed", "leave --no-trace away");
    if (!m_request.sandboxed)
      result.coverage.add("sandbox", "--no-sandbox: the build could see, and change, all of this machine",
                          "leave --no-sandbox away");
  }

  /// What the publisher recorded: versions, digests, and the place, which the base takes over.
  Result<void> take_record() {
    if (m_request.buildinfo.empty()) return {};
    ASSAY_TRY(m_recorded, read_buildinfo(m_request.buildinfo));
    if (m_recorded.directory.starts_with("/build/") && m_recorded.directory.find("..") == std::string::npos)
      m_base.directory = m_recorded.directory;
    if (m_recorded.source_date_epoch) {
      m_rebuild.source.source_date_epoch = *m_recorded.source_date_epoch;
      m_rebuild.source.epoch_from = "the publisher's record";
    }
    return {};
  }

  Result<void> make_own_root() {
    const auto& recipe = m_rebuild.recipe;
    RootRequest root;
    root.needs = recipe.needs;
    root.needs.insert(root.needs.end(), recipe.tools.begin(), recipe.tools.end());
    root.recorded = m_recorded.installed;
    root.sources = m_request.make_root->sources;
    root.cache = m_request.make_root->cache;
    root.progress = m_request.progress;
    ASSAY_TRY(m_made_root, make_root(root));
    m_request.root = m_made_root.directory;
    m_request.environment =
        fmt::format("a root file system of {} {} for it from {}, read-only: {}", escape_for_display(m_made_root.suite),
                    m_made_root.kept ? "kept" : "made", count_of(m_made_root.archives, "archive"),
                    escape_for_display(m_made_root.directory.string()));
    return {};
  }

  /// How far the system that builds is from the one that built.
  void note_version_gaps() {
    if (m_request.buildinfo.empty()) return;
    for (const auto& gap : version_gaps(m_recorded, installed_packages(m_request.root)))
      m_rebuild.result.version_gaps.push_back(to_string(gap));
    m_rebuild.result.recorded_packages = m_recorded.installed.size();
  }

  Result<void> build_all(Builds& builds) {
    if (m_request.vary.empty()) {
      ASSAY_TRY_VOID(repeat(builds));
    } else {
      ASSAY_TRY_VOID(experiment(builds));
    }
    m_rebuild.result.runs = builds.runs();
    if (const auto kept =
            std::count_if(builds.runs().begin(), builds.runs().end(), [](const auto& run) { return run.kept; }))
      m_rebuild.result.notes.push_back(
          fmt::format("{} taken over from an earlier run in {}",
                      count_of(static_cast<std::uint64_t>(kept), "build was", "builds were"),
                      escape_for_display(m_request.work.string())));
    m_rebuild.base = builds.at(0);
    if (m_rebuild.base.trace) observe(m_rebuild.base);
    if (m_rebuild.base.end != BuildEnd::built) {
      tell_failure(m_rebuild.base);
      return {};
    }
    decide(builds);
    return {};
  }

  /// What the trace of the first build says.
  void observe(const BuildOutcome& base) {
    if (m_request.progress) m_request.progress("reading the trace");
    auto& result = m_rebuild.result;
    const auto& trace = *base.trace;
    const trace::Graph graph{trace};
    MaterialsRequest request;
    request.trace = &trace;
    request.graph = &graph;
    request.root = m_request.root;
    request.source = base.source_directory;
    request.name = m_rebuild.source.name;
    request.version = m_rebuild.source.version;
    request.created = m_rebuild.source.source_date_epoch;
    request.provided = base.provided;
    for (const auto& artifact : base.artifacts) request.outputs.emplace_back(artifact.name, artifact.sha256);
    m_rebuild.materials = materials_of(request);
    const auto take = [](auto& from, auto& to) {
      to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
    };
    take(m_rebuild.materials->findings, result.findings);
    for (const Coverage* coverage : {static_cast<const Coverage*>(&m_rebuild.materials->coverage), &trace.coverage})
      for (const auto& gap : coverage->gaps) result.coverage.gaps.push_back(gap);
    trace::TraceContext context;
    context.source = base.source_directory;
    context.writable = base.writable;
    const auto declared =
        m_rebuild.recipe.needs.empty() ? std::nullopt : DeclaredPackages::read(m_request.root, m_rebuild.recipe.needs);
    if (declared)
      context.undeclared_owner = [&](std::string_view path) {
        const auto owner = m_rebuild.materials->owners.find(path);
        const bool foreign = owner != m_rebuild.materials->owners.end() && !declared->has(owner->second);
        return foreign ? "the package " + owner->second : std::string{};
      };
    for (auto& finding : trace::trace_findings(trace, graph, context)) result.findings.push_back(std::move(finding));
    const auto younger =
        younger_tools(trace, m_rebuild.materials->owners, m_request.root, m_rebuild.source.source_date_epoch);
    m_younger = said_of_younger(younger, m_rebuild.source.source_date_epoch);
    result.processes = trace.processes.size();
    result.files_read = static_cast<std::uint64_t>(
        std::count_if(trace.files.begin(), trace.files.end(), [](const auto& file) { return file.writers.empty(); }));
    result.files_written = trace.files.size() - result.files_read;
  }

  /// The same conditions again, as often as it tells something: to be reproduced needs one build that is what was published,
  /// all else two.
  Result<void> repeat(Builds& builds) {
    const auto most = std::max<std::size_t>(m_request.builds, 1);
    ASSAY_TRY(const auto base, builds.run(m_base, "base", 0));
    if (!base.built) return {};
    ASSAY_TRY_VOID(hold_against_published(m_request, m_recorded, builds.at(0), m_rebuild.result));
    auto wanted = most;
    if (m_request.builds == 0) wanted = reproduces_published(m_request, m_rebuild.result) ? 1 : 2;
    for (std::size_t number = 1; number < wanted; ++number) {
      ASSAY_TRY(const auto again, builds.run(m_base, "base again", number));
      for (auto& name : differing(base.digests, again.digests)) m_unstable.insert(std::move(name));
    }
    return {};
  }

  using Digests = std::vector<std::pair<std::string, std::string>>;

  static Digests digests_of(const BuildOutcome& build) {
    Digests digests;
    for (const auto& artifact : build.artifacts) digests.emplace_back(artifact.name, artifact.sha256);
    return digests;
  }

  /// Artifacts that differ though nothing that was varied is to blame: the search holds what a clock that goes on makes of one, or seems
  /// to, against no variation. Of builds under the same conditions only the variation of time can tell why they differ.
  static std::vector<std::string> blamed_on_nothing(const ExperimentResult& found, const Builds& builds) {
    const auto is_told = [&](const std::string& artifact, bool by_time_alone) {
      return std::any_of(found.factors.begin(), found.factors.end(), [&](const Factor& factor) {
        return (!by_time_alone || factor.variation->id == "time") &&
               std::find(factor.artifacts.begin(), factor.artifacts.end(), artifact) != factor.artifacts.end();
      });
    };
    std::vector<std::string> names;
    for (std::size_t number = 1; number < found.runs.size(); ++number) {
      const auto& run = found.runs[number];
      // A search that ended before its time has builds that nothing was said of yet.
      if (!run.built || (!found.complete && !run.varied.empty())) continue;
      for (auto& name : differing(digests_of(builds.at(0)), digests_of(builds.at(number))))
        if (!is_told(name, run.varied.empty())) names.push_back(std::move(name));
    }
    return names;
  }

  static std::vector<std::string> differing(const Digests& one, const Digests& other) {
    std::vector<std::string> names;
    std::set<std::pair<std::string, std::string>> a{one.begin(), one.end()}, b{other.begin(), other.end()};
    for (const auto& digest : a)
      if (!b.contains(digest)) names.push_back(digest.first);
    for (const auto& digest : b)
      if (!a.contains(digest)) names.push_back(digest.first);
    return names;
  }

  Result<void> experiment(Builds& builds) {
    ExperimentRequest experiment;
    experiment.vary = m_request.vary;
    experiment.base = m_base;
    if (m_request.builds != 0) experiment.most_builds = m_request.builds;
    experiment.jobs = m_request.jobs;
    experiment.build = [&](const Conditions& conditions, std::string_view label, std::size_t number) {
      return builds.run(conditions, label, number);
    };
    experiment.same_but_for_clock = [&](std::string_view artifact, std::size_t one, std::size_t other) {
      const auto before = builds.copy(one), after = builds.copy(other);
      const auto comparison = compare_builds(before.outcome, after.outcome, artifact, m_request.reading);
      return comparison && differs_by_clock_only(*comparison, before, after);
    };
    experiment.guess = [&](std::size_t base, std::size_t varied) {
      return guess(builds.copy(base).outcome, builds.copy(varied).outcome);
    };
    ASSAY_TRY(const auto found, find_factors(experiment));
    if (!found.base_built) return {};
    ASSAY_TRY_VOID(hold_against_published(m_request, m_recorded, builds.at(0), m_rebuild.result));
    m_unstable.insert(found.unstable.begin(), found.unstable.end());
    for (auto& name : blamed_on_nothing(found, builds)) m_unstable.insert(std::move(name));
    auto& result = m_rebuild.result;
    const auto lines = SourceLines::read(m_rebuild.source, m_request.reading);
    result.causes = proven_causes(found, builds.all(), &lines, m_request.reading, result.coverage);
    for (const auto* variation : found.innocent) result.innocent.emplace_back(variation->id);
    for (const auto& [variation, why] : found.without_effect)
      result.without_effect.push_back(fmt::format("{}: {}", variation->id, escape_for_display(why)));
    for (const auto* variation : found.broke_build) result.broke_build.emplace_back(variation->id);
    for (const auto* variation : found.undecided) {
      if (all_unstable()) {
        result.untried.emplace_back(variation->id);
        continue;
      }
      result.coverage.add(fmt::format("variation {}", variation->id),
                          "the builds allowed did not suffice to tell whether it matters", "allow more with --builds");
    }
    for (std::size_t i = 0; i < std::min(found.runs.size(), builds.runs().size()); ++i)
      m_varied.push_back(found.runs[i].varied);
    return {};
  }

  /// What the artifacts that differ look like the doing of.
  std::vector<const Variation*> guess(const BuildOutcome& base, const BuildOutcome& varied) const {
    std::vector<const Variation*> guessed;
    for (const auto& artifact : base.artifacts) {
      const auto comparison = compare_builds(base, varied, artifact.name, m_request.reading);
      if (!comparison || comparison->equal) continue;
      for (const auto* variation : guess_of(*comparison))
        if (std::find(guessed.begin(), guessed.end(), variation) == guessed.end()) guessed.push_back(variation);
    }
    return guessed;
  }

  void tell_failure(const BuildOutcome& outcome) {
    auto& result = m_rebuild.result;
    result.status = outcome.end == BuildEnd::missing_inputs ? RebuildStatus::no_environment : RebuildStatus::failed;
    result.missing = outcome.missing;
    if (!result.missing.empty() && !m_request.make_root)
      result.next_steps.emplace_back(
          "--make-root: builds in a Debian system made for this build, with what is missing; nothing is installed on "
          "this machine, and the network is used");
    result.failed_phase = outcome.failed_phase;
    result.failed_command = escape_for_display(outcome.failed_command);
    for (const auto line : split_lines(outcome.log_excerpt)) result.log_excerpt += escape_for_display(line) + "\n";
    if (outcome.end == BuildEnd::stopped)
      result.failed_because = fmt::format("it was stopped: {}", rebuild::to_string(outcome.sandbox));
    else if (outcome.end == BuildEnd::nothing)
      result.failed_because = "it ended well, and made nothing that the recipe calls an artifact";
    else if (outcome.end == BuildEnd::failed) result.failed_because = fmt::format("exit code {}", outcome.exit_code);
  }

  /// Only what its own builds agree about can be told to be different from what was published.
  void decide(const Builds& builds) {
    auto& result = m_rebuild.result;
    for (std::size_t i = 0; i < std::min(m_varied.size(), result.runs.size()); ++i)
      for (const auto* variation : m_varied[i]) result.runs[i].varied.emplace_back(variation->id);
    result.unstable.assign(m_unstable.begin(), m_unstable.end());
    for (const auto& artifact : result.artifacts) judge(artifact);
    show_unstable(builds);
    for (const auto& cause : result.causes)
      result.findings.push_back(make_finding(
          k_rebuild_varies, {}, fmt::format("{} changes {}", cause.title, count_of(cause.artifacts.size(), "artifact")),
          evidence_of(cause), cause.variation));
    const bool different = !result.not_built.empty() ||
                           std::any_of(result.findings.begin(), result.findings.end(),
                                       [](const Finding& finding) { return finding.rule == k_rebuild_different.id; });
    if (different) result.status = RebuildStatus::different;
    else if (!m_unstable.empty() || !result.causes.empty()) result.status = RebuildStatus::nondeterministic;
    else result.status = RebuildStatus::reproduced;
    if (builds.count() < 2 && result.status == RebuildStatus::different)
      result.coverage.add("builds", "one build was made: whether it agrees with itself is not known", "--builds 2");
    if (builds.count() < 2 && !was_published(m_request, result))
      result.coverage.add("builds", "one build was made, and compared with nothing",
                          "--against ARTIFACT, or --builds 2");
    say_what_was_not_tried();
    say_what_else_it_was_made_with();
    sort_findings(result.findings);
  }

  /// Equal builds one after the other say little of a clock that goes in minutes or days.
  void say_what_was_not_tried() {
    const auto& vary = m_request.vary;
    const bool tried = std::any_of(vary.begin(), vary.end(), [](const auto* each) { return each->id == "time"; });
    if (m_rebuild.result.status != RebuildStatus::reproduced || tried ||
        reproduces_published(m_request, m_rebuild.result))
      return;
    if (m_rebuild.result.runs.size() > 1)
      m_rebuild.result.next_steps.emplace_back(
          "--vary time: the builds ran so soon after each other that a clock that tells minutes, hours or days said "
          "the "
          "same in all");
  }

  void say_what_else_it_was_made_with() {
    const auto& artifacts = m_rebuild.result.artifacts;
    const bool left_over = std::any_of(artifacts.begin(), artifacts.end(), [](const auto& artifact) {
      return artifact.against && !artifact.against->equal && !artifact.against->closed;
    });
    if (left_over && !m_younger.empty())
      m_rebuild.result.next_steps.push_back("--make-root --root-sources FILE with archives of that time: " + m_younger);
  }

  /// What SARIF, which knows findings only, has to say of a cause.
  static std::vector<Evidence> evidence_of(const ProvenCause& cause) {
    std::vector<Evidence> evidence;
    evidence.push_back({"experiment", cause.proven ? "proven" : "not proven"});
    for (std::size_t i = 0; i < std::min(k_most_shown, cause.artifacts.size()); ++i)
      evidence.push_back({"artifact", escape_for_display(cause.artifacts[i])});
    if (cause.comparison) add_evidence(*cause.comparison, evidence);
    for (const auto& origin : cause.origin) evidence.push_back({"made by", origin});
    evidence.push_back({"remedy", cause.remedy});
    return evidence;
  }

  bool all_unstable() const {
    const auto& artifacts = m_rebuild.result.artifacts;
    return std::all_of(artifacts.begin(), artifacts.end(),
                       [&](const auto& artifact) { return m_unstable.contains(artifact.name); });
  }

  /// Where builds under the same conditions differ, by the first that differs from the base.
  void show_unstable(const Builds& builds) {
    auto& result = m_rebuild.result;
    std::size_t shown = 0;
    for (auto& artifact : result.artifacts) {
      if (!m_unstable.contains(artifact.name)) continue;
      if (++shown > k_most_shown) return;
      for (std::size_t number = 1; number < builds.count() && !artifact.own; ++number) {
        if (number < m_varied.size() && !m_varied[number].empty()) continue;
        auto comparison = compare_builds(builds.at(0), builds.at(number), artifact.name, m_request.reading);
        if (comparison && !comparison->equal) artifact.own = std::move(*comparison);
      }
    }
  }

  void judge(const RebuiltArtifact& artifact) {
    auto& findings = m_rebuild.result.findings;
    const bool unstable = m_unstable.contains(artifact.name);
    if (unstable)
      findings.push_back(
          make_finding(k_rebuild_unstable, {artifact.name}, "differs between builds under the same conditions"));
    if (!differs_from_published(artifact) || unstable) return;
    if (!artifact.against)
      findings.push_back(make_finding(k_rebuild_different, {artifact.name},
                                      "does not have the digest that the record of its build has"));
    else findings.push_back(finding_against_published(artifact.name, *artifact.against, m_younger));
  }

  RebuildRequest m_request;
  Rebuild m_rebuild;
  MadeRoot m_made_root;
  BuildInfo m_recorded;
  Conditions m_base;
  std::string m_younger;  ///< said_of_younger() of this build
  std::set<std::string> m_unstable;
  std::vector<std::vector<const Variation*>> m_varied;
};

}  // namespace

Result<Rebuild> rebuild(const RebuildRequest& request) {
  return Rebuilding{request}.run();
}

}  // namespace assay::rebuild
