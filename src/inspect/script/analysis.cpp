#include "inspect/script/analysis.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/glob.hpp"
#include "base/text.hpp"
#include "inspect/script/flow_findings.hpp"
#include "inspect/script/interpreter.hpp"
#include "inspect/script/make_includes.hpp"
#include "inspect/script/recognition.hpp"
#include "inspect/script/suspicion.hpp"
#include "inspect/script/traits.hpp"
#include "inspect/script/unfollowed.hpp"
#include "inspect/tree_links.hpp"

namespace assay::inspect {

namespace {

/// Of a file that may be a script by its first line only: scripts are read no further.
constexpr std::uint64_t k_largest_unnamed = k_longest_script;
constexpr std::size_t k_most_flows = 64;
constexpr std::size_t k_most_held_make = 32U << 20;
constexpr std::size_t k_most_patterns = 256;  ///< of names that make files include
constexpr int k_rounds = 5;

/// Scripts, and what they share.
struct Scripts {
  std::vector<std::unique_ptr<ScriptUnit>> units;
  SharedNames shared;
};

/// Its first line may tell it to be a script, whatever it is called.
bool may_be_script(const TreeEntry& entry) {
  // A git tree knows no sizes.
  if (entry.kind != EntryKind::regular || (entry.size == 0 && entry.sha256_known)) return false;
  return script_kind_by_name(entry.path) != ScriptKind::none || entry.size <= k_largest_unnamed;
}

bool is_configure(std::string_view name) noexcept {
  return name == "configure" || name == "configure.ac" || name == "configure.in";
}

void share(const ScriptUnit& unit, SharedNames& shared) {
  if (!shares_names(unit.kind(), unit.path())) return;
  for (const auto& [name, definition] : unit.all_definitions()) shared.add(name, unit, definition);
}

/// Tell each script which of several nested builds it belongs to.
void assign_builds(const std::vector<std::unique_ptr<ScriptUnit>>& units) {
  std::set<std::string_view> builds;
  for (const auto& unit : units)
    if (is_configure(path_basename(unit->path()))) builds.insert(path_dirname(unit->path()));
  for (const auto& unit : units) {
    auto directory = path_dirname(unit->path());
    while (!directory.empty() && !builds.contains(directory)) directory = path_dirname(directory);
    unit->set_build(directory);
  }
}

/// Reads what may be a script. Make files wait until all have been seen: what they include may come later.
class ScriptReader {
 public:
  ScriptReader(TreeAccess& tree, const FactsOf& facts, const ScriptOptions& options, Scripts& scripts,
               TraitCheck& traits, ScriptAnalysis& analysis)
      : m_tree(tree),
        m_largest(std::max<std::uint64_t>(k_longest_script, options.max_searched)),
        m_deadline(options.deadline),
        m_links(tree.entries()),
        m_facts(facts),
        m_scripts(scripts),
        m_traits(traits),
        m_unfollowed(tree.entries()),
        m_analysis(analysis) {}

  void read(const std::function<bool(const TreeEntry&)>& want) {
    const auto wanted = [&](const TreeEntry& entry) { return may_be_script(entry) && (!want || want(entry)); };
    const auto wanted_name = [&](const LinkName& name) { return wanted(name.entry); };
    const auto by_any_name = [&](const TreeEntry& entry) {
      const auto& names = m_links.names_of(entry);
      return wanted(entry) || std::any_of(names.begin(), names.end(), wanted_name);
    };
    visit(by_any_name, [&](const TreeEntry& entry, ByteView content) {
      std::set<std::pair<ScriptKind, bool>> read_as;
      if (wanted(entry)) take(entry, entry.path, content, read_as);
      for (const auto& name : m_links.names_of(entry))
        if (wanted_name(name)) take(name.entry, name.symbolic ? entry.path : name.entry.path, content, read_as);
    });
    read_included();
    for (const auto& file : m_make_files) add(file.name, file.text, m_includes.variables_for(file.outline));
  }

