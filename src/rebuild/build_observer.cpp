#include "rebuild/build_observer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "base/text.hpp"
#include "rebuild/build.hpp"
#include "rebuild/cache.hpp"
#include "rebuild/source_use.hpp"
#include "trace/findings.hpp"

namespace assay::rebuild {

namespace fs = std::filesystem;
using provenance::ObservationRequest;
using provenance::ObservedBuild;

namespace {

/// What two builders have differently. Not the kernel's release and addresses: a build that looks at those finds a reason not to
/// work more often than one to read another file.
constexpr std::string_view k_varied[] = {"build_path", "environment", "locale", "timezone", "time",       "umask",
                                         "home",       "user_group",  "host",   "num_cpus", "file_order", "shell"};

/// By these a script tells that a distribution builds: the xz backdoor looked for such.
constexpr std::pair<const char*, const char*> k_of_packagers[] = {{"DEB_BUILD_OPTIONS", "parallel=1"},
                                                                  {"DEB_BUILD_ARCH", "amd64"},
                                                                  {"DEB_HOST_MULTIARCH", "x86_64-linux-gnu"},
                                                                  {"DH_INTERNAL_OPTIONS", "-O--buildsystem=autoconf"},
                                                                  {"RPM_ARCH", "x86_64"},
                                                                  {"RPM_BUILD_ROOT", "/build/install"},
                                                                  {"RPM_PACKAGE_NAME", "package"},
                                                                  {"CI", "true"}};

constexpr auto k_other_bytes = "without the files that nothing opened, the build made other bytes";

Conditions under_other_conditions(Conditions conditions) {
  for (const auto id : k_varied) find_variation(id)->apply(conditions);
  for (const auto& [name, value] : k_of_packagers) conditions.environment.emplace_back(name, value);
  return conditions;
}

/// A directory that is gone with this object.
class TemporaryDirectory {
 public:
  static Result<TemporaryDirectory> make() {
    std::error_code problem;
    auto pattern = (fs::temp_directory_path(problem) / "assay-build-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) return errno_error("make a directory", escape_for_display(pattern));
    return TemporaryDirectory{pattern};
  }
  TemporaryDirectory(TemporaryDirectory&& other) noexcept : m_path(std::exchange(other.m_path, {})) {}
  TemporaryDirectory& operator=(TemporaryDirectory&&) = delete;
  ~TemporaryDirectory() {
    std::error_code ignored;
    if (!m_path.empty()) fs::remove_all(m_path, ignored);
  }
  const fs::path& path() const noexcept { return m_path; }

 private:
  explicit TemporaryDirectory(fs::path path) : m_path(std::move(path)) {}
  fs::path m_path;
};

class Observing {
 public:
  Observing(const BuildObserverOptions& options, const ObservationRequest& request)
      : m_options(options), m_request(request) {}

  Result<ObservedBuild> run() {
    tell("unpacking");
    ASSAY_TRY(m_source, open_build_source(m_request.archive.string(), {m_options.root, m_options.reading}));
    ASSAY_TRY(m_recipe, recipe());
    ASSAY_TRY(auto place, TemporaryDirectory::make());
    m_place = place.path();
    m_observed.recipe = m_recipe.to_string();
    Conditions plain;
    plain.processors = 0;
    ASSAY_TRY(const auto first, build("as it is", plain, {}));
    report(first);
    if (!m_observed.doubt.empty() || m_request.texts.empty()) return std::move(m_observed);
    ASSAY_TRY_VOID(doubt_it(first, plain));
    return std::move(m_observed);
  }

 private:
  Result<BuildRecipe> recipe() const {
    if (m_options.recipe.ends_with(".toml")) return read_build_recipe(m_options.recipe);
    return choose_tested_recipe(m_options.recipe, m_source.tree);
  }

  void tell(std::string_view what) const {
    if (m_request.progress) m_request.progress(fmt::format("building the release: {}", what), 0, 0);
  }

