#include "rebuild/proof.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "artifact/cause.hpp"
#include "artifact/compare_artifacts.hpp"
#include "base/text.hpp"
#include "trace/graph.hpp"

namespace assay::rebuild {

using trace::Index;

namespace {

constexpr std::chrono::seconds k_slack{5};  // clocks are read a little before what they stamp is written
constexpr std::size_t k_origins = 4;

struct Behind {
  std::string_view cause;
  std::vector<std::string_view> variations;
};

const std::vector<Behind>& table() {
  static const std::vector<Behind> k_table{
      {"timestamp", {"time"}},
      {"unclamped-mtime", {"time"}},
      {"year", {"time"}},
      {"gzip-mtime", {"time"}},
      {"pyc-mtime", {"time"}},
      {"zip-extra", {"time", "timezone"}},
      {"timezone", {"timezone"}},
      {"build-path", {"build_path", "home"}},
      {"home", {"home"}},
      {"shell", {"shell"}},
      {"environment", {"environment"}},
      {"cpu-count", {"num_cpus"}},
      {"compression", {"num_cpus"}},
      {"address", {"aslr"}},
      {"kernel", {"kernel"}},
      {"hostname", {"host", "domain"}},
      {"user", {"user_group"}},
      {"owner", {"user_group"}},
      {"locale", {"locale"}},
      {"locale-order", {"locale"}},
      {"umask", {"umask"}},
      {"file-order", {"file_order", "seed", "locale", "num_cpus"}},
      {"key-order", {"seed"}},
      {"hash-order", {"seed"}},
      {"random", {"seed"}},
  };
  return k_table;
}

/// What a cause is called that looks like another one from the outside, once the variation behind it is known.
struct Renamed {
  std::string_view variation, from, to;
};
constexpr Renamed k_renamed[] = {
    {"home", "build-path", "home"}, {"locale", "file-order", "locale-order"}, {"seed", "file-order", "key-order"}};

/// Of what bears no signature: the cause that the variation stands for.
std::string_view cause_of(std::string_view variation) {
  for (const auto& [id, cause] : {std::pair{"build_path", "build-path"},
                                  {"environment", "environment"},
                                  {"locale", "locale"},
                                  {"timezone", "timezone"},
                                  {"time", "timestamp"},
                                  {"umask", "umask"},
                                  {"home", "home"},
                                  {"user_group", "user"},
                                  {"host", "hostname"},
                                  {"domain", "hostname"},
                                  {"kernel", "kernel"},
                                  {"num_cpus", "cpu-count"},
                                  {"aslr", "address"},
                                  {"file_order", "file-order"},
                                  {"shell", "shell"},
                                  {"seed", "key-order"}})
    if (variation == id) return cause;
  return {};
}

const BuiltArtifact* artifact_of(const BuildOutcome& outcome, std::string_view name) {
  const auto found = std::find_if(outcome.artifacts.begin(), outcome.artifacts.end(),
                                  [&](const BuiltArtifact& each) { return each.name == name; });
  return found == outcome.artifacts.end() ? nullptr : &*found;
}

bool holds(const std::vector<const Variation*>& list, const Variation* variation) {
  return std::find(list.begin(), list.end(), variation) != list.end();
}

}  // namespace

Result<Comparison> compare_builds(const BuildOutcome& before, const BuildOutcome& after, std::string_view artifact,
                                  const Limits& limits) {
  const auto* left = artifact_of(before, artifact);
  const auto* right = artifact_of(after, artifact);
  if (left == nullptr || right == nullptr)
    return Error{ErrorCode::not_found, "one of the two builds did not make it", escape_for_display(artifact), {}};
  artifact::CompareRequest request;
  request.before = left->file;
  request.after = right->file;
  request.limits = limits;
  return artifact::compare_artifacts(request);
}

std::vector<const Variation*> variations_behind(std::string_view cause) {
  std::vector<const Variation*> found;
  for (const auto& each : table())
    if (each.cause == cause)
      for (const auto id : each.variations) found.push_back(find_variation(id));
  return found;
}

std::vector<const Variation*> guess_of(const Comparison& comparison) {
  std::vector<const Variation*> found;
  for (const auto& cause : comparison.causes) {
    const auto behind = variations_behind(cause.id);
    if (cause.confidence >= Confidence::likely && !behind.empty() && !holds(found, behind.front()))
      found.push_back(behind.front());
  }
  return found;
}

namespace {

std::chrono::seconds whole_seconds(auto duration) {
  return std::chrono::duration_cast<std::chrono::seconds>(duration);
}

/// What the clocks of two builds can have said.
class Clocks {
 public:
  Clocks(const ExperimentBuild& before, const ExperimentBuild& after)
      : m_before(before),
        m_after(after),
        m_least(whole_seconds(after.started - before.started) - whole_seconds(before.outcome.wall) - k_slack),
        m_most(whole_seconds(after.started - before.started) + whole_seconds(after.outcome.wall) + k_slack) {}

