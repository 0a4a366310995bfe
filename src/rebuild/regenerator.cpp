#include "rebuild/regenerator.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <ctime>
#include <iterator>
#include <span>

#include "archive/reader.hpp"
#include "base/text.hpp"
#include "rebuild/attempts.hpp"
#include "rebuild/cache.hpp"
#include "rebuild/driver.hpp"
#include "rebuild/export.hpp"
#include "rebuild/rules.hpp"
#include "rebuild/toolchain.hpp"
#include "rebuild/wanted_files.hpp"

namespace assay::rebuild {

using provenance::OtherGenerators;
using provenance::Regeneration;
using provenance::RegenerationRequest;

namespace {

constexpr std::size_t k_log_lines_shown = 12;
constexpr std::uint64_t k_largest_product = 64ULL << 20;
constexpr std::size_t k_largest_log = 64U << 20;
constexpr std::string_view k_list_of_release = "dist.list";

/// "2.69" if the release's files say that Autoconf 2.69 made them; digits and dots only.
std::string claimed_autoconf(const RegenerationRequest& request) {
  for (const auto& claim : request.claimed)
    if (claim.tool == "Autoconf" && !claim.version.empty() &&
        claim.version.find_first_not_of("0123456789.") == std::string::npos)
      return claim.version;
  return {};
}

/// Follows the driver's status lines.
class StatusReader {
 public:
  StatusReader(const Recipe& recipe, const RegenerationRequest& request, Regeneration& outcome)
      : m_recipe(recipe), m_request(request), m_outcome(outcome) {}

  void take(std::string_view line) {
    if (line.starts_with("tool ")) return add_tool(line.substr(5));
    if (line.starts_with("step ")) begin_step(number(line.substr(5)));
    if (line.starts_with("end ")) end_step(line.substr(4));
    if (line == "collect" && m_request.progress) m_request.progress("regenerating: collecting what was made", 0, 0);
  }
  std::size_t current() const noexcept { return m_current; }

 private:
  static std::size_t number(std::string_view text) {
    std::size_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
  }
  void add_tool(std::string_view text) {
    if (m_outcome.tools.size() < 64) m_outcome.tools.push_back(escape_for_display(text.substr(0, 160)));
  }
  void begin_step(std::size_t step) {
    if (step >= m_recipe.steps.size()) return;
    m_current = step;
    if (m_request.progress)
      m_request.progress(fmt::format("regenerating ({}/{}): {}", step + 1, m_recipe.steps.size(),
                                     m_recipe.steps[step].command.substr(0, 60)),
                         0, 0);
  }
  void end_step(std::string_view text) {
    const auto step = number(text);
    if (step >= m_recipe.steps.size() || m_outcome.steps.size() > step) return;
    const auto space = std::min(text.find(' '), text.size() - 1);
    const auto code = static_cast<int>(number(text.substr(space + 1)));
    m_outcome.steps.push_back({m_recipe.steps[step].command, code, code == 124 || code == 137});
  }

  const Recipe& m_recipe;
  const RegenerationRequest& m_request;
  Regeneration& m_outcome;
  std::size_t m_current = 0;
};

/// Where a product belongs: `src/PATH` is the tree, `dist/N/ROOT/PATH` a release. Nothing for anything else.
struct Placed {
  std::string place;
  std::string path;
};
std::optional<Placed> placed(std::string_view name) {
  if (name.starts_with("src/")) return Placed{"tree", std::string{name.substr(4)}};
  if (!name.starts_with("dist/")) return std::nullopt;
  auto slash = name.find('/', 5);
  if (slash != std::string_view::npos) slash = name.find('/', slash + 1);
  if (slash == std::string_view::npos || slash + 1 == name.size()) return std::nullopt;
  return Placed{"dist", std::string{name.substr(slash + 1)}};
}

/// The last lines of a log that say something, for people.
std::string log_excerpt(std::string_view log) {
  auto lines = split_lines(log);
  std::erase_if(lines, [](std::string_view line) { return line.find_first_not_of(" \t") == std::string_view::npos; });
  if (lines.size() > k_log_lines_shown) lines.erase(lines.begin(), lines.end() - k_log_lines_shown);
  std::string text;
  for (const auto line : lines) text += (text.empty() ? "" : "\n") + std::string{line.substr(0, 200)};
  return text;
}

/// What one step wrote: the driver puts a line before each. All of the log if that line was cut out of it.
std::string_view part_of_step(std::string_view log, std::size_t step) {
  const auto start = log.find(fmt::format("== step {} ==\n", step));
  if (start == std::string_view::npos) return log;
  log.remove_prefix(start);
  return log.substr(0, log.find(fmt::format("== step {} ==\n", step + 1)));
}

/// The line in which a step says why it failed, so that the reader need not search: "configure: error: …", "make: *** …". The first
/// one: what comes after it follows from it.
std::string reason_in(std::string_view log) {
  for (const auto line : split_lines(log)) {
    const bool says_why =
        line.find("error:") != std::string_view::npos || line.find("*** ") != std::string_view::npos ||
        line.find("not found") != std::string_view::npos || line.find("never defined") != std::string_view::npos;
    if (says_why && line.find("checking") == std::string_view::npos && !line.starts_with("#"))
      return escape_for_display(line.substr(0, 200));
  }
  return {};
}

class Regenerating {
 public:
  Regenerating(const RegeneratorOptions& options, const vcs::Reference& reference, const RegenerationRequest& request)
      : m_options(options), m_reference(reference), m_request(request), m_cache(options.cache, options.cache_size) {}