 private:
  /// Read a file under one of its names; `known_as` is the one under which it was compared. Another name adds something only where
  /// the build takes the file for something else by it.
  void take(const TreeEntry& name, const EntryPath& known_as, ByteView content,
            std::set<std::pair<ScriptKind, bool>>& read_as) {
    if (is_late()) return;
    const auto kind = script_kind(name, content);
    if (kind == ScriptKind::none || kind == ScriptKind::tcl || !unfollowed_language(name.path).empty()) {
      const auto facts = m_facts(known_as);
      if (!unfollowed_language(name.path).empty() && looks_like_text(content))
        m_unfollowed.examine(name.path, as_text(content), facts, m_analysis);
      // Of Tcl only what it starts is followed.
      if (kind == ScriptKind::none || kind == ScriptKind::tcl) note_not_followed(name.path, content, facts);
      if (kind == ScriptKind::none) return;
    }
    if (!read_as.emplace(kind, is_in_test_data(name.path)).second) return;
    std::string room;
    const auto text = text_of_script(content, room);
    Named named{name.path, known_as, kind, content.size() - text.size()};
    if (kind == ScriptKind::make && m_held + text.size() <= k_most_held_make) hold(std::move(named), text);
    else add(named, text, {});
  }

  /// Of Windows, VMS, and of who packages.
  static bool is_for_other_systems(std::string_view language) {
    return language == "batch commands" || language == "PowerShell" || language == "DCL" || language == "RPM spec";
  }

  /// Without `$((…))`: what is only calculated with was read by something else, which stands there as well.
  static std::string without_arithmetic(std::string_view text) {
    constexpr std::size_t k_longest = 256;
    std::string rest;
    for (std::size_t at = 0; at < text.size();) {
      const auto begin = text.find("$((", at);
      const auto near = begin == std::string_view::npos ? begin : begin + k_longest;
      const auto end = begin == std::string_view::npos ? begin : text.substr(0, near).find_first_of("\n`", begin);
      const auto close = begin == std::string_view::npos ? begin : text.substr(0, near).find("))", begin);
      rest += text.substr(at, begin - at);
      if (begin == std::string_view::npos) break;
      // What another command prints is more than arithmetic.
      const bool plain = close < end && text.substr(begin + 3, close - begin - 3).find("$(") == std::string_view::npos;
      at = plain ? close + 2 : begin + 3;
      rest += plain ? "0" : "$((";
    }
    return rest;
  }

  /// What gives a reason to be followed, and is in a language that is not.
  void note_not_followed(const EntryPath& path, ByteView content, const FileFacts& facts) {
    const auto language = language_not_followed(path, content);
    const bool executed = !language.empty() || (facts.compared && facts.reach == Reach::executed);
    // Examined on its own, only what a build here would run is missed.
    if (!facts.compared && is_for_other_systems(language)) return;
    if (!executed || (facts.compared && facts.proof < Proof::composed) || is_in_test_data(path) ||
        !looks_like_text(content) || suspicion_of(as_text(content)) != Suspicion::flow ||
        suspicion_of(without_arithmetic(as_text(content))) != Suspicion::flow)
      return;
    m_analysis.coverage.add(
        escape_for_display(path),
        fmt::format("what it does with the bytes of other files was not followed: it is {}",
                    language.empty() ? "in no language that is known here" : fmt::format("a script of {}", language)),
        "read it");
  }

  /// What a script is called, and what is said of it apart from its text.
  struct Named {
    EntryPath path;
    EntryPath known_as;
    ScriptKind kind = ScriptKind::none;
    std::size_t nul = 0;  ///< bytes that were dropped
  };
  struct MakeFile {
    Named name;
    std::string text;
    MakeOutline outline;
  };

