#include "inspect/script/traits.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "base/text.hpp"
#include "inspect/script/filters.hpp"
#include "inspect/script/rules.hpp"

namespace assay::inspect {

namespace {

constexpr std::size_t k_most_findings = 500;
constexpr std::size_t k_evidence = 400;  ///< bytes of a line

bool contains(std::string_view text, std::string_view word) noexcept {
  return text.find(word) != std::string_view::npos;
}

bool is_name(char c) noexcept {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

/// `word` in `text`, with no name character on either side.
bool contains_word(std::string_view text, std::string_view word) noexcept {
  for (auto at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    const bool before = at == 0 || !is_name(text[at - 1]);
    const bool after = at + word.size() >= text.size() || !is_name(text[at + word.size()]);
    if (before && after) return true;
  }
  return false;
}

template <typename Visitor>
void for_each_line(std::string_view text, Visitor visitor) {
  std::uint64_t number = 0;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    visitor(++number, text.substr(at, end - at));
    at = end + 1;
  }
}

/// The part of a name that remains when punctuation is taken out.
std::string folded(std::string_view name) {
  std::string result;
  for (const char c : name)
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) result += c;
  return result;
}

bool is_c_source(std::string_view path) {
  return ends_with_any(path, {".c", ".h", ".cc", ".cpp", ".cxx", ".hpp", ".S"});
}

/// Which options that change how symbols are bound are in a line, a bit each, and where the first of them stands.
struct LinkerFlags {
  unsigned bits = 0;
  std::size_t at = std::string_view::npos;
};

LinkerFlags linker_flags_in(std::string_view line) {
  const auto sorts = line.find("--sort-section");
  const auto now = std::min(line.find("-z,now"), line.find("-z now"));
  return {(sorts != std::string_view::npos ? 1U : 0U) | (now != std::string_view::npos ? 2U : 0U),
          std::min(sorts, now)};
}

/// A line that no C compiler accepts, whatever stands around it: one lone character of punctuation that begins nothing.
bool is_stray(std::string_view line) {
  const auto begin = line.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return false;
  const auto end = line.find_last_not_of(" \t\r");
  if (end != begin) return false;
  return std::string_view{".`@$"}.find(line[begin]) != std::string_view::npos;
}

}  // namespace

std::string TraitCheck::add(const Rule& rule, const ScriptUnit& unit, std::uint64_t line, std::string message,
                            std::string_view evidence, Severity severity) {
  auto finding = make_finding(rule, {unit.path(), line}, std::move(message),
                              {{fmt::format("line {}", line), std::string{evidence.substr(0, k_evidence)}}},
                              normalise_line(evidence.substr(0, k_evidence)));
  finding.severity = severity;
  // The same words say more on a line that version control does not have.
  if (unit.facts().compared && unit.is_novel(static_cast<std::uint32_t>(line))) finding.rank = 500;
  const bool twice = std::any_of(m_findings.begin(), m_findings.end(),
                                 [&](const Finding& other) { return other.fingerprint == finding.fingerprint; });
  auto fingerprint = finding.fingerprint;
  m_overflown = m_overflown || (!twice && m_findings.size() >= k_most_findings);
  if (!twice && m_findings.size() < k_most_findings) m_findings.push_back(std::move(finding));
  return fingerprint;
}

void TraitCheck::examine(const ScriptUnit& unit, std::string_view text) {
  for (const auto& [name, definition] : unit.all_definitions()) m_assigned.emplace(name);
  collect_written_assignments(text);
  examine_lines(unit, text);
  examine_commands(unit, unit.script().pipelines, 0);
  for (const auto& document : unit.documents()) examine_commands(unit, document.pipelines, 0);
  examine_manifest(unit, text);
  examine_probes(unit, text);
  collect_objects(unit, text);
}

/// `NAME=` at the beginning of a line: also in what a script writes to be read by another, as configure does for libtool.
void TraitCheck::collect_written_assignments(std::string_view text) {
  for_each_line(text, [&](std::uint64_t, std::string_view line) {
    const auto equals = std::min(line.find('='), line.size());
    if (equals == 0 || equals == line.size() ||
        !std::all_of(line.begin(), line.begin() + static_cast<std::ptrdiff_t>(equals), is_name))
      return;
    m_assigned.emplace(line.substr(0, equals));
  });
}