  /// Did what the change shows move on by the time that passed between the builds? A stamp is made at any moment of a build.
  bool moved_on(const Change& change) const {
    const auto within = [&](std::int64_t seconds, std::int64_t rounding) {
      const std::chrono::seconds shift{seconds}, most_off{rounding};
      return shift >= m_least - most_off && shift <= m_most + most_off;
    };
    if (const auto moments = artifact::moments_of(change)) return within(moments->second - moments->first, 0);
    const auto times = artifact::times_of_day(change);
    if (!times) return false;
    constexpr std::int64_t k_day = 86'400;
    auto shift = (times->after - times->before + k_day) % k_day;
    if (shift > k_day / 2) shift -= k_day;
    return within(shift, times->resolution - 1) && can_say(m_before, times->before, times->resolution) &&
           can_say(m_after, times->after, times->resolution);
  }

  /// Are both sides what the clock of their build said while it ran, in whatever zone?
  bool were_read(const Change& change) const {
    constexpr std::int64_t k_widest_zone = 14 * 3600;
    const auto moments = artifact::moments_of(change);
    if (!moments) return moved_on(change);
    const auto off = moments->first - began(m_before).count();
    const auto zone = (off + (off < 0 ? -k_quarter : k_quarter) / 2) / k_quarter * k_quarter;
    return std::abs(zone) <= k_widest_zone && saw(m_before, moments->first - zone) &&
           saw(m_after, moments->second - zone);
  }

 private:
  static std::chrono::seconds began(const ExperimentBuild& build) {
    return whole_seconds(build.started.time_since_epoch()) + build.conditions.time_offset;
  }
  static bool saw(const ExperimentBuild& build, std::int64_t moment) {
    const auto ended = began(build) + whole_seconds(build.outcome.wall);
    return moment >= (began(build) - k_slack).count() && moment <= (ended + k_slack).count();
  }

  /// Zones are whole quarters of an hour apart, so a time of day tells minutes and seconds within one.
  static bool can_say(const ExperimentBuild& build, std::int64_t second_of_day, std::int64_t resolution) {
    const auto first = (began(build) - k_slack).count() - (resolution - 1);
    const auto last = (began(build) + whole_seconds(build.outcome.wall) + k_slack).count();
    return ((second_of_day - first) % k_quarter + k_quarter) % k_quarter <= last - first;
  }

  static constexpr std::int64_t k_quarter = 900;
  const ExperimentBuild& m_before;
  const ExperimentBuild& m_after;
  std::chrono::seconds m_least, m_most;
};

/// Is all that the causes leave open? A number that no other date stands beside, as where the clock was set, is a guess to a
/// comparison that does not know when the two were built.
bool are_readings_of_clock(const Comparison& comparison, const Clocks& clocks) {
  const auto all_are = [&](const std::vector<std::uint32_t>& changes) {
    return std::all_of(changes.begin(), changes.end(),
                       [&](const auto index) { return clocks.were_read(comparison.changes[index]); });
  };
  return all_are(comparison.leftovers) &&
         std::all_of(comparison.causes.begin(), comparison.causes.end(), [&](const RootCause& cause) {
           return cause.confidence != Confidence::guess || all_are(cause.changes);
         });
}

}  // namespace

bool differs_by_clock_only(const Comparison& comparison, const ExperimentBuild& before, const ExperimentBuild& after) {
  if (!comparison.coverage.complete() || (comparison.causes.empty() && comparison.leftovers.empty())) return false;
  if (before.conditions.time_offset != after.conditions.time_offset) return false;
  const Clocks clocks{before, after};
  if (!comparison.closed && !are_readings_of_clock(comparison, clocks)) return false;
  return std::all_of(comparison.causes.begin(), comparison.causes.end(), [&](const RootCause& cause) {
    return holds(variations_behind(cause.id), find_variation("time")) &&
           std::all_of(cause.changes.begin(), cause.changes.end(),
                       [&](const auto index) { return clocks.moved_on(comparison.changes[index]); });
  });
}

namespace {

/// The files that a build wrote, under names that do not depend on where it stood.
class Written {
 public:
  explicit Written(const ExperimentBuild& build) : m_trace(*build.outcome.trace), m_conditions(build.conditions) {
    std::map<std::string, std::size_t> count;
    for (Index file = 0; file < m_trace.files.size(); ++file) {
      const auto& version = m_trace.files[file];
      if (version.writers.empty() || !version.sha256) continue;
      auto name = neutral(version.path);
      m_names.emplace(file, fmt::format("{} {}", name, count[name]++));
      m_files.emplace(m_names.at(file), file);
    }
  }