  Result<Regeneration> run() {
    if (m_options.gnulib) {
      ASSAY_TRY(m_gnulib, open_gnulib(*m_options.gnulib, m_reference, m_options.reading));
    }
    auto chosen = recipe();
    if (!chosen && chosen.error().code == ErrorCode::not_found) return without_recipe(chosen.error());
    ASSAY_TRY(m_recipe, std::move(chosen));
    want_the_rest();
    m_history = history_of(m_request.repository, m_reference);
    m_script = driver_script(m_recipe, time_of_files() + 1, m_history.has_value());
    if (m_request.progress) m_request.progress("regenerating: looking for an earlier outcome", 0, 0);
    const auto key =
        m_wanted.empty() ? cache_key() : cache_key(fmt::format("{}{}", wanted_script(), as_text(m_wanted)));
    // A log is wanted of a run, and an earlier outcome has none.
    if (auto earlier = m_options.log.empty() ? m_cache.find(key) : std::nullopt) return std::move(*earlier);
    std::vector<ExtraFile> extra;
    const Bytes program(as_bytes(wanted_script()).begin(), as_bytes(wanted_script()).end());
    if (!m_wanted.empty()) {
      extra.push_back({std::string{k_wanted_place}, &m_wanted});
      extra.push_back({std::string{k_wanted_program}, &program});
    }
    ASSAY_TRY(auto outcome, make(extra));
    // What a limit stopped might go further next time, and so might what lacked a file.
    if (outcome.findings.empty() && m_unreadable.empty()) {
      // Without a cache the next run takes longer, that is all.
      (void)m_cache.store(key, outcome).has_value();
    }
    return outcome;
  }

  void make_otherwise(const OtherGenerators& others, Regeneration& outcome) {
    // It goes on from where regenerate() left it.
    if (!m_options.log.empty())
      if (const auto before = read_file(m_options.log, k_largest_log)) m_log = as_text(*before);
    m_history = history_of(m_request.repository, m_reference);
    for (const auto& attempt : attempts_for(others, claimed_autoconf(m_request), outcome)) {
      const auto with = in_words(attempt, others);
      if (m_request.progress) m_request.progress("regenerating with " + with.substr(0, 60), 0, 0);
      m_recipe = Recipe{outcome.recipe, {{commands_of(attempt, others, outcome)}}, {}};
      auto made = try_once(attempt, others, outcome);
      if (!made) continue;
      for (const auto& [path, files] : made->files())
        for (const auto& file : files) outcome.add(path, {"tree", file.content, with});
      std::move(made->findings.begin(), made->findings.end(), std::back_inserter(outcome.findings));
      if (others.enough(outcome)) return;
    }
  }

 private:
  /// Where all of the release is proven anyway nothing is missed.
  static Regeneration without_recipe(const Error& error) {
    Regeneration outcome;
    outcome.coverage.add("regeneration", error.message, error.remedy);
    return outcome;
  }

