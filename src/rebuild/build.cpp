#include "rebuild/build.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>

#include "base/text.hpp"
#include "rebuild/artifact_files.hpp"
#include "rebuild/build_log.hpp"
#include "rebuild/build_script.hpp"
#include "rebuild/export.hpp"
#include "rebuild/setting.hpp"
#include "rebuild/toolchain.hpp"

namespace assay::rebuild {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t k_most_probes = 64;
constexpr std::string_view k_without = "/etc/assay-without";  // a list that is too long for a command line

/// What of a system's settings a build may need besides its programs; nothing that is anyone's secret.
const std::vector<std::string>& system_paths() {
  static const std::vector<std::string> paths{"var/lib/dpkg",
                                              "var/lib/rpm",
                                              "lib/apk/db",
                                              "var/lib/pacman",
                                              "var/lib/ghc",
                                              "var/lib/texmf",
                                              "var/lib/ocaml",
                                              "var/lib/xml-core",
                                              "etc/dpkg",
                                              "etc/debhelper",
                                              "etc/nsswitch.conf",
                                              "etc/protocols",
                                              "etc/services",
                                              "etc/mime.types",
                                              "etc/magic",
                                              "etc/login.defs",
                                              "etc/shells",
                                              "etc/lsb-release",
                                              "etc/python3",
                                              "etc/python3.11",
                                              "etc/python3.12",
                                              "etc/python3.13",
                                              "etc/java-17-openjdk",
                                              "etc/java-21-openjdk",
                                              "etc/ssl/certs",
                                              "etc/ssl/openssl.cnf",
                                              "etc/pki",
                                              "etc/emacs",
                                              "etc/R",
                                              "etc/ghc",
                                              "etc/rpm",
                                              "etc/localtime",
                                              "etc/timezone",
                                              "etc/apache2",
                                              "etc/php",
                                              "etc/ImageMagick-6",
                                              "etc/openmpi",
                                              "etc/ca-certificates.conf"};
  return paths;
}

class Building {
 public:
  explicit Building(const BuildRequest& request)
      : m_request(request), m_recipe(*request.recipe), m_conditions(request.conditions) {}

  Result<BuildOutcome> run() {
    std::error_code problem;
    fs::create_directories(m_request.directory, problem);
    if (problem)
      return Error{ErrorCode::io,
                   "cannot make the directory: " + problem.message(),
                   escape_for_display(m_request.directory.string()),
                   {}};
    ASSAY_TRY(const auto input, open_tree());
    ASSAY_TRY(const auto products, temporary_file());
    ASSAY_TRY_VOID(prepare());
    auto sandbox = sandbox_request();
    sandbox.tracer = m_tracer.get();
    m_outcome.source_directory = m_conditions.directory;
    m_outcome.writable = {m_work, "/tmp", "/dev/shm"};
    for (const auto& [path, content] : sandbox.files) m_outcome.provided.push_back(path);
    sandbox.input = input.get();
    sandbox.output = products.get();
    ASSAY_TRY(const auto ended, run_in_sandbox(sandbox));
    if (m_tracer) m_outcome.trace = std::make_shared<trace::Trace>(m_tracer->finish());
    ASSAY_TRY_VOID(write_file_whole(m_request.directory / "log", ended.log));
    judge(ended);
    if (m_outcome.end == BuildEnd::built) {
      ASSAY_TRY(m_outcome.artifacts,
                extract_artifacts(products.get(), m_request.directory / "artifacts", reading_limits()));
      if (m_outcome.artifacts.empty()) m_outcome.end = BuildEnd::nothing;
    }
    return std::move(m_outcome);
  }

 private:
  /// The source's descriptor has one position for all builds: each opens it anew.
  Result<UniqueFd> open_tree() const {
    if (m_conditions.order == FileOrder::reversed) return reversed_archive(m_request.source->tar.get());
    return open_regular(fmt::format("/proc/self/fd/{}", m_request.source->tar.get()));
  }

  /// Where it happens, and who watches.
  Result<void> prepare() {
    m_work = "/build";
    if (!m_request.sandboxed) {
      const auto tree = fs::absolute(m_request.directory / "tree");
      std::error_code problem;
      fs::remove_all(tree, problem);
      if (!fs::create_directories(tree, problem))
        return Error{
            ErrorCode::io, "cannot make the directory: " + problem.message(), escape_for_display(tree.string()), {}};
      m_work = tree.string();
      for (auto* directory : {&m_conditions.directory, &m_conditions.home})
        if (directory->starts_with("/build")) *directory = m_work + directory->substr(6);
    }
    if (!m_request.traced) return {};
    trace::TraceOptions options;
    options.writable = {m_work, "/tmp"};
    if (m_conditions.time_offset.count() != 0) options.time_offset = m_conditions.time_offset;
    options.digests = m_request.digests;
    ASSAY_TRY(m_tracer, trace::Tracer::create(std::move(options)));
    return {};
  }