  void visit(const std::function<bool(const TreeEntry&)>& wanted,
             const std::function<void(const TreeEntry&, ByteView)>& take) {
    const auto outcome = m_tree.visit(wanted, m_largest, take, m_analysis.coverage);
    if (!outcome) m_analysis.coverage.add("build scripts", "could not be read: " + outcome.error().message);
  }

  void hold(Named name, std::string_view text) {
    m_held += text.size();
    m_make_files.push_back({std::move(name), std::string{text}, outline_make(text)});
    m_includes.add(m_make_files.back().name.path, m_make_files.back().outline);
  }

  /// A make file can include a file of any name, which nothing tells to be one.
  void read_included() {
    const auto names = m_includes.missing();
    std::vector<std::string_view> patterns;
    std::copy_if(names.begin(), names.end(), std::back_inserter(patterns),
                 [](const std::string& name) { return name.find('*') != std::string::npos; });
    patterns.resize(std::min(patterns.size(), k_most_patterns));
    const auto is_included = [&](const TreeEntry& entry) {
      const auto name = path_basename(entry.path);
      return entry.kind == EntryKind::regular && script_kind_by_name(entry.path) == ScriptKind::none &&
             (names.contains(name) || std::any_of(patterns.begin(), patterns.end(),
                                                  [&](std::string_view pattern) { return glob_match(pattern, name); }));
    };
    const auto& entries = m_tree.entries();
    if (names.empty() || std::none_of(entries.begin(), entries.end(), is_included)) return;
    visit(is_included, [&](const TreeEntry& entry, ByteView content) {
      std::string room;
      if (holds_commands(content)) m_includes.add(entry.path, outline_make(text_of_script(content, room)));
    });
  }

  void add(const Named& name, std::string_view text, const MakeVariables& included) {
    const auto& path = name.path;
    auto facts = m_facts(name.known_as);
    // A file with NUL bytes is compared as a whole, not by lines.
    facts.all_novel =
        facts.all_novel || (name.nul > 0 && facts.compared && !facts.in_vcs && facts.novel_lines == nullptr);
    auto unit = std::make_unique<ScriptUnit>(path, name.kind, to_shell(name.kind, text, included), facts);
    if (unit->truncated())
      m_analysis.coverage.add(escape_for_display(path), "the script is longer than scripts are read");
    m_analysis.harvest.merge(harvest_parsed(path, text, unit->script()));
    m_traits.examine(*unit, text);
    if (name.nul > 0) m_traits.note_nul(*unit, name.nul);
    m_scripts.units.push_back(std::move(unit));
  }

  bool is_late() {
    const auto outcome = m_deadline.check();
    if (!outcome && ++m_late == 1)
      m_analysis.coverage.add("build scripts", "not all of them were read: " + outcome.error().message,
                              outcome.error().remedy);
    return !outcome;
  }

  TreeAccess& m_tree;
  const std::uint64_t m_largest;  ///< bytes of a file that is opened at all
  const archive::Deadline m_deadline;
  std::size_t m_late = 0;
  const TreeLinks m_links;
  const FactsOf& m_facts;
  Scripts& m_scripts;
  TraitCheck& m_traits;
  UnfollowedCheck m_unfollowed;
  ScriptAnalysis& m_analysis;
  std::vector<MakeFile> m_make_files;
  std::size_t m_held = 0;
  MakeIncludes m_includes;
};

void read_scripts(TreeAccess& tree, const FactsOf& facts, const ScriptOptions& options, Scripts& scripts,
                  TraitCheck& traits, ScriptAnalysis& analysis) {
  ScriptReader{tree, facts, options, scripts, traits, analysis}.read(options.want);
  assign_builds(scripts.units);
  for (const auto& unit : scripts.units) share(*unit, scripts.shared);
  analysis.scripts = scripts.units.size();
}

unsigned stage_depth(const ScriptUnit& unit) {
  unsigned depth = 0;
  for (const auto* parent = unit.parent(); parent != nullptr; parent = parent->parent()) ++depth;
  return depth;
}

std::string name_of_stage(const Flow& flow, unsigned depth) {
  const auto& from = flow.files.empty() ? flow.steps.front().script : flow.files.front();
  return ContainerPath{{from, fmt::format("stage {}", depth + 1)}}.to_string();
}

/// Follows scripts, then the stages they decode, then theirs.
class Follower {
 public:
  Follower(TreeAccess& tree, const ScriptOptions& options, const Decompress& decompress, ScriptAnalysis& analysis)
      : m_options(options),
        m_analysis(analysis),
        m_tree(tree, options.max_file, options.max_searched, options.max_patterns),
        m_interpreter(m_tree, options, decompress, analysis.coverage) {}