  /// The tree as the generators left it, and beside it what takes the place of theirs.
  std::vector<ExtraFile> extra_files(const Attempt& attempt, const OtherGenerators& others,
                                     const Regeneration& before) const {
    std::vector<ExtraFile> extra;
    for (const auto& [path, files] : before.files()) {
      // What bootstrap scripts link to is a file in the release alone.
      const auto own = [](const provenance::RegeneratedFile& file) { return file.with.empty(); };
      auto made = std::find_if(files.begin(), files.end(), [&](const provenance::RegeneratedFile& file) {
        return file.place == "tree" && own(file);
      });
      if (made == files.end()) made = std::find_if(files.begin(), files.end(), own);
      const bool held_back =
          attempt.autoheader.empty() && path_basename(path).ends_with(".m4") &&
          std::find(others.held_back.begin(), others.held_back.end(), path_basename(path)) != others.held_back.end();
      if (made != files.end() && m_reference.manifest().find(path) == nullptr && !held_back)
        extra.push_back({"src/" + path, &made->content});
    }
    for (const auto& file : others.macro_files) extra.push_back({"published/" + file.path, &file.content});
    if (attempt.with_aclocal)
      for (const auto& file : others.aclocal) extra.push_back({"pieces/" + file.path, &file.content});
    return extra;
  }

  Result<Regeneration> try_once(const Attempt& attempt, const OtherGenerators& others, const Regeneration& before) {
    const auto extra = extra_files(attempt, others, before);
    m_script = driver_script_for(others.targets, m_recipe, time_of_files() + 1, m_history.has_value());
    Sha256Stream key_of_extra;
    for (const auto& file : extra) {
      const auto line = fmt::format("{}:{} {}\n", file.inside.size(), file.inside, sha256(*file.content).hex());
      key_of_extra.update(as_bytes(line));
    }
    const auto key = cache_key(key_of_extra.finish().hex());
    if (auto earlier = m_options.log.empty() ? m_cache.find(key) : std::nullopt) return std::move(*earlier);
    ASSAY_TRY(auto made, make(extra));
    if (made.findings.empty() && m_unreadable.empty()) (void)m_cache.store(key, made).has_value();
    return made;
  }

  Result<Recipe> recipe() const {
    if (!m_options.commands.empty()) return given_recipe(m_options.commands);
    RecipeFacts facts;
    facts.version = m_request.version;
    facts.gnulib = place_of_gnulib();
    if (const auto* bootstrap = m_reference.manifest().find("bootstrap"))
      if (const auto content = m_reference.read(*bootstrap, 1 << 20)) facts.bootstrap_text = as_text(*content);
    if (!m_options.recipe_name.empty()) return recipe_named(m_options.recipe_name, m_reference.manifest(), facts);
    return choose_recipe(m_reference.manifest(), facts);
  }

  /// Makefiles of the tree may make more than the recipe asks them for.
  void want_the_rest() {
    if (m_recipe.name != "autotools") return;
    const auto list = wanted_list(m_request.wanted);
    if (list.empty()) return;
    m_wanted.assign(as_bytes(list).begin(), as_bytes(list).end());
    m_recipe.steps.push_back({fmt::format("{} < /build/{}", path_basename(k_wanted_program), k_wanted_place)});
  }

  /// Told of no gnulib, its bootstrap script would fetch one: a submodule is named to it as a checkout is.
  std::string place_of_gnulib() const {
    if (m_gnulib) return "/build/" + m_gnulib->inside;
    for (const std::string place : {"gnulib", ".gnulib"})
      if (m_reference.manifest().find(place + "/gnulib-tool") != nullptr) return "/build/src/" + place;
    return {};
  }