void TraitCheck::note_nul(const ScriptUnit& unit, std::size_t count) {
  const auto severity = unit.facts().in_vcs            ? Severity::info
                        : is_in_test_data(unit.path()) ? Severity::low
                                                       : Severity::medium;
  add(k_nul_in_script, unit, 1, fmt::format("{} has {}", escape_for_display(unit.path()), count_of(count, "NUL byte")),
      {}, severity);
}

void TraitCheck::examine_lines(const ScriptUnit& unit, std::string_view text) {
  std::array<std::uint64_t, 3> gates{};
  std::string_view gate_text;
  std::uint64_t internals = 0;
  std::string_view internals_line;
  // Whoever defines libtool's macros may use its internals; aclocal.m4 holds those files whole.
  const bool may_use_internals = unit.kind() != ScriptKind::m4 || contains(text, "LT_INIT]") ||
                                 contains(text, "_LT_DECL]") || contains(text, "DEFUN([_LT_") ||
                                 contains(text, "DEFUN([LT") || contains(text, "defun([_LT_") ||
                                 contains(text, "_LT_LANG");
  for_each_line(text, [&](std::uint64_t number, std::string_view line) {
    if (is_comment_line(line)) return;
    const auto note = [&](std::size_t which) {
      if (gates[which] == 0) gates[which] = number;
      gate_text = line;
    };
    if (contains(line, "debian/rules") && contains(line, "test")) note(0);
    if (contains_word(line, "RPM_ARCH") || contains_word(line, "RPM_BUILD_ROOT")) note(1);
    if (contains_word(line, "DEB_BUILD_ARCH") || contains_word(line, "DEB_HOST_MULTIARCH")) note(2);
    const bool uses_internals = !may_use_internals && (contains(line, "_LT_TAGDECL(") || contains(line, "_LT_DECL("));
    if (uses_internals && internals == 0) {
      internals = number;
      internals_line = line;
    }
    const auto flags = linker_flags_in(line);
    if (flags.bits == 0) return;
    const bool novel = unit.is_novel(static_cast<std::uint32_t>(number));
    if (unit.kind() == ScriptKind::m4 && !novel) m_macro_flags |= flags.bits;
    if (!unit.facts().compared || !novel) return;
    const auto fingerprint = add(k_linker_flags, unit, number,
                                 "a novel line puts linker flags into the build that change how symbols are bound",
                                 line.substr(flags.at < k_evidence ? 0 : flags.at - k_evidence / 4), Severity::low);
    m_linker_flags[fingerprint] |= flags.bits;
  });
  const auto asked = std::count_if(gates.begin(), gates.end(), [](auto line) { return line != 0; });
  // Scripts of a distribution's packaging ask what they are for.
  const bool packaging =
      unit.path().starts_with("debian/") || contains(unit.path(), "/debian/") || contains(unit.path(), "rpm");
  if (asked >= 2 && !packaging)
    add(k_packager_gate, unit, std::max({gates[0], gates[1], gates[2]}),
        "the script asks for marks of more than one kind of distribution build", gate_text, Severity::medium);
  else if (gates[0] != 0 && !packaging)
    add(k_packager_gate, unit, gates[0], "the script asks whether there is a debian/rules", gate_text, Severity::low);
  if (internals != 0)
    add(k_foreign_internals, unit, internals,
        "a macro file that is not libtool's hands variables to config.status through libtool's internals",
        internals_line, Severity::medium);
}

void TraitCheck::examine_commands(const ScriptUnit& unit, const std::vector<Pipeline>& pipelines, unsigned depth) {
  if (depth > 100) return;
  for (const auto& pipeline : pipelines) {
    std::size_t cuts = 0;
    for (const auto& command : pipeline.stages) {
      examine_command(unit, command);
      examine_commands(unit, command.body, depth + 1);
      const auto name = command.words.empty() ? std::string_view{} : path_basename(command.words.front().raw);
      cuts += (name == "head" || name == "tail") && command.words.size() > 1 && command.words[1].raw.starts_with("-c")
                  ? 1U
                  : 0U;
    }
    if (cuts >= 3)
      add(k_script_decoder, unit, pipeline.stages.front().line,
          fmt::format("cuts bytes out by offset {} times in one pipeline", cuts),
          pipeline.stages.front().words.front().raw, Severity::medium);
  }
}