  Result<BuildOutcome> build(std::string label, const Conditions& conditions, std::vector<std::string> without) {
    BuildRequest build;
    build.source = &m_source;
    build.recipe = &m_recipe;
    build.conditions = conditions;
    build.without = std::move(without);
    build.root = m_options.root;
    build.directory = m_place / fmt::format("build-{}", m_observed.builds.size() + 1);
    build.limits = m_options.limits;
    build.digests = &m_digests;
    build.progress = [&](std::string_view phase) { tell(fmt::format("{} ({})", phase, label)); };
    ASSAY_TRY(auto outcome, run_build(build));
    m_observed.builds.push_back(std::move(label));
    take_use(outcome);
    return outcome;
  }

  void doubt(std::string why) {
    if (m_observed.doubt.empty()) m_observed.doubt = std::move(why);
  }

  /// What did not end well, or was not seen whole, shows of no file that it is not read.
  void take_use(const BuildOutcome& outcome) {
    if (outcome.end != BuildEnd::built) return doubt(failure(outcome));
    if (!outcome.trace || !outcome.trace->coverage.complete())
      return doubt(
          fmt::format("the build was not seen whole: {}", outcome.trace ? gap_of(*outcome.trace) : "no trace"));
    const SourceUse use{*outcome.trace, outcome.source_directory};
    for (const auto& [path, content] : m_request.unproven)
      if (auto how = use.of(path, content); !how.empty())
        m_observed.used.emplace(path, fmt::format("{} ({})", how, m_observed.builds.back()));
  }

  static std::string gap_of(const trace::Trace& trace) {
    const auto& gap = trace.coverage.gaps.front();
    return fmt::format("{}: {}", gap.what, gap.reason);
  }

  std::string failure(const BuildOutcome& outcome) const {
    std::string why = "made nothing";
    if (outcome.end == BuildEnd::stopped) why = fmt::format("was stopped: {}", to_string(outcome.sandbox));
    if (outcome.end == BuildEnd::failed) why = fmt::format("failed with exit code {}", outcome.exit_code);
    if (outcome.end == BuildEnd::missing_inputs) why = "lacks what it needs";
    const auto where =
        outcome.failed_phase.empty() ? std::string{} : fmt::format(" in its phase {}", outcome.failed_phase);
    return fmt::format("the build ({}) {}{}", m_observed.builds.back(), why, where);
  }

  /// What the first build says, whether or not a file is to be called inert.
  void report(const BuildOutcome& first) {
    if (first.end != BuildEnd::built) report_failure(first);
    if (first.trace) {
      for (const auto& gap : first.trace->coverage.gaps) m_observed.coverage.gaps.push_back(gap);
      const trace::Graph graph{*first.trace};
      trace::TraceContext context;
      context.source = first.source_directory;
      context.writable = first.writable;
      m_observed.findings = trace::trace_findings(*first.trace, graph, context);
    }
    if (!same_tree()) {
      doubt("tar(1) unpacks another tree from the archive than was examined");
      m_observed.coverage.add("traced build", m_observed.doubt, "look at the findings about the archive");
    }
    const bool tests = std::any_of(m_recipe.phases.begin(), m_recipe.phases.end(),
                                   [](const BuildPhase& phase) { return phase.name == "test"; });
    if (!tests) doubt(fmt::format("the recipe {} runs no tests, and they might read it", m_recipe.name));
  }

  void report_failure(const BuildOutcome& outcome) {
    std::string remedy = "say how it is built with --rebuild-recipe FILE.toml";
    if (!outcome.missing.empty()) {
      remedy = "install what it needs:";
      for (const auto& package : outcome.missing) remedy += " " + package;
    } else if (outcome.end == BuildEnd::stopped) {
      remedy = "give it more time with --rebuild-time SECONDS";
    }
    std::string last;
    for (const auto line : split_lines(outcome.log_excerpt))
      if (line.find("rror") != std::string_view::npos || line.find("***") != std::string_view::npos) {
        last = ": " + escape_for_display(line.substr(0, 200));
        break;
      }
    m_observed.coverage.add("traced build", m_observed.doubt + last, std::move(remedy));
  }