  /// The commit's time, but never the future: what is made now has to be newer.
  std::int64_t time_of_files() const {
    const auto now = std::int64_t{std::time(nullptr)};
    const auto commit = m_reference.source().commit_time;
    return commit > 0 ? std::min(commit, now - 3600) : std::int64_t{1'000'000'000};
  }

  /// Everything the outcome depends on.
  Sha256 cache_key(std::string_view extra = {}) const {
    Sha256Stream stream;
    const auto add = [&](std::string_view text) { stream.update(as_bytes(fmt::format("{}:{}", text.size(), text))); };
    add("assay regeneration 1");
    add(m_reference.source().tree);
    for (const auto& entry : m_reference.manifest().entries()) {
      add(entry.path);
      add(entry.digests.git_oid.hex());
      add(entry.executable() ? "x" : "-");
    }
    if (m_gnulib)
      for (const auto& entry : m_gnulib->reference->manifest().entries()) add(entry.path + entry.digests.git_oid.hex());
    if (m_history) {
      add(m_history->head);
      add(m_history->packed_refs);
      add(m_history->shallow);
    }
    add(m_options.toolchain.string());
    add(toolchain_digest(m_options.toolchain).hex());
    add(m_script);
    for (const auto& [name, value] : environment()) add(name + "=" + value);
    add(extra);
    return stream.finish();
  }

  std::vector<std::pair<std::string, std::string>> environment() const {
    return {{"PATH", "/build/bin:/usr/bin:/bin:/usr/sbin:/sbin"},
            {"HOME", "/build/home"},
            {"TMPDIR", "/build/tmp"},
            {"LC_ALL", "C.UTF-8"},
            {"TZ", "UTC"},
            {"TERM", "dumb"},
            {"SHELL", "/bin/sh"},
            {"NOCONFIGURE", "1"},
            {"SOURCE_DATE_EPOCH", std::to_string(time_of_files())},
            {"GIT_CONFIG_NOSYSTEM", "1"},
            {"GIT_TERMINAL_PROMPT", "0"},
            {"AUTOCONF_VERSION", claimed_autoconf(m_request)},
            {"npm_config_offline", "true"},
            {"CARGO_NET_OFFLINE", "true"},
            {"CARGO_HOME", "/build/home/cargo"}};
  }

  Result<Regeneration> make(std::span<const ExtraFile> extra = {}) {
    Regeneration outcome;
    outcome.recipe = m_recipe.name;
    if (m_request.progress) m_request.progress("regenerating: exporting the tree", 0, 0);
    ASSAY_TRY(const auto input, export_tree(m_reference, m_history, m_gnulib ? &*m_gnulib : nullptr, extra,
                                            time_of_files(), m_unreadable));
    if (!m_unreadable.empty())
      outcome.coverage.add(
          "regeneration",
          fmt::format("{} could not be read, so the generators ran without: {}", count_of(m_unreadable.size(), "file"),
                      escape_for_display(m_unreadable.front())),
          "see that the repository can be read whole (submodules too): `git fsck` in it says what it lacks");
    ASSAY_TRY(const auto products, temporary_file());
    StatusReader status{m_recipe, m_request, outcome};
    SandboxRequest sandbox;
    sandbox.toolchain = m_options.toolchain;
    if (m_history) sandbox.read_only = m_history->objects;
    sandbox.environment = environment();
    sandbox.script = m_script;
    sandbox.input = input.get();
    sandbox.output = products.get();
    sandbox.limits = m_options.limits;
    sandbox.on_status = [&](std::string_view line) { status.take(line); };
    ASSAY_TRY(const auto ended, run_in_sandbox(sandbox));
    m_log += ended.log;
    if (!m_options.log.empty()) {
      ASSAY_TRY_VOID(write_file_whole(m_options.log, m_log));
    }
    judge(ended, status.current(), outcome);
    if (ended.end == SandboxEnd::finished) read_products(products.get(), outcome);
    return outcome;
  }

  /// Turn how it ended into findings and gaps.
  void judge(const SandboxOutcome& ended, std::size_t step, Regeneration& outcome) const {
    const auto& command = m_recipe.steps[step].command;
    if (ended.end != SandboxEnd::finished) {
      auto finding = make_finding(
          k_sandbox_limit, {},
          fmt::format("while `{}` ran, the sandbox was stopped: {}", escape_for_display(command), to_string(ended.end)),
          {{"recipe", m_recipe.to_string()},
           {"most processes at a time", std::to_string(ended.most_processes)},
           {"log", log_excerpt(ended.log)}},
          command);
      outcome.findings.push_back(std::move(finding));
      outcome.coverage.add("regeneration",
                           fmt::format("stopped while `{}` ran: {}", escape_for_display(command), to_string(ended.end)),
                           "read that script; --recipe runs another, --regenerate-time SECONDS gives it more time");
      return;
    }
    for (const auto& one : outcome.steps) {
      if (!one.timed_out) continue;
      outcome.findings.push_back(make_finding(
          k_sandbox_limit, {}, fmt::format("`{}` did not end in time and was killed", escape_for_display(one.command)),
          {{"recipe", m_recipe.to_string()}, {"log", log_excerpt(ended.log)}}, one.command));
    }
    note_failures(ended, outcome);
  }

  void note_failures(const SandboxOutcome& ended, Regeneration& outcome) const {
    const auto missing = missing_tools(ended.log);
    for (const auto& tool : missing)
      outcome.coverage.add("regeneration", fmt::format("{} is not installed, and a step needed it", tool.tool),
                           "install the package " + tool.package + ", and run again");
    for (std::size_t i = 0; i < outcome.steps.size(); ++i) {
      const auto& step = outcome.steps[i];
      if (step.exit_code == 0) continue;
      outcome.coverage.add(
          "regeneration",
          fmt::format("`{}` {}: {}", escape_for_display(step.command.substr(0, 80)),
                      step.timed_out ? "was killed" : fmt::format("failed with exit code {}", step.exit_code),
                      reason_in(part_of_step(ended.log, i))),
          "install what it needs, or give the right commands with --recipe");
    }
  }

  void read_products(int file, Regeneration& outcome) const {
    archive::ReadOptions options;
    options.limits = m_options.reading;
    options.limits.memory = std::max<std::uint64_t>(m_options.reading.memory, m_options.limits.output);
    options.git_hash = m_reference.git_hash();
    options.max_kept_entry = k_largest_product;
    options.keep = [&](const TreeEntry& entry) { return is_news(entry); };
    auto contents = archive::read_archive(fmt::format("/proc/self/fd/{}", file), options);
    if (!contents) {
      outcome.coverage.add("regeneration", "what was made cannot be read: " + contents.error().message);
      return;
    }
    if (const auto list = contents->kept.find(std::string{k_list_of_release}); list != contents->kept.end())
      note_released(as_text(list->second), outcome);
    for (const auto place : {"dist", "tree"})  // what was made for release first
      for (auto& [name, content] : contents->kept)
        if (auto where = placed(name); where && where->place == place)
          outcome.add(std::move(where->path), {std::move(where->place), std::move(content)});
  }

  /// What the release lacks that the recipe makes is left out by the project itself; of one that failed, that cannot be said.
  void note_released(std::string_view list, Regeneration& outcome) const {
    const bool whole = std::all_of(outcome.steps.begin(), outcome.steps.end(),
                                   [](const provenance::RegenerationStep& step) { return step.exit_code == 0; });
    if (!whole || outcome.steps.size() != m_recipe.steps.size()) return;
    std::size_t of_tree = 0;
    for (auto end = list.find('\0'); end != std::string_view::npos; end = list.find('\0')) {
      if (auto where = placed(list.substr(0, end)); where && outcome.released.insert(where->path).second)
        of_tree += m_reference.manifest().find(where->path) != nullptr ? 1U : 0U;
      list.remove_prefix(end + 1);
    }
    outcome.has_most_of_the_tree = of_tree > 0 && 2 * of_tree >= m_reference.manifest().entries().size();
  }

  /// A product that the tree does not hold at that path anyway.
  bool is_news(const TreeEntry& entry) const {
    if (entry.path == k_list_of_release) return true;
    const auto where = placed(entry.path);
    if (!where || entry.kind != EntryKind::regular) return false;
    const auto* same = m_reference.manifest().find(where->path);
    return same == nullptr || same->digests.git_oid != entry.digests.git_oid;
  }

  const RegeneratorOptions& m_options;
  const vcs::Reference& m_reference;
  const RegenerationRequest& m_request;
  RegenerationCache m_cache;
  std::optional<GnulibTree> m_gnulib;
  std::optional<History> m_history;
  std::vector<std::string> m_unreadable;
  Recipe m_recipe;
  std::string m_script;
  Bytes m_wanted;     ///< the list of what the release has besides
  std::string m_log;  ///< of all runs
};

}  // namespace

Result<Regeneration> SandboxRegenerator::regenerate(const vcs::Reference& reference,
                                                    const RegenerationRequest& request) const {
  return Regenerating{m_options, reference, request}.run();
}

void SandboxRegenerator::regenerate_otherwise(const vcs::Reference& reference, const RegenerationRequest& request,
                                              const OtherGenerators& others, Regeneration& outcome) const {
  Regenerating{m_options, reference, request}.make_otherwise(others, outcome);
}

}  // namespace assay::rebuild
