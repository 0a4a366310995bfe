#include "inspect/script/interpreter.hpp"

#include <fmt/format.h>

#include <array>

#include "base/text.hpp"
#include "inspect/script/compiler_options.hpp"
#include "inspect/script/interpreter_words.hpp"
#include "inspect/script/recognition.hpp"
#include "inspect/script/sed.hpp"

namespace assay::inspect {

namespace {

constexpr std::size_t k_most_texts = 48U << 20;
constexpr std::uint64_t k_steps_of_each = 4'000;  ///< that each script has, however many others took

/// Files that the build takes instructions or code from.
bool is_build_target(std::string_view raw) noexcept {
  const auto name = written_name(raw);
  return ends_with_any(name, {".o", ".lo", ".a", ".so", ".la", ".mk", ".m4"}) ||
         is_one_of(name, {"Makefile", "makefile", "GNUmakefile", "libtool", "configure", "config.status", "Makefile.in",
                          "aclocal.m4"});
}

/// A script of libtool that stands in the tree: one that a build makes stands beside its objects.
bool is_stored_library(std::string_view raw) noexcept {
  return raw.ends_with(".la") && raw.find('/') != std::string_view::npos && is_in_test_data(raw);
}

/// A recursive grep, as far as its raw words tell.
bool is_tree_search(const Command& command) noexcept {
  if (command.kind != CommandKind::simple || command.words.size() < 3) return false;
  const auto name = command.words.front().raw;
  if (name.find("grep") == std::string_view::npos && name.find("GREP") == std::string_view::npos) return false;
  return std::any_of(command.words.begin() + 1, command.words.end(), [](const ShellWord& word) {
    return word.raw.starts_with('-') &&
           (word.raw.starts_with("--recursive") ||
            (!word.raw.starts_with("--") && word.raw.find_first_of("rR") != std::string_view::npos));
  });
}

}  // namespace

void SharedNames::add(std::string_view name, const ScriptUnit& unit, const Definition& definition) {
  constexpr std::size_t k_most_places = 64;
  auto& known = m_names[name];
  for (auto* places : {&known.all, &known.of_build[unit.build()]})
    if (places->size() < k_most_places) places->emplace_back(&unit, &definition);
}

const SharedNames::Places* SharedNames::find(std::string_view name, const ScriptUnit& unit) const {
  const auto known = m_names.find(name);
  if (known == m_names.end()) return nullptr;
  const auto own = known->second.of_build.find(unit.build());
  return own != known->second.of_build.end() ? &own->second : &known->second.all;
}

Interpreter::Interpreter(SourceTree& tree, const ScriptOptions& options, const Decompress& decompress,
                         Coverage& coverage)
    : m_tree(tree),
      m_options(options),
      m_decompress(decompress),
      m_coverage(coverage),
      m_archives(options.max_unpacked),
      m_deadline(options.deadline),
      m_program_steps(options.max_program_steps) {}

void Interpreter::run(const ScriptUnit& unit, const SharedNames& shared) {
  m_shared = &shared;
  m_unit_steps = 0;
  Frame frame;
  frame.unit = &unit;
  visit(unit.script().pipelines, frame);
  for (const auto& document : unit.documents()) visit(document.pipelines, frame);
  visit_settings(unit);
}

void Interpreter::reset() {
  m_arrivals.clear();
  m_arrived.clear();
  m_variables.clear();
  m_command_words.clear();
  m_pattern_hits.clear();
  m_written.clear();
  m_found.clear();
  m_visited.clear();
  m_outputs.clear();
  m_process_files.clear();
  m_all_steps = 0;  // each round may take as many
}

bool Interpreter::spend() {
  constexpr std::uint64_t k_steps_per_look = 32;  // at the clock
  m_late = m_late || (m_steps % k_steps_per_look == 0 && !m_deadline.check());
  // What large scripts used up is not at the cost of small ones.
  const bool left = m_all_steps + m_steps <= m_options.max_all_steps || m_unit_steps + m_steps <= k_steps_of_each;
  if (++m_steps <= m_options.max_steps && left && !m_late) return true;
  m_exhausted = true;
  return false;
}

std::string_view Interpreter::store(std::string text) {
  m_text_bytes += text.size();
  if (m_text_bytes > k_most_texts) {
    m_exhausted = true;
    return {};
  }
  m_texts.push_back(std::move(text));
  return m_texts.back();
}

FlowStep Interpreter::step(StepKind kind, std::string what, const Frame& frame) const {
  // What is not known of a word is a dot to people: `of=conf$$`.
  for (auto at = what.find(k_unknown_part); at != std::string::npos; at = what.find(k_unknown_part, at))
    what.replace(at, 1, "…");
  return {kind, frame.unit->path(), frame.line, frame.unit->is_novel(frame.line), std::move(what)};
}

void Interpreter::arrive(Value value, bool executes, std::string what, const Frame& frame) {
  if (!value.carries_content()) return;
  value.trace = extended(step(executes ? StepKind::execute : StepKind::write, what, frame), {value.trace});
  const auto key = fmt::format("{}:{}:{}:{}", frame.line, executes, value.known,
                               value.known ? xxh3(as_bytes(*value.text)) : value.trace->depth);
  if (!m_arrived.emplace(frame.unit, key).second) return;
  m_arrivals.push_back({frame.unit, frame.line, executes, std::move(value)});
}

// --- Finding what is worth evaluating
// ---------------------------------------------------------------------------------

void Interpreter::visit(const std::vector<Pipeline>& pipelines, const Frame& frame) {
  if (frame.depth > k_deepest) return;
  auto current = frame;
  Scope scope;
  for (const auto& pipeline : pipelines) {
    if (pipeline.stages.empty()) continue;
    const auto here = current.at(pipeline.stages.front().line);
    change_directory(pipeline, current);
    if (frame.depth > 0) {
      for (auto& [name, value] : assigned_by(pipeline, current)) scope.bind(name, std::move(value), current);
      visit_pipeline(pipeline, here);
      for (const auto& command : pipeline.stages) visit(command.body, here.deeper());
      continue;
    }
    // Variables with many values each multiply. Where that grows too far, only the likeliest value of each is followed.
    for (const auto width : {k_most_values, std::size_t{1}}) {
      m_width = width;
      m_steps = 0;
      m_calls.clear();
      m_local_variables.clear();
      m_exhausted = false;
      visit_pipeline(pipeline, here);
      if (!m_exhausted || m_late) break;
      m_visited.clear();
    }
    m_all_steps += m_steps;
    m_unit_steps += m_steps;
    if (m_exhausted) note_exhausted(here);
    for (const auto& command : pipeline.stages) visit(command.body, here);
  }
}

void Interpreter::note_exhausted(const Frame& frame) {
  if (m_late) {
    const auto late = m_deadline.check().error();
    if (m_noted.emplace("time").second)
      m_coverage.add("build scripts",
                     fmt::format("from {} line {} on what they may execute was not followed: {}",
                                 escape_for_display(frame.unit->path()), frame.line, late.message),
                     late.remedy);
    return;
  }
  if (!m_noted.emplace(frame.unit->path()).second) return;
  m_coverage.add(
      escape_for_display(frame.unit->path()),
      m_steps > m_options.max_steps
          ? fmt::format("line {}: what it may execute could not be followed within {} steps", frame.line,
                        m_options.max_steps)
          : fmt::format(
                "from line {} on what it may execute was not followed: the scripts take more than {} steps together",
                frame.line, m_options.max_all_steps));
}

void Interpreter::visit_pipeline(const Pipeline& pipeline, const Frame& frame) {
  const auto& first = pipeline.stages.front();
  const bool is_eval = pipeline.stages.size() == 1 && first.kind == CommandKind::simple && !first.words.empty() &&
                       first.words.front().raw == "eval";
  if (is_eval) visit_eval(first, frame);
  else if (may_execute(pipeline, frame)) run_pipeline(pipeline, nullptr, frame.deeper());
  visit_written(pipeline, frame);
  for (const auto& command : pipeline.stages) {
    visit_settings(command, frame.at(command.line));
    if (is_tree_search(command)) run_simple(command, nullptr, frame.deeper());
    visit_words(command, frame);
  }
}

/// An eval whose output nobody reads: what matters is what its text would execute.
void Interpreter::visit_eval(const Command& command, const Frame& frame) {
  for (const auto& words : expand(command.words, 1, frame.deeper())) {
    const auto whole = eval_text(words);
    if (whole.carries_content()) arrive(whole, true, "evaluates the result", frame);
    if (whole.text->size() > k_longest_eval || !spend()) continue;
    if (!m_visited.emplace(frame.unit, xxh3(as_bytes(*whole.text))).second) continue;
    const auto here = whole.carries_content() ? frame : frame.at(whole.line);
    const auto script = parse_shell(store(*whole.text), here.line);
    auto inner = here.deeper();
    inner.evaluated = true;
    visit(script.pipelines, inner);
  }
}

void Interpreter::visit_words(const Command& command, const Frame& frame) {
  for (const auto& word : command.assignments) visit_substitutions(word, frame);
  for (const auto& word : command.words) visit_substitutions(word, frame);
}

/// Commands within `$(…)` and backquotes.
void Interpreter::visit_substitutions(const ShellWord& word, const Frame& frame) {
  const auto raw = word.raw;
  if (raw.find('`') == std::string_view::npos && raw.find("$(") == std::string_view::npos) return;
  // What executes in there must say so.
  static constexpr std::string_view k_words[] = {"eval", "sh", "SHELL",  "python", "perl", "| $",
                                                 "|$",   ". ", "grep -", "(${",    "make", "PATH="};
  if (std::none_of(std::begin(k_words), std::end(k_words),
                   [&](auto text) { return raw.find(text) != std::string_view::npos; }))
    return;
  for (std::size_t at = 0; at < raw.size();) {
    const auto length = quoted_length(raw, at);
    if (length > 3 && (raw[at] == '`' || raw.substr(at).starts_with("$("))) {
      const auto skip = raw[at] == '`' ? 1U : 2U;
      const auto script = parse_shell(raw.substr(at + skip, length - skip - 1), word.line);
      visit(script.pipelines, frame.deeper());
    } else if (length > 3 && raw[at] == '"') {
      visit_substitutions({raw.substr(at + 1, length - 2), word.line}, frame.deeper());
    }
    at += length;
  }
}

bool Interpreter::may_execute(const Pipeline& pipeline, const Frame& frame) {
  bool piped = false;
  for (const auto& command : pipeline.stages) {
    if (may_execute(command, piped, frame.at(command.line))) return true;
    piped = true;
  }
  return false;
}

bool Interpreter::may_execute(const Command& command, bool piped, const Frame& frame) {
  if (std::any_of(command.redirects.begin(), command.redirects.end(),
                  [](const auto& redirect) { return !process_text(redirect.target.raw).empty(); }) ||
      (piped && std::any_of(command.words.begin(), command.words.end(),
                            [](const auto& word) { return !process_text(word.raw).empty(); })))
    return true;
  if (command.kind != CommandKind::simple) {
    // What a group reads from a pipe or a file may come to an interpreter within it.
    const bool reads =
        piped || std::any_of(command.redirects.begin(), command.redirects.end(), [](const auto& redirect) {
          return redirect.kind == RedirectKind::in && redirect.fd <= 0;
        });
    if (!reads) return false;
    const auto begins = [&](std::string_view word) {
      return std::any_of(command.body.begin(), command.body.end(), [&](const Pipeline& inner) {
        const auto& first = inner.stages.front();
        return !first.words.empty() && first.words.front().raw.starts_with(word);
      });
    };
    if (begins("read") && begins("$")) return true;  // `{ read line; $line; }`
    return std::any_of(command.body.begin(), command.body.end(), [&](const Pipeline& inner) {
      return frame.depth < k_deepest && may_execute(inner, frame.deeper());
    });
  }
  if (command.words.empty()) return false;
  const auto raw = command.words.front().raw;
  if (raw.find_first_of("$`\"'\\") == std::string_view::npos)
    return may_execute(path_basename(raw), command, piped, frame) || is_program_file(raw, frame);
  const auto [slot, fresh] = m_command_words.try_emplace({frame.unit, raw});
  if (fresh) {
    Values names;
    for (const auto& fields : expand(command.words.front(), frame.deeper()))
      if (!fields.empty()) names.push_back(fields.front());
    m_command_words[{frame.unit, raw}] = std::move(names);
  }
  return std::any_of(slot->second.begin(), slot->second.end(), [&](const Value& name) {
    if (name.carries_content()) return true;
    if (name.trace) return piped || command.words.size() > 1;
    const auto base = path_basename(*name.text);
    if (is_program_file(*name.text, frame)) return true;
    return (piped || command.words.size() > 1) && may_execute(base, command, piped, frame);
  });
}

/// The same for a command of that name.
bool Interpreter::may_execute(std::string_view name, const Command& command, bool piped, const Frame& frame) {
  const auto says = [&](auto test) { return std::any_of(command.words.begin() + 1, command.words.end(), test); };
  if (is_compiler(name))
    return piped || says([&](const ShellWord& word) {
             return is_one_of(word.raw, {"-x", "-include", "-imacros", "-wrapper", "-T"}) ||
                    starts_with_any(word.raw, {"-B", "-X"}) || !compiler_file({}, word.raw).name.empty() ||
                    is_stored_library(word.raw) || frame.unit->written(written_name(word.raw)) != nullptr;
           });
  if (is_prefix(name)) return command.words.size() > 1;
  if (says([&](const ShellWord& word) { return command_in(name, word.raw).has_value(); })) return true;
  if (is_one_of(name, {"sed", "gsed"}) && sed_may_execute(command)) return true;
  if (has_program_sources(name)) {
    const bool reads =
        takes_commands(name) && (piped || std::any_of(command.redirects.begin(), command.redirects.end(),
                                                      [](const Redirect& redirect) { return redirect.fd <= 0; }));
    return reads || (name == "m4" && (piped || command.words.size() > 1)) || says([&](const ShellWord& word) {
             return !program_option(name, word.raw).empty() ||
                    (takes_commands(name) && word.raw.find(' ') != std::string_view::npos);
           });
  }
  if (name == "eval" && piped) return eval_may_execute(command, frame);
  if (is_one_of(name, {"eval", ".", "source", "xargs", "find", "trap", "patch", "make_include", "cmake_subproject"}) ||
      is_shell(name) || is_language(name))
    return true;
  return piped && frame.unit->function(name) != nullptr;
}

bool Interpreter::sed_may_execute(const Command& command) {
  std::vector<std::string> texts;
  for (const auto& word : command.words) texts.push_back(unquoted(word.raw));
  const auto words = sed_words({texts.begin(), texts.end()});
  return std::any_of(words.begin(), words.end(),
                     [](const SedWord& word) { return word.program && sed_execution(word.text).any(); });
}

/// `… | eval $log_it`: where the text is known whole, it is what that text does with the pipe. The scripts that Autotest
/// makes hand all they do to such an eval, which logs it.
bool Interpreter::eval_may_execute(const Command& command, const Frame& frame) {
  if (frame.depth > k_deepest) return true;
  const auto inner = frame.deeper();
  for (const auto& words : expand(command.words, 1, inner)) {
    const auto text = eval_text(words);
    if (!text.known || text.carries_content()) return true;
    for (const auto& pipeline : parse_shell(store(*text.text), frame.line).pipelines)
      for (const auto& stage : pipeline.stages)
        if (may_execute(stage, true, inner)) return true;
  }
  return false;
}

/// Is it a file that the script has written, or data of the tree?
bool Interpreter::is_program_file(std::string_view name, const Frame& frame) {
  const auto base = path_basename(name);
  if (base.empty() || is_one_of(base, {"config.status", "libtool"})) return false;
  if (frame.unit->written(base) != nullptr) return true;
  // In macro calls stand lists of files, one on a line, as commands do in a script.
  if (frame.unit->kind() == ScriptKind::m4 && !name.starts_with('.') && !name.starts_with('/')) return false;
  if (name.find('/') == std::string_view::npos || name.starts_with("/usr/") || name.starts_with("/bin/")) return false;
  const auto& entries = resolve(name, frame);
  return std::any_of(entries.begin(), entries.end(), [](const TreeEntry* entry) { return is_data_file(entry->path); });
}

/// Bytes of files that are written where the build takes its instructions from.
void Interpreter::visit_written(const Pipeline& pipeline, const Frame& frame) {
  const auto& last = pipeline.stages.back();
  const auto writes = [](const Redirect& redirect) {
    return (redirect.kind == RedirectKind::out || redirect.kind == RedirectKind::append) && redirect.fd <= 1 &&
           is_build_target(redirect.target.raw);
  };
  const auto redirect = std::find_if(last.redirects.begin(), last.redirects.end(), writes);
  if (redirect == last.redirects.end() || last.kind == CommandKind::function) return;
  for (auto& value : run_pipeline(pipeline, nullptr, frame.deeper(), true))
    arrive(std::move(value), false, fmt::format("writes the result to {}", written_name(redirect->target.raw)),
           frame.at(last.line));
}

}  // namespace assay::inspect