  void follow(const Scripts& scripts) {
    // The first round finds out which patterns are searched for and which files are read; having them is one pass; the
    // next round knows, and may learn of more.
    for (int round = 0; round < k_rounds; ++round) {
      m_interpreter.reset();
      m_stages.clear();
      m_flows.clear();
      m_handled = 0;
      for (const auto& unit : scripts.units) m_interpreter.run(*unit, scripts.shared);
      follow_stages(scripts);
      if (!m_tree.has_pending()) break;
      m_tree.fetch(m_analysis.coverage);
    }
    if (m_tree.has_pending())
      m_analysis.coverage.add(
          "build scripts",
          fmt::format("they lead from file to file for more than {} rounds; the rest was not followed", k_rounds));
    if (m_tree.exhausted())
      m_analysis.coverage.add("build scripts",
                              "they have more names with wild cards than are compared with all paths of the tree");
    m_analysis.harvest.merge(m_interpreter.harvest());
    finish();
  }

  const std::vector<PatternHit>& pattern_hits() const noexcept { return m_interpreter.pattern_hits(); }

 private:
  struct Found {
    Flow flow;
    const ScriptUnit* unit;
    bool subsumed = false;
  };

  void follow_stages(const Scripts& scripts) {
    auto& arrivals = m_interpreter.arrivals();
    for (; m_handled < arrivals.size() && m_flows.size() < k_most_flows; ++m_handled) {
      const auto arrival = arrivals[m_handled];
      auto flow = flow_of(arrival, m_tree, m_analysis.coverage);
      if (!flow) continue;
      inherit_stages(*flow, *arrival.unit);
      const auto index = m_flows.size();
      const auto depth = stage_depth(*arrival.unit);
      if (arrival.value.known) {
        const auto bytes = as_bytes(*arrival.value.text);
        flow->stages.push_back(
            {name_of_stage(*flow, depth), Bytes{bytes.begin(), bytes.end()}, bytes.size() >= m_options.max_stage});
      }
      m_flows.push_back({std::move(*flow), arrival.unit, false});
      if (arrival.value.known && arrival.executes && depth < m_options.max_depth) enter_stage(arrival, index, scripts);
    }
    if (m_handled < arrivals.size())
      m_analysis.coverage.add(
          "build scripts",
          fmt::format("more than {} flows of data into the build; the rest is not listed", k_most_flows));
  }

  void inherit_stages(Flow& flow, const ScriptUnit& unit) {
    const auto it = m_stages.find(&unit);
    if (it == m_stages.end()) return;
    auto& parent = m_flows[it->second.flow];
    flow.stages = parent.flow.stages;
    flow.severity = std::max(flow.severity, parent.flow.severity);
    parent.subsumed = true;
  }

  void enter_stage(const Arrival& arrival, std::size_t index, const Scripts& scripts) {
    const auto& flow = m_flows[index].flow;
    const auto& stage = flow.stages.back();
    if (!holds_commands(stage.bytes)) return;
    std::string room;
    const auto text = text_of_script(stage.bytes, room);
    auto unit =
        std::make_unique<ScriptUnit>(stage.name, ScriptKind::shell, to_shell(ScriptKind::shell, text), FileFacts{});
    unit->set_parent(arrival.unit, join(arrival.unit->trace(), arrival.value.trace), has_novel_step(flow));
    m_analysis.harvest.merge(harvest_parsed(stage.name, text, unit->script()));
    const auto* raw = unit.get();
    m_stages.emplace(raw, Stage{std::move(unit), index});
    m_interpreter.run(*raw, scripts.shared);
  }