  /// Is what was unpacked what was examined? Readers of archives may disagree, and may be made to.
  bool same_tree() const {
    const auto prefix = m_request.prefix.empty() ? std::string{} : m_request.prefix + "/";
    const auto is_file = [](const TreeEntry& entry) {
      return entry.kind == EntryKind::regular || entry.kind == EntryKind::hardlink;
    };
    std::size_t files = 0;
    for (const auto& entry : m_request.subject.entries()) {
      if (!is_file(entry)) continue;
      ++files;
      if (!entry.path.starts_with(prefix)) return false;
      const auto* unpacked = m_source.tree.find(entry.path.substr(prefix.size()));
      // A hard link's bytes stand under the other name.
      if (unpacked == nullptr || !is_file(*unpacked)) return false;
      if (entry.kind == unpacked->kind && entry.kind == EntryKind::regular &&
          (entry.sha256_known ? unpacked->digests.sha256 != entry.digests.sha256 : unpacked->size != entry.size))
        return false;
    }
    return files == static_cast<std::size_t>(
                        std::count_if(m_source.tree.entries().begin(), m_source.tree.entries().end(), is_file));
  }

  /// Further builds that might yet use a text: elsewhere, and without it, where that it is missing would show.
  Result<void> doubt_it(const BuildOutcome& first, const Conditions& plain) {
    if (!m_observed.used.empty() && used_other_than_texts()) return {};
    if (unread().empty()) return {};
    ASSAY_TRY(
        const auto elsewhere,
        build("under other conditions: another place, user, host, day, locale, shell, with a packager's variables",
              under_other_conditions(Conditions{}), {}));
    const auto removed = unread();
    if (!m_observed.doubt.empty() || removed.empty()) return {};
    ASSAY_TRY(const auto without,
              build(fmt::format("without {}: the same bytes", count_of(removed.size(), "such text")), plain, removed));
    if (m_observed.doubt.empty() && !same_artifacts(first, without)) doubt(k_other_bytes);
    if (m_observed.doubt.empty()) {
      // That a file is there may matter under a packager's conditions alone.
      ASSAY_TRY(const auto both, build(fmt::format("without {}, under other conditions: the same bytes",
                                                   count_of(removed.size(), "such text")),
                                       under_other_conditions(Conditions{}), removed));
      if (m_observed.doubt.empty() && !same_artifacts(elsewhere, both)) doubt(k_other_bytes);
    }
    if (!m_observed.doubt.empty()) m_observed.builds.back() = "without them";
    return {};
  }

  /// One of these could have texts read under circumstances of its choice: the caller will not call any inert.
  bool used_other_than_texts() const { return !m_observed.used.empty(); }

  std::vector<std::string> unread() const {
    std::vector<std::string> paths;
    for (const auto& path : m_request.texts)
      if (!m_observed.used.contains(path)) paths.push_back(path);
    return paths;
  }

  static bool same_artifacts(const BuildOutcome& one, const BuildOutcome& other) {
    return std::equal(
        one.artifacts.begin(), one.artifacts.end(), other.artifacts.begin(), other.artifacts.end(),
        [](const BuiltArtifact& a, const BuiltArtifact& b) { return a.name == b.name && a.sha256 == b.sha256; });
  }

  const BuildObserverOptions& m_options;
  const ObservationRequest& m_request;
  BuildSource m_source;
  BuildRecipe m_recipe;
  fs::path m_place;
  trace::DigestCache m_digests{digest_cache_file()};
  ObservedBuild m_observed;
};

}  // namespace

Result<ObservedBuild> SandboxBuildObserver::observe(const ObservationRequest& request) const {
  return Observing{m_options, request}.run();
}

}  // namespace assay::rebuild