void TraitCheck::examine_command(const ScriptUnit& unit, const Command& command) {
  if (command.words.empty() || command.kind != CommandKind::simple) return;
  const auto raw = command.words.front().raw;
  if (raw == "eval") examine_eval(unit, command);
  else if (is_filter_name(path_basename(raw)) || raw == "$SED" || raw == "$AWK") examine_filter(unit, command);
}

void TraitCheck::examine_filter(const ScriptUnit& unit, const Command& command) {
  examine_edit(unit, command);
  std::vector<std::string> arguments;
  std::string written;
  for (std::size_t i = 0; i < command.words.size() && i < 32; ++i) {
    arguments.push_back(unquoted(command.words[i].raw));
    if (written.size() < 300)
      written += std::string{i > 0 ? " " : ""} + std::string{command.words[i].raw.substr(0, 300)};
  }
  if (arguments[0] == "$SED") arguments[0] = "sed";
  if (arguments[0] == "$AWK") arguments[0] = "awk";
  const auto plan = plan_filter(arguments);
  if (!plan) return;
  if (plan->disguised && !plan->files.empty())
    add(k_disguised_read, unit, command.line, "reads a file with a sed that does nothing but that", written,
        Severity::medium);
  // Many bytes that become few are thrown away, not decoded.
  const auto images = [](const ByteMap& map) { return std::set<std::uint8_t>{map.to.begin(), map.to.end()}.size(); };
  for (const auto& map : plan->harvest.byte_maps)
    if (map.map.changed() >= 128 && images(map.map) >= 192)
      add(k_script_decoder, unit, command.line, fmt::format("maps {} of the 256 byte values", map.map.changed()),
          written, Severity::medium);
  for (const auto& decoder : plan->harvest.decoders)
    if (decoder.decoder == Decoder::rc4_awk)
      add(k_script_decoder, unit, command.line, "decrypts with RC4 written in a small language", written,
          Severity::medium);
}

void TraitCheck::examine_edit(const ScriptUnit& unit, const Command& command) {
  const auto name = path_basename(command.words.front().raw);
  if ((name != "sed" && name != "$SED" && name != "perl") || command.words.size() < 3) return;
  const bool in_place = std::any_of(command.words.begin() + 1, command.words.end(), [](const ShellWord& word) {
    return word.raw.starts_with("-i") || word.raw.starts_with("--in-place");
  });
  const auto target = written_name(command.words.back().raw);
  const bool build_file =
      target == "Makefile" || target == "libtool" || target == "config.status" || target == "makefile";
  if (in_place && build_file)
    add(k_build_mutation, unit, command.line, fmt::format("edits {} in place", escape_for_display(target)),
        command.words.back().raw, Severity::low);
}

void TraitCheck::examine_eval(const ScriptUnit& unit, const Command& command) {
  if (command.words.size() != 2 || unit.kind() == ScriptKind::make) return;
  auto raw = command.words[1].raw;
  if (raw.starts_with('"') && raw.ends_with('"') && raw.size() > 2) raw = raw.substr(1, raw.size() - 2);
  if (raw.size() < 3 || raw[0] != '$' || !std::all_of(raw.begin() + 1, raw.end(), is_name) ||
      std::isdigit(static_cast<unsigned char>(raw[1])) != 0)
    return;
  if (!unit.is_novel(command.line)) return;
  m_evals.push_back({unit.path(), command.line, std::string{raw.substr(1)}, std::string{command.words[1].raw}});
}

void TraitCheck::finish_evals() {
  for (const auto& eval : m_evals) {
    const bool environment = std::all_of(eval.name.begin(), eval.name.end(), [](char c) {
      return std::isupper(static_cast<unsigned char>(c)) != 0 || c == '_';
    });
    if (environment || m_assigned.contains(eval.name) || eval.name.find("m4_arg_") != std::string::npos) continue;
    m_findings.push_back(
        make_finding(k_unassigned_eval, {eval.script, eval.line},
                     fmt::format("evaluates ${}, which no build script assigns", escape_for_display(eval.name)),
                     {{fmt::format("line {}", eval.line), "eval " + eval.text}}, eval.name));
  }
}