  std::string neutral(const std::string& path) const {
    for (const auto& [place, stand_in] : {std::pair{&m_conditions.directory, "source"}, {&m_conditions.home, "home"}})
      if (path.starts_with(*place + "/")) return stand_in + path.substr(place->size());
    return path;
  }
  const std::map<Index, std::string>& names() const { return m_names; }
  const trace::FileVersion* find(const std::string& name) const {
    const auto found = m_files.find(name);
    return found == m_files.end() ? nullptr : &m_trace.files[found->second];
  }

 private:
  const trace::Trace& m_trace;
  const Conditions& m_conditions;
  std::map<Index, std::string> m_names;  ///< with the number of the version
  std::map<std::string, Index> m_files;
};

bool is_of_build(const trace::Trace& trace, Index process) {
  const auto& phase = trace.phases[trace.processes[process].phase];
  return phase != "setup" && phase != "collect";
}

void add_sources(const Written& build, const trace::Trace& trace, Index process, std::vector<std::string>& sources) {
  constexpr std::string_view place = "source/";
  for (const auto& access : trace.processes[process].reads) {
    const auto name = build.neutral(trace.files[access.file].path);
    if (!name.starts_with(place)) continue;
    if (auto path = name.substr(place.size()); std::find(sources.begin(), sources.end(), path) == sources.end())
      sources.push_back(std::move(path));
  }
}

Birthplace birthplace_of(const Written& build, const trace::Trace& trace, Index file) {
  Birthplace place;
  place.file = build.neutral(trace.files[file].path);
  const auto maker = trace.files[file].writers.back();
  for (const auto process : trace::process_chain(trace, maker)) {
    if (!is_of_build(trace, process) || trace.processes[process].images.empty()) continue;
    add_sources(build, trace, process, place.read);
    const auto& image = trace.processes[process].images.back();
    auto line = trace::command_line(image);
    if (!place.chain.empty() && place.chain.back() == line) continue;
    place.chain.push_back(std::move(line));
    place.commands.push_back(image.arguments);
  }
  const auto program = trace::program_name(trace, maker);
  if (program != "sh" && program != "dash" && program != "bash") place.program = program;
  return place;
}

}  // namespace

namespace {

/// Everything that went into the artifacts of those names, themselves included.
std::set<Index> parts_of(const ExperimentBuild& build, const trace::Graph& graph,
                         const std::vector<std::string>& artifacts) {
  const auto& trace = *build.outcome.trace;
  std::set<Index> parts;
  for (const auto& name : artifacts) {
    const auto* artifact = artifact_of(build.outcome, name);
    if (artifact == nullptr) continue;
    for (Index file = 0; file < trace.files.size(); ++file) {
      const auto& version = trace.files[file];
      if (version.writers.empty() || !version.sha256 || version.sha256->hex() != artifact->sha256 ||
          !parts.insert(file).second)
        continue;
      const auto ancestry = graph.ancestry(file);
      parts.insert(ancestry.begin(), ancestry.end());
    }
  }
  return parts;
}

}  // namespace

namespace {

/// What Autoconf writes on its way and nobody reads afterwards: it differs in every run, and explains nothing.
bool is_scratch(std::string_view path) {
  const auto name = path_basename(path);
  return path.find("/autom4te.cache/") != std::string_view::npos || name.starts_with("conftest") ||
         name == "confdefs.h" || name == "config.log";
}

}  // namespace

std::vector<Birthplace> birthplaces(const ExperimentBuild& before, const ExperimentBuild& after,
                                    const std::vector<std::string>& artifacts, std::size_t most) {
  if (!before.outcome.trace || !after.outcome.trace) return {};
  const Written left{before}, right{after};
  const auto& trace = *after.outcome.trace;
  const trace::Graph graph{trace};
  const auto parts = parts_of(after, graph, artifacts);
  std::set<Index> differing;
  for (const auto& [file, name] : right.names()) {
    if (!parts.contains(file)) continue;
    const auto* other = left.find(name);
    const auto& version = trace.files[file];
    if (!std::any_of(version.writers.begin(), version.writers.end(),
                     [&](Index process) { return is_of_build(trace, process); }))
      continue;
    if (other != nullptr && (other->sha256 != version.sha256 || other->mode != version.mode)) differing.insert(file);
  }
  std::vector<Index> born;
  for (const auto file : differing) {
    const auto inputs = graph.inputs(file);
    const auto previous = trace.files[file].previous;
    if (differing.contains(previous) || std::any_of(inputs.begin(), inputs.end(), [&](Index input) {
          return input != file && differing.contains(input);
        }))
      continue;
    born.push_back(file);
  }
  std::sort(born.begin(), born.end());
  const auto scratch = [&](Index file) { return is_scratch(trace.files[file].path); };
  if (!std::all_of(born.begin(), born.end(), scratch)) std::erase_if(born, scratch);
  std::vector<Birthplace> places;
  for (const auto file : born) {
    if (places.size() == most) break;
    places.push_back(birthplace_of(right, trace, file));
  }
  return places;
}

namespace {

void name_after(RootCause& cause, std::string_view id) {
  for (const auto& known : artifact::known_causes()) {
    if (known.id != id) continue;
    cause.id = known.id;
    cause.title = known.title;
    cause.remedy = known.remedy;
  }
}

std::string evidence_of(const Factor& factor) {
  return fmt::format("experiment: builds {} and {} differ in {} alone, and without it the result is the base's again",
                     factor.with + 1, factor.without + 1, factor.variation->id);
}

/// What bears no signature is the doing of the one thing in which the two builds differ all the same.
void attribute_rest(Comparison& comparison, const Factor& factor) {
  if (comparison.leftovers.empty()) return;
  RootCause cause;
  name_after(cause, cause_of(factor.variation->id));
  cause.remedy = factor.variation->remedy;
  cause.summary =
      fmt::format("{} that depend on {}", count_of(comparison.leftovers.size(), "difference"), factor.variation->title);
  cause.confidence = Confidence::proven;
  cause.evidence = {evidence_of(factor)};
  cause.changes = std::move(comparison.leftovers);
  comparison.leftovers.clear();
  for (const auto index : cause.changes) {
    auto& change = comparison.changes[index];
    change.standing = Standing::caused;
    change.cause = static_cast<std::uint32_t>(comparison.causes.size());
    change.reason = cause.evidence.front();
    cause.bytes += change.bytes;
    cause.in_code = cause.in_code || change.impact == Impact::code || change.impact == Impact::script ||
                    change.impact == Impact::maintainer_script;
    cause.privileged = cause.privileged || change.impact == Impact::privilege;
  }
  comparison.causes.push_back(std::move(cause));
}

/// A cause that fits the variation is proven by it; another is what the variation looks like from the outside.
void mark_proven(Comparison& comparison, const Factor& factor) {
  if (!factor.proven) return;
  for (auto& cause : comparison.causes) {
    if (!holds(variations_behind(cause.id), factor.variation)) continue;
    for (const auto& renamed : k_renamed)
      if (renamed.variation == factor.variation->id && renamed.from == cause.id) name_after(cause, renamed.to);
    cause.confidence = Confidence::proven;
    cause.evidence.push_back(evidence_of(factor));
  }
  attribute_rest(comparison, factor);
}

std::vector<std::string> origins_of(const ExperimentBuild& without, const ExperimentBuild& with,
                                    const std::vector<std::string>& artifacts, const SourceLines* source) {
  std::vector<std::string> lines;
  for (const auto& place : birthplaces(without, with, artifacts, k_origins)) {
    auto line = escape_for_display(place.file) + ": ";
    // The last two say what was run and by whom; the rest is the way there.
    const auto first = place.chain.size() > 3 ? place.chain.size() - 3 : 0;
    for (auto i = first; i < place.chain.size(); ++i) line += (i == first ? "" : " → ") + place.chain[i];
    if (const auto where = source != nullptr ? source->find(place.commands, place.read) : std::nullopt)
      line += ", at " + escape_for_display(*where);
    lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace

std::vector<ProvenCause> proven_causes(const ExperimentResult& experiment, const std::vector<ExperimentBuild>& builds,
                                       const SourceLines* lines, const Limits& limits, Coverage& coverage) {
  std::vector<ProvenCause> causes;
  for (const auto& factor : experiment.factors) {
    ProvenCause cause;
    cause.variation = factor.variation->id;
    cause.title = factor.variation->title;
    cause.proven = factor.proven;
    cause.artifacts = factor.artifacts;
    cause.remedy = factor.variation->remedy;
    const auto& with = builds[factor.with];
    const auto& without = builds[factor.without];
    for (const auto& name : factor.artifacts) {
      auto comparison = compare_builds(without.outcome, with.outcome, name, limits);
      if (!comparison) {
        coverage.add(escape_for_display(name),
                     fmt::format("with and without {}: {}", factor.variation->id, comparison.error().message));
        continue;
      }
      mark_proven(*comparison, factor);
      cause.comparison = std::move(*comparison);
      break;  // one shows it; the others are named
    }
    cause.origin = origins_of(without, with, factor.artifacts, lines);
    causes.push_back(std::move(cause));
  }
  return causes;
}

}  // namespace assay::rebuild