  Limits reading_limits() const {
    Limits limits;
    limits.max_total_size = m_request.limits.output;
    limits.max_ratio = ~std::uint64_t{0};
    return limits;
  }

  SandboxRequest sandbox_request() {
    SandboxRequest sandbox;
    sandbox.toolchain = m_request.root;
    sandbox.system_paths = system_paths();
    sandbox.network = m_request.network;
    sandbox.confined = m_request.sandboxed;
    sandbox.work = m_work;
    set_conditions(sandbox, m_conditions);
    for (auto& variable : build_environment(m_recipe, m_work, m_request.source->source_date_epoch))
      sandbox.environment.push_back(std::move(variable));
    std::string removed;
    for (const auto& path : m_request.without) removed.append("./").append(path).push_back('\0');
    if (!removed.empty()) sandbox.files.emplace_back(k_without, removed);
    sandbox.script = build_script(m_recipe, m_conditions, m_work, m_request.sandboxed,
                                  removed.empty() ? std::string_view{} : k_without);
    sandbox.limits = m_request.limits;
    sandbox.on_status = [this](std::string_view line) { take_status(line); };
    return sandbox;
  }

  void take_status(std::string_view line) {
    const auto space = std::min(line.find(' '), line.size());
    const auto rest = line.substr(std::min(space + 1, line.size()));
    const auto word = line.substr(0, space);
    if (auto probe = parse_probe(line); probe && m_outcome.probes.size() < k_most_probes)
      m_outcome.probes.insert(*std::move(probe));
    if (word == "unmet") m_unmet = rest;
    if (word == "command") begin_command(rest);
    if (word == "failed") std::from_chars(rest.data(), rest.data() + rest.size(), m_outcome.exit_code);
  }

  void begin_command(std::string_view text) {
    std::size_t phase = 0, command = 0;
    const auto* end = text.data() + text.size();
    const auto next = std::from_chars(text.data(), end, phase).ptr;
    if (next < end) std::from_chars(next + 1, end, command);
    if (phase >= m_recipe.phases.size() || command >= m_recipe.phases[phase].commands.size()) return;
    if (m_request.progress && m_recipe.phases[phase].name != m_outcome.failed_phase)
      m_request.progress(m_recipe.phases[phase].name);
    m_outcome.failed_phase = m_recipe.phases[phase].name;
    m_outcome.failed_command = m_recipe.phases[phase].commands[command];
  }

  void judge(const SandboxOutcome& ended) {
    m_outcome.sandbox = ended.end;
    m_outcome.wall = ended.wall;
    if (ended.end != SandboxEnd::finished) m_outcome.end = BuildEnd::stopped;
    else if (!m_unmet.empty()) m_outcome.end = BuildEnd::missing_inputs;
    else if (m_outcome.exit_code != 0) m_outcome.end = BuildEnd::failed;
    if (m_outcome.end == BuildEnd::built) {
      m_outcome.failed_phase.clear();
      m_outcome.failed_command.clear();
      return;
    }
    m_outcome.missing = unmet_packages(m_unmet);
    if (m_outcome.end != BuildEnd::failed && m_outcome.end != BuildEnd::stopped) return;
    m_outcome.log_excerpt = error_excerpt(ended.log, m_outcome.failed_command);
    if (m_outcome.end == BuildEnd::failed) note_missing_tools(ended.log);
  }

  void note_missing_tools(std::string_view log) {
    for (const auto& tool : missing_tools(log)) m_outcome.missing.push_back(tool.package);
    std::sort(m_outcome.missing.begin(), m_outcome.missing.end());
    m_outcome.missing.erase(std::unique(m_outcome.missing.begin(), m_outcome.missing.end()), m_outcome.missing.end());
    if (!m_outcome.missing.empty()) m_outcome.end = BuildEnd::missing_inputs;
  }

  const BuildRequest& m_request;
  const BuildRecipe& m_recipe;
  Conditions m_conditions;  ///< with directories where they are
  BuildOutcome m_outcome;
  std::string m_work;
  std::unique_ptr<trace::Tracer> m_tracer;
  std::string m_unmet;
};

}  // namespace

Result<BuildOutcome> run_build(const BuildRequest& request) {
  return Building{request}.run();
}

}  // namespace assay::rebuild