/// Life-cycle scripts of packages: only what a comparison showed to be missing from version control.
void TraitCheck::examine_manifest(const ScriptUnit& unit, std::string_view text) {
  const auto& facts = unit.facts();
  if (!facts.compared || facts.in_vcs || facts.proof < Proof::composed) return;
  const auto name = path_basename(unit.path());
  if (name == "setup.py")
    add(k_lifecycle_script, unit, 1, "setup.py runs when the package is installed, and is not that of version control",
        text.substr(0, 200), Severity::medium);
  if (unit.kind() != ScriptKind::npm) return;
  for_each_line(text, [&](std::uint64_t number, std::string_view line) {
    for (const std::string_view key :
         {"\"preinstall\"", "\"install\"", "\"postinstall\"", "\"prepare\"", "\"prepublish\""}) {
      const auto at = line.find(key);
      if (at == std::string_view::npos || line.find(':', at + key.size()) == std::string_view::npos ||
          !unit.is_novel(static_cast<std::uint32_t>(number)))
        continue;
      add(k_lifecycle_script, unit, number,
          fmt::format("npm runs {} when the package is installed, and version control does not have it", key), line,
          key == "\"prepare\"" ? Severity::low : Severity::medium);
    }
  });
}

/// Programs that CMake and configure compile to learn about the system.
void TraitCheck::examine_probes(const ScriptUnit& unit, std::string_view text) {
  if (unit.kind() != ScriptKind::cmake && unit.kind() != ScriptKind::m4) return;
  static constexpr std::string_view k_probes[] = {"check_c_source_compiles", "check_cxx_source_compiles",
                                                  "check_c_source_runs",     "AC_COMPILE_IFELSE",
                                                  "AC_LINK_IFELSE",          "AC_LANG_SOURCE",
                                                  "AC_LANG_PROGRAM",         "CHECK_C_SOURCE_COMPILES"};
  std::uint64_t probe_lines_left = 0;
  std::string_view last;
  for_each_line(text, [&](std::uint64_t number, std::string_view line) {
    if (std::any_of(std::begin(k_probes), std::end(k_probes), [&](auto probe) { return contains(line, probe); }))
      probe_lines_left = 60;
    else if (probe_lines_left > 0) --probe_lines_left;
    if (probe_lines_left > 0 && is_stray(line))
      add(k_sabotaged_probe, unit, number, "a test program has a line that no compiler accepts",
          last.empty() ? line : last, Severity::medium);
    last = line;
  });
}

namespace {

/// Where NAME.o stands in `NAME.o: x.c`, a rule that says what the object is made of; npos in other lines.
std::size_t object_made_of_source(std::string_view line) {
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return colon;
  auto rest = line.substr(colon + 1);
  rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
  const auto begin = line.find_first_not_of(" \t");
  return is_c_source(rest.substr(0, rest.find_first_of(" \t\r\\"))) && begin < colon ? begin : std::string_view::npos;
}

}  // namespace

void TraitCheck::collect_objects(const ScriptUnit& unit, std::string_view text) {
  if (unit.kind() != ScriptKind::make && unit.kind() != ScriptKind::shell && unit.kind() != ScriptKind::m4) return;
  // `.c_.o:` is a rule for every object whose name ends that way.
  const bool makes_underscored = contains(text, "\n.c_.o:");
  for_each_line(text, [&](std::uint64_t number, std::string_view line) {
    if (is_comment_line(line)) return;
    const auto made = object_made_of_source(line);
    for (auto at = line.find(".o"); at != std::string_view::npos; at = line.find(".o", at + 1)) {
      if (at + 2 < line.size() && is_name(line[at + 2])) continue;
      auto begin = at;
      while (begin > 0 && (is_name(line[begin - 1]) || line[begin - 1] == '-')) --begin;
      const auto name = line.substr(begin, at - begin);
      if (name.size() < 6 || name.find_first_of("-_") == std::string_view::npos ||
          (begin > 0 && (line[begin - 1] == '$' || line[begin - 1] == '}' || line[begin - 1] == ')' ||
                         line[begin - 1] == '%' || line[begin - 1] == '*')))
        continue;
      if (begin == made || (name.ends_with('_') && makes_underscored)) m_made.emplace(name);
      m_objects.try_emplace(std::string{name},
                            Mention{unit.path(), number, unit.is_novel(static_cast<std::uint32_t>(number))});
    }
  });
}