  /// One flow per file and way; the macro file that configure was made from is named beside it.
  void finish() {
    for (auto& found : m_flows) {
      if (found.subsumed) continue;
      auto& flow = found.flow;
      const auto twin = std::find_if(m_analysis.flows.begin(), m_analysis.flows.end(),
                                     [&](const Flow& other) { return same_way(flow, other); });
      if (twin == m_analysis.flows.end()) {
        m_analysis.flows.push_back(std::move(flow));
        continue;
      }
      if (rank(flow) > rank(*twin)) std::swap(flow, *twin);
      note_twin(*twin, flow.steps.back().script, flow.steps.front().line);
    }
    std::stable_sort(m_analysis.flows.begin(), m_analysis.flows.end(),
                     [](const Flow& a, const Flow& b) { return a.severity > b.severity; });
  }
  static void note_twin(Flow& flow, const std::string& path, std::uint64_t line) {
    if (path == flow.steps.back().script ||
        std::find(flow.also_in.begin(), flow.also_in.end(), path) != flow.also_in.end())
      return;
    flow.also_in.push_back(path);
    flow.also_lines.push_back(line);
  }
  static bool same_way(const Flow& a, const Flow& b) {
    if (a.files != b.files || a.executes != b.executes || a.fetched != b.fetched) return false;
    if (a.files.empty() && a.steps.front().what != b.steps.front().what) return false;
    const auto last = [](const Flow& flow) {
      return flow.stages.empty() ? ByteView{} : ByteView{flow.stages.back().bytes};
    };
    return std::ranges::equal(last(a), last(b));
  }
  /// What is executed as it stands comes before what it was made from; a longer history before a shorter.
  static std::size_t rank(const Flow& flow) {
    const auto& script = flow.steps.back().script;
    return (static_cast<std::size_t>(flow.severity) << 20) +
           (script_kind_by_name(script) == ScriptKind::m4 ? 0U : 1U << 16) + flow.steps.size();
  }

  struct Stage {
    std::unique_ptr<ScriptUnit> unit;
    std::size_t flow;
  };

  const ScriptOptions& m_options;
  ScriptAnalysis& m_analysis;
  SourceTree m_tree;
  Interpreter m_interpreter;
  std::vector<Found> m_flows;
  std::map<const ScriptUnit*, Stage> m_stages;
  std::size_t m_handled = 0;
};

}  // namespace

bool shares_names(ScriptKind kind, std::string_view path) noexcept {
  return kind == ScriptKind::m4 || kind == ScriptKind::make || path_basename(path) == "configure";
}

ScriptAnalysis analyse_scripts(TreeAccess& tree, const FactsOf& facts, const ScriptOptions& options) {
  ScriptAnalysis analysis;
  const auto decompress = options.decompress ? options.decompress : archive_decompress();
  const FactsOf known = facts ? facts : [](std::string_view) { return FileFacts{}; };
  Scripts scripts;
  TraitCheck traits{tree, known};
  read_scripts(tree, known, options, scripts, traits, analysis);
  Follower follower{tree, options, decompress, analysis};
  follower.follow(scripts);
  for (auto& flow : analysis.flows) {
    analysis.findings.push_back(finding_of(flow));
    flow.fingerprint = analysis.findings.back().fingerprint;
  }
  for (const auto& hit : follower.pattern_hits()) analysis.findings.push_back(finding_of(hit));
  traits.finish(analysis);
  sort_findings(analysis.findings);
  return analysis;
}

}  // namespace assay::inspect