/// The source that an object's name seems to stand for, by its folded name; the end if there is an honest one, or none.
/// Automake names an object of one target TARGET-source.o.
std::map<std::string, std::string>::const_iterator lookalike_of(std::string_view name,
                                                                const std::set<std::string, std::less<>>& names,
                                                                const std::map<std::string, std::string>& sources) {
  constexpr std::size_t k_shortest = 6, k_most_parts = 8;
  auto alike = sources.end();
  auto rest = name;
  for (std::size_t part = 0; part < k_most_parts; ++part) {
    if (names.contains(rest)) return sources.end();
    if (alike == sources.end() && rest.size() >= k_shortest) alike = sources.find(folded(rest));
    const auto dash = rest.find('-');
    if (dash == std::string_view::npos) break;
    rest.remove_prefix(dash + 1);
  }
  return alike;
}

/// An object that no source of the tree would be compiled into, beside one that differs in punctuation only.
void TraitCheck::finish_objects() {
  if (m_objects.empty()) return;
  std::map<std::string, std::string> sources;  // folded → name
  std::set<std::string, std::less<>> names;
  for (const auto& entry : m_tree.entries()) {
    if (!is_c_source(entry.path) && !ends_with_any(entry.path, {".l", ".y", ".s", ".asm", ".m", ".cu", ".rc"}))
      continue;
    const auto base = path_basename(entry.path);
    const auto name = std::string{base.substr(0, base.rfind('.'))};
    sources.emplace(folded(name), name);
    names.insert(name);
  }
  std::map<std::string_view, std::vector<std::pair<std::string_view, std::string_view>>> alike;  // by script
  for (const auto& [name, mention] : m_objects)
    if (const auto it = lookalike_of(name, names, sources); it != sources.end() && !m_made.contains(name))
      alike[mention.script].emplace_back(name, it->second);
  for (const auto& [script, objects] : alike) add_lookalikes(objects);
}

/// One by one; where a script has many they follow a rule of its own (ansi2knr's `file_.o`), and are one thing to look at.
void TraitCheck::add_lookalikes(const std::vector<std::pair<std::string_view, std::string_view>>& objects) {
  constexpr std::size_t k_many = 4, k_named = 12;
  const bool many = objects.size() >= k_many;
  std::vector<Evidence> evidence;
  auto severity = Severity::low;
  std::string key;
  for (const auto& [name, source] : objects) {
    const auto& mention = m_objects.find(std::string{name})->second;
    if (mention.novel) severity = Severity::medium;
    if (evidence.size() < k_named) evidence.push_back({"look-alike", std::string{many ? name : source}});
    (key += name) += '\n';
    if (many) continue;
    auto finding = make_finding(k_lookalike_object, {mention.script, mention.line},
                                fmt::format("names the object {}.o, which no source would give, beside {}",
                                            escape_for_display(name), escape_for_display(source)),
                                {{"look-alike", std::string{source}}}, name);
    finding.severity = mention.novel ? Severity::medium : Severity::low;
    m_findings.push_back(std::move(finding));
  }
  if (!many) return;
  const auto& [name, source] = objects.front();
  const auto& first = m_objects.find(std::string{name})->second;
  auto finding = make_finding(k_lookalike_object, {first.script, first.line},
                              fmt::format("names {} objects which no source would give, {}.o beside {} among them",
                                          objects.size(), escape_for_display(name), escape_for_display(source)),
                              std::move(evidence), key);
  finding.severity = severity;
  m_findings.push_back(std::move(finding));
}

/// What macros that anybody could read before put into configure is nothing new there, however autoconf has written the lines.
void TraitCheck::finish_flags() {
  std::erase_if(m_findings, [&](const Finding& finding) {
    return finding.rule == k_linker_flags.id && path_basename(finding.location.path) == "configure" &&
           (m_linker_flags[finding.fingerprint] & ~m_macro_flags) == 0;
  });
}

void TraitCheck::finish(ScriptAnalysis& analysis) {
  finish_flags();
  finish_objects();
  finish_evals();
  if (m_overflown)
    analysis.coverage.add(
        "build scripts",
        fmt::format("more than {} of their lines are remarkable; the rest is not listed", k_most_findings));
  std::move(m_findings.begin(), m_findings.end(), std::back_inserter(analysis.findings));
}

}  // namespace assay::inspect
