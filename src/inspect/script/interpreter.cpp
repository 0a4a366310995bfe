#include "inspect/script/interpreter.hpp"

#include <fmt/format.h>

#include <array>

#include "base/text.hpp"
#include "inspect/script/filters.hpp"

namespace assay::inspect {

namespace {

constexpr unsigned k_deepest = 40;
constexpr unsigned k_most_calls = 32;  ///< of one function, from one command of the outermost level
constexpr std::size_t k_longest_eval = 256 * 1024;
constexpr std::size_t k_most_texts = 48U << 20;
constexpr std::size_t k_most_iterations = 64;

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) noexcept {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool is_shell(std::string_view name) noexcept { return is_one_of(name, {"sh", "bash", "dash", "ksh", "zsh", "ash", "mksh"}); }
bool is_language(std::string_view name) noexcept {
  return name.starts_with("python") || name.starts_with("perl") || is_one_of(name, {"ruby", "node", "php", "lua", "tclsh"});
}
bool is_compiler(std::string_view name) noexcept { return is_one_of(name, {"cc", "gcc", "clang", "c99", "g++", "c++", "tcc", "as"}); }
/// Commands that run another one given to them.
bool is_prefix(std::string_view name) noexcept {
  return is_one_of(name, {"exec", "command", "builtin", "nohup", "nice", "time", "env", "sudo", "busybox", "timeout", "stdbuf", "fakeroot"});
}
/// Commands that print nothing of interest.
bool is_silent(std::string_view name) noexcept {
  return is_one_of(name, {"test", "[", "[[", ":", "true", "false", "cd", "mkdir", "rmdir", "rm", "cp", "mv", "ln", "chmod", "chown", "touch", "exit",
                          "return", "break", "continue", "shift", "set", "unset", "trap", "umask", "export", "readonly", "local", "declare", "read",
                          "wait", "sleep", "kill", "install", "ranlib", "ar", "strip", "cmp", "hash", "type", "ulimit", "alias"});
}

/// Files that the build takes instructions or code from.
bool is_build_target(std::string_view raw) noexcept {
  const auto name = written_name(raw);
  return ends_with_any(name, {".o", ".lo", ".a", ".so", ".la", ".mk", ".m4"}) ||
         is_one_of(name, {"Makefile", "makefile", "GNUmakefile", "libtool", "configure", "config.status", "Makefile.in", "aclocal.m4"});
}

std::string shown(std::string_view text, std::size_t most = 120) {
  return text.size() > most ? std::string{text.substr(0, most)} + "…" : std::string{text};
}

StepKind step_kind(FilterKind kind) noexcept {
  switch (kind) {
    case FilterKind::pass:
    case FilterKind::text:
    case FilterKind::encode: return StepKind::text;
    case FilterKind::map: return StepKind::map;
    case FilterKind::carve: return StepKind::carve;
    case FilterKind::decode: return StepKind::decode;
    case FilterKind::program: return StepKind::program;
  }
  return StepKind::program;
}

/// True if a grep with these operands, run by a script in `directory`, looks into the file at `path`.
bool in_scope(const GrepCommand& grep, const Values& words, std::string_view path, std::string_view directory) {
  if (grep.files.empty()) return true;
  return std::any_of(grep.files.begin(), grep.files.end(), [&](std::size_t i) {
    const auto& scope = *words[i].text;
    if (!words[i].known || scope.find_first_of("*?[") != std::string::npos) return true;
    for (const auto& root : {normalised_path(directory, scope), normalised_path({}, scope)})
      if (root.empty() || path == root || (path.starts_with(root) && path.size() > root.size() && path[root.size()] == '/')) return true;
    return false;
  });
}

/// A recursive grep, as far as its raw words tell.
bool is_tree_search(const Command& command) noexcept {
  if (command.kind != CommandKind::simple || command.words.size() < 3) return false;
  const auto name = command.words.front().raw;
  if (name.find("grep") == std::string_view::npos && name.find("GREP") == std::string_view::npos) return false;
  return std::any_of(command.words.begin() + 1, command.words.end(), [](const ShellWord& word) {
    return word.raw.starts_with('-') && (word.raw.starts_with("--recursive") || (!word.raw.starts_with("--") && word.raw.find_first_of("rR") != std::string_view::npos));
  });
}

Trace joined(const Values& values) {
  Trace trace;
  for (const auto& value : values) trace = join(trace, value.trace);
  return trace;
}

/// The words of an eval as the one text it evaluates.
Value eval_text(const Values& words) {
  std::string text;
  std::uint32_t line = 0;
  bool known = true;
  for (const auto& word : words) {
    if (text.size() > k_longest_eval) break;
    text += (text.empty() ? "" : " ") + *word.text;
    if (line == 0) line = word.line;
    known = known && word.known;
  }
  return {std::make_shared<const std::string>(std::move(text)), known, joined(words), line};
}

std::uint64_t context_of(std::uint64_t before, std::string_view name, std::string_view value) {
  const std::uint64_t parts[] = {before, xxh3(as_bytes(name)), xxh3(as_bytes(value))};
  return xxh3(as_bytes(std::string_view{reinterpret_cast<const char*>(parts), sizeof parts}));
}

std::vector<std::string> texts_of(const Values& values) {
  std::vector<std::string> texts;
  texts.reserve(values.size());
  for (const auto& value : values) texts.push_back(value.text->size() > 64 * 1024 ? value.text->substr(0, 64 * 1024) : *value.text);
  return texts;
}

}  // namespace

Interpreter::Interpreter(SourceTree& tree, const ScriptOptions& options, const Decompress& decompress, Coverage& coverage)
    : m_tree(tree), m_options(options), m_decompress(decompress), m_coverage(coverage) {}

void Interpreter::run(const ScriptUnit& unit, const SharedNames& shared) {
  m_shared = &shared;
  Frame frame;
  frame.unit = &unit;
  visit(unit.script().pipelines, frame);
  for (const auto& document : unit.documents()) visit(document.pipelines, frame);
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
}

bool Interpreter::spend() {
  if (++m_steps <= m_options.max_steps && m_all_steps + m_steps <= m_options.max_all_steps) return true;
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
  return {kind, frame.unit->path(), frame.line, frame.unit->is_novel(frame.line), std::move(what)};
}

void Interpreter::arrive(Value value, bool executes, std::string what, const Frame& frame) {
  if (!value.carries_content()) return;
  value.trace = extended(step(executes ? StepKind::execute : StepKind::write, what, frame), {value.trace});
  const auto key = fmt::format("{}:{}:{}:{}", frame.line, executes, value.known, value.known ? xxh3(as_bytes(*value.text)) : value.trace->depth);
  if (!m_arrived.emplace(frame.unit, key).second) return;
  m_arrivals.push_back({frame.unit, frame.line, executes, std::move(value)});
}

// --- Finding what is worth evaluating ---------------------------------------------------------------------------------

void Interpreter::visit(const std::vector<Pipeline>& pipelines, const Frame& frame) {
  if (frame.depth > k_deepest) return;
  for (const auto& pipeline : pipelines) {
    if (pipeline.stages.empty()) continue;
    const auto here = frame.at(pipeline.stages.front().line);
    if (frame.depth > 0) {
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
      if (!m_exhausted) break;
      m_visited.clear();
    }
    m_all_steps += m_steps;
    if (m_exhausted) note_exhausted(here);
    for (const auto& command : pipeline.stages) visit(command.body, here);
  }
}

void Interpreter::note_exhausted(const Frame& frame) {
  if (!m_noted.emplace(frame.unit->path()).second) return;
  m_coverage.add(escape_for_display(frame.unit->path()),
                 fmt::format("line {}: what it may execute could not be followed within {} steps", frame.line, m_options.max_steps));
}

void Interpreter::visit_pipeline(const Pipeline& pipeline, const Frame& frame) {
  const auto& first = pipeline.stages.front();
  const bool is_eval = pipeline.stages.size() == 1 && first.kind == CommandKind::simple && !first.words.empty() && first.words.front().raw == "eval";
  if (is_eval) visit_eval(first, frame);
  else if (may_execute(pipeline, frame)) run_pipeline(pipeline, nullptr, frame.deeper());
  visit_written(pipeline, frame);
  for (const auto& command : pipeline.stages) {
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
    visit(script.pipelines, here.deeper());
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
  static constexpr std::string_view k_words[] = {"eval", "sh", "SHELL", "python", "perl", "| $", "|$", ". ", "grep -"};
  if (std::none_of(std::begin(k_words), std::end(k_words), [&](auto text) { return raw.find(text) != std::string_view::npos; })) return;
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
  if (command.kind != CommandKind::simple) {
    // What a group reads from a pipe may come to an interpreter within it.
    if (!piped) return false;
    return std::any_of(command.body.begin(), command.body.end(), [&](const Pipeline& inner) { return frame.depth < k_deepest && may_execute(inner, frame.deeper()); });
  }
  if (command.words.empty()) return false;
  const auto raw = command.words.front().raw;
  const auto interesting = [](std::string_view name) {
    return name == "eval" || name == "." || name == "source" || name == "xargs" || name == "find" || is_shell(name) || is_language(name) || is_compiler(name) || is_prefix(name);
  };
  if (raw.find_first_of("$`\"'\\") == std::string_view::npos) {
    const auto name = path_basename(raw);
    if (is_compiler(name)) return piped;
    if (is_prefix(name) && command.words.size() == 1) return false;
    return interesting(name) || (piped && frame.unit->function(name) != nullptr);
  }
  const auto key = std::pair{frame.unit, raw};
  if (const auto it = m_command_words.find(key); it != m_command_words.end()) return it->second && (piped || command.words.size() > 1);
  bool result = false;
  for (const auto& fields : expand(command.words.front(), frame.deeper()))
    if (!fields.empty() && (fields.front().trace || (interesting(path_basename(*fields.front().text)) && (piped || !is_compiler(path_basename(*fields.front().text)))))) result = true;
  m_command_words[key] = result;
  return result && (piped || command.words.size() > 1);
}

/// Bytes of files that are written where the build takes its instructions from.
void Interpreter::visit_written(const Pipeline& pipeline, const Frame& frame) {
  const auto& last = pipeline.stages.back();
  const auto writes = [](const Redirect& redirect) {
    return (redirect.kind == RedirectKind::out || redirect.kind == RedirectKind::append) && redirect.fd <= 1 && is_build_target(redirect.target.raw);
  };
  const auto redirect = std::find_if(last.redirects.begin(), last.redirects.end(), writes);
  if (redirect == last.redirects.end() || last.kind == CommandKind::function) return;
  for (auto& value : run_pipeline(pipeline, nullptr, frame.deeper(), true))
    arrive(std::move(value), false, fmt::format("writes the result to {}", written_name(redirect->target.raw)), frame.at(last.line));
}

// --- Commands -----------------------------------------------------------------------------------------------------------

Values Interpreter::run_list(const std::vector<Pipeline>& list, Input* input, const Frame& frame) {
  Values result;
  for (const auto& pipeline : list) {
    auto values = run_pipeline(pipeline, input, frame);
    if (values.empty()) continue;
    if (result.empty()) {
      result = std::move(values);
      continue;
    }
    Values grown;
    for (const auto& value : values) {
      for (const auto& before : result) {
        if (grown.size() >= m_width) break;
        if (before.text->size() + value.text->size() > m_options.max_stage) continue;
        m_bytes += before.text->size() + value.text->size();
        grown.push_back({std::make_shared<const std::string>(*before.text + *value.text), before.known && value.known, join(before.trace, value.trace), before.line});
      }
    }
    result = std::move(grown);
    if (m_bytes > m_options.max_bytes) return result;
  }
  return result;
}

Values Interpreter::run_pipeline(const Pipeline& pipeline, Input* input, const Frame& frame, bool keep_output) {
  if (frame.depth > k_deepest || !spend()) return {Value::unknown()};
  Values values;
  for (std::size_t i = 0; i < pipeline.stages.size(); ++i) {
    const auto& command = pipeline.stages[i];
    const bool keep = keep_output && i + 1 == pipeline.stages.size();
    const auto here = frame.at(command.line);
    if (i == 0) {
      values = run_command(command, input, here, keep);
      continue;
    }
    if (values.empty()) values.push_back(Value::of({}));
    Values next;
    for (auto& value : values) {
      Input piped{std::move(value), 0};
      for (auto& output : run_command(command, &piped, here, keep))
        if (next.size() < m_width) next.push_back(std::move(output));
    }
    values = std::move(next);
  }
  return values;
}

bool Interpreter::output_is_dropped(const Command& command) {
  return std::any_of(command.redirects.begin(), command.redirects.end(), [](const Redirect& redirect) {
    if (redirect.fd > 1) return false;
    if (redirect.kind == RedirectKind::duplicate) return redirect.target.raw == "2" && redirect.fd != 2;
    return (redirect.kind == RedirectKind::out || redirect.kind == RedirectKind::append) && redirect.target.raw != "/dev/stdout";
  });
}

void Interpreter::redirect_input(const Command& command, const Frame& frame, Input& storage, Input*& input) {
  for (const auto& redirect : command.redirects) {
    if (redirect.fd > 0) continue;
    if (redirect.kind == RedirectKind::in) {
      const auto names = expand_whole(redirect.target, frame.deeper());
      if (names.empty()) continue;
      // One of several possible files; the one that is there.
      auto content = file_content(names.front(), frame);
      for (std::size_t i = 1; i < names.size() && !content.carries_content(); ++i) content = file_content(names[i], frame);
      storage = {std::move(content), 0};
    } else if (redirect.kind == RedirectKind::here_document) {
      storage = {Value::of(redirect.literal ? std::string{redirect.body} : document_text(redirect), nullptr, redirect.body_line), 0};
      if (!redirect.literal && redirect.body.find_first_of("$`") != std::string_view::npos) {
        const auto quoted = store('"' + std::string{redirect.body} + '"');
        auto values = expand_whole({quoted, redirect.body_line}, frame.deeper());
        const auto tainted = std::find_if(values.begin(), values.end(), [](const Value& value) { return value.carries_content(); });
        if (tainted != values.end()) storage.value = std::move(*tainted);
      }
    } else if (redirect.kind == RedirectKind::here_string) {
      const auto values = expand_whole(redirect.target, frame.deeper());
      if (!values.empty()) storage = {values.front(), 0};
    } else {
      continue;
    }
    input = &storage;
  }
}

Values Interpreter::run_command(const Command& command, Input* input, const Frame& frame, bool keep_output) {
  if (frame.depth > k_deepest || !spend()) return {Value::unknown()};
  Input storage;
  redirect_input(command, frame, storage, input);
  Values values;
  switch (command.kind) {
    case CommandKind::function: return {};
    case CommandKind::group: values = run_list(command.body, input, frame.deeper()); break;
    case CommandKind::loop: values = run_loop(command, input, frame.deeper()); break;
    case CommandKind::simple: values = run_simple(command, input, frame); break;
  }
  if (!keep_output && output_is_dropped(command)) return {};
  return values;
}

Values Interpreter::run_loop(const Command& command, Input* input, const Frame& frame) {
  Values items;
  for (const auto& fields : expand(command.words, 0, frame))
    for (const auto& field : fields) {
      if (items.size() >= k_most_iterations) break;
      // A name with wild cards stands for the files there are.
      const auto files = field.known && field.text->find_first_of("*?[") != std::string::npos ? m_tree.resolve(*field.text, frame.unit->directory()) : std::vector<const TreeEntry*>{};
      for (const auto* file : files)
        if (items.size() < k_most_iterations) items.push_back(Value::of(file->path, field.trace, field.line));
      if (files.empty()) items.push_back(field);
    }
  Values result;
  if (items.empty()) return run_list(command.body, input, frame);
  for (const auto& item : items) {
    const Binding binding{command.name, &item, frame.bindings, true};
    auto inner = frame;
    inner.bindings = &binding;
    inner.context = context_of(frame.context, command.name, *item.text);
    auto values = run_list(command.body, input, inner);
    if (values.empty()) continue;
    if (result.empty()) {
      result = std::move(values);
    } else if (result.front().text->size() + values.front().text->size() <= m_options.max_stage) {
      auto& first = result.front();
      first = {std::make_shared<const std::string>(*first.text + *values.front().text), first.known && values.front().known, join(first.trace, values.front().trace), first.line};
      result.resize(1);
    }
    if (!spend()) break;
  }
  return result;
}

Values Interpreter::run_simple(const Command& command, Input* input, const Frame& frame) {
  if (command.words.empty()) return {};
  Values result;
  const auto alternatives = expand(command.words, 0, frame.deeper());
  for (std::size_t i = 0; i < alternatives.size(); ++i) {
    if (alternatives[i].empty()) continue;
    // Every alternative reads the same input; the last one leaves it as far as it came.
    std::optional<Input> copy;
    if (input != nullptr && i + 1 < alternatives.size()) copy = *input;
    for (auto& value : run_words(alternatives[i], copy ? &*copy : input, frame))
      if (result.size() < m_width) result.push_back(std::move(value));
  }
  return result;
}

Values Interpreter::run_words(Fields words, Input* input, const Frame& outer) {
  const auto frame = outer.deeper();
  if (frame.depth > k_deepest || !spend()) return {Value::unknown()};
  std::string_view name = path_basename(*words.front().text);
  // `$maybe_a_wrapper xz -d`
  if (!words.front().known && !words.front().trace && words.size() > 1) {
    words.erase(words.begin());
    name = path_basename(*words.front().text);
    if (!is_filter_name(name) && !is_shell(name) && name != "eval") return run_unknown(words, input, frame);
  }
  while (is_prefix(name) && words.size() > 1) {
    words.erase(words.begin());
    while (words.size() > 1 && (words.front().text->starts_with('-') || !assigned_name(*words.front().text).empty())) words.erase(words.begin());
    name = path_basename(*words.front().text);
  }
  if (words.front().trace && input != nullptr)
    input->value.trace = extended(step(StepKind::name, fmt::format("takes the command name '{}' from data", shown(*words.front().text, 40)), frame), {input->value.trace, words.front().trace});
  if (const auto* function = frame.unit->function(name)) return run_function(*function, words, input, frame);
  if (name == "eval") return run_eval(words, input, frame);
  if (is_shell(name) || name == "." || name == "source") return run_shell(words, input, frame);
  if (name == "xargs") return run_xargs(words, input, frame);
  if (name == "find") return run_find(words, input, frame);
  if (name == "cd" || is_silent(name)) return {};
  if (name == "pwd") return {Value::of(".\n")};
  if (name == "basename" || name == "dirname") {
    if (words.size() < 2) return {Value::unknown()};
    const auto path = *words[1].text;
    auto text = std::string{name == "basename" ? path_basename(path) : path_dirname(path)};
    if (name == "basename" && words.size() > 2 && text.ends_with(*words[2].text)) text.resize(text.size() - words[2].text->size());
    if (text.empty()) text = ".";
    return {{std::make_shared<const std::string>(text + "\n"), words[1].known, words[1].trace, words[1].line}};
  }
  if (name == "echo" || name == "printf" || name == "AS_ECHO" || name == "print") {
    bool known = true;
    for (const auto& word : words) known = known && word.known;
    std::vector<std::string> texts;
    for (const auto& word : words) texts.push_back(*word.text);
    texts[0] = name == "printf" ? "printf" : "echo";
    const auto line = words.size() > 1 ? words.back().line : 0;
    if (auto text = printed(texts)) return {{std::make_shared<const std::string>(std::move(*text)), known, joined(words), line}};
    return {Value::unknown(joined(words))};
  }
  if (name == "ls" || name == "which") {
    std::string text;
    for (std::size_t i = 1; i < words.size(); ++i)
      if (!words[i].text->starts_with('-')) text += *words[i].text + "\n";
    return {Value::of(std::move(text), joined(words))};
  }
  if (name == "grep" || name == "egrep" || name == "fgrep") {
    const auto grep = parse_grep(texts_of(words));
    const bool names = grep && (grep->recursive || ((grep->names_only || grep->byte_offset) && !grep->files.empty()));
    if (names) return run_grep(words, frame);
    if (grep && grep->quiet) return {};
  }
  if (is_language(name)) {
    auto values = run_language(words, input, frame);
    if (!values.empty()) return values;
  }
  if (is_compiler(name)) {
    const bool standard_input = std::any_of(words.begin(), words.end(), [](const Value& word) { return *word.text == "-"; });
    if (standard_input && input != nullptr) arrive(input->value, true, "compiles what the pipe delivers", frame);
    return {};
  }
  if (is_filter_name(name)) return run_filter(words, input, frame);
  return run_unknown(words, input, frame);
}

Values Interpreter::run_text(const std::string& text, std::uint32_t line, Input* input, const Frame& frame) {
  if (text.size() > k_longest_eval || frame.depth > k_deepest) return {Value::unknown()};
  const auto key = std::pair{frame.unit, xxh3(as_bytes(text))};
  if (const auto it = m_outputs.find(key); input == nullptr && it != m_outputs.end()) return it->second;
  if (input == nullptr) m_outputs[key] = {Value::unknown()};  // what it prints if it evaluates itself
  const auto local_uses = m_local_uses;
  const auto stored = store(text);
  const auto here = frame.at(line);
  const auto script = parse_shell(stored, here.line);
  auto values = run_list(script.pipelines, input, here.deeper());
  if (input == nullptr && local_uses == m_local_uses) m_outputs[key] = values;
  else if (input == nullptr) m_outputs.erase(key);
  return values;
}

Values Interpreter::run_eval(const Fields& words, Input* input, const Frame& frame) {
  const auto whole = eval_text({words.begin() + 1, words.end()});
  if (whole.carries_content()) arrive(whole, true, "evaluates the result", frame);
  const auto here = whole.carries_content() ? frame : frame.at(whole.line);
  return run_text(*whole.text, here.line, input, frame);
}

/// sh, `.`: standard input, a command string or a file is what is executed.
Values Interpreter::run_shell(const Fields& words, Input* input, const Frame& frame) {
  const bool sources = *words.front().text == "." || *words.front().text == "source";
  for (std::size_t i = 1; i < words.size(); ++i) {
    const auto& word = words[i];
    if (!sources && word.text->size() > 1 && (*word.text)[0] == '-') {
      if (word.text->find('c') == std::string::npos || word.text->starts_with("--")) continue;
      if (i + 1 >= words.size()) return {Value::unknown()};
      arrive(words[i + 1], true, "runs the result as a shell command", frame);
      return run_text(*words[i + 1].text, words[i + 1].line, input, frame);
    }
    if (!sources && *word.text == "-") break;
    arrive(file_content(word, frame), true, sources ? "reads the result as shell commands" : "runs the result as a shell script", frame);
    return {Value::unknown()};
  }
  if (sources || input == nullptr) return {Value::unknown()};
  if (input->value.carries_content()) {
    arrive(input->value, true, "pipes the result to a shell", frame);
    return {Value::unknown(input->value.trace)};
  }
  if (!input->value.known && input->value.text->size() <= 1) return {Value::unknown()};
  return run_text(*input->value.text, input->value.line, nullptr, frame);
}

/// python, perl and the like: a program text, a file or standard input. Empty: it is a filter like others.
Values Interpreter::run_language(const Fields& words, Input* input, const Frame& frame) {
  const auto name = shown(path_basename(*words.front().text), 20);
  for (std::size_t i = 1; i < words.size(); ++i) {
    const auto& text = *words[i].text;
    if (text == "-") break;
    if (text.size() > 1 && text[0] == '-') {
      const bool program = text.back() == 'e' || text.back() == 'c' || text.back() == 'E' || text.back() == 'r';
      if (!program) continue;
      if (i + 1 < words.size()) arrive(words[i + 1], true, fmt::format("runs the result as a {} program", name), frame);
      return {};
    }
    const auto script = file_content(words[i], frame);
    if (script.carries_content() && (!script.known || !looks_like_text(as_bytes(*script.text)) || script.trace->before.size() > 0))
      arrive(script, true, fmt::format("runs the result as a {} program", name), frame);
    return run_unknown(words, input, frame);
  }
  if (input == nullptr) return {Value::unknown()};
  arrive(input->value, true, fmt::format("pipes the result to {}", name), frame);
  return {Value::unknown(input->value.trace)};
}

Values Interpreter::run_function(const Command& function, const Fields& words, Input* input, const Frame& frame) {
  // Helper functions that print messages are called from everywhere and multiply. What may have to do with bytes of files
  // is always followed; of other calls from one command so many, then the result is anything.
  const bool traced = std::any_of(words.begin(), words.end(), [](const Value& word) { return word.trace != nullptr; }) || (input != nullptr && input->value.trace);
  if (!traced && ++m_calls[&function] > k_most_calls) return {Value::unknown()};
  if (!m_reading.insert(&function).second) return {Value::unknown(joined(words))};  // it calls itself
  const Values arguments(words.begin() + 1, words.end());
  auto inner = frame.deeper();
  inner.arguments = &arguments;
  for (const auto& argument : arguments) inner.context = context_of(inner.context, "$", *argument.text);
  auto values = run_list(function.body, input, inner);
  m_reading.erase(&function);
  return values;
}

Values Interpreter::run_filter(const Fields& words, Input* input, const Frame& frame) {
  const auto texts = texts_of(words);
  const auto plan = plan_filter(texts);
  if (!plan) return run_unknown(words, input, frame);
  take_harvest(*plan, texts, frame);
  Value read = input != nullptr ? input->value : Value::of({});
  std::size_t from = input != nullptr ? std::min(input->at, read.text->size()) : 0;
  if (!plan->files.empty()) {
    from = 0;
    for (std::size_t i = 0; i < plan->files.size() && i < 32; ++i) {
      auto name = words[plan->files[i]];
      if (name.text->starts_with("if=")) name.text = std::make_shared<const std::string>(name.text->substr(3));  // dd
      auto content = file_content(name, frame);
      if (i == 0) {
        read = std::move(content);
      } else if (read.text->size() + content.text->size() <= m_options.max_stage) {
        read = {std::make_shared<const std::string>(*read.text + *content.text), read.known && content.known, join(read.trace, content.trace), 0};
      }
    }
    input = nullptr;
  }
  Trace trace = read.trace;
  for (std::size_t i = 0; i < words.size(); ++i)
    if (std::find(plan->files.begin(), plan->files.end(), i) == plan->files.end()) trace = join(trace, words[i].trace);
  const bool worth_a_step = trace && (plan->kind != FilterKind::pass || plan->disguised);
  if (worth_a_step) trace = extended(step(step_kind(plan->kind), plan->disguised ? fmt::format("reads it with a {} that does nothing but that", path_basename(texts[0])) : plan->what, frame), {trace});
  if (!read.known || !plan->run || m_bytes > m_options.max_bytes) {
    if (plan->kind == FilterKind::pass) return {{read.text, read.known, trace, read.line}};
    return {Value::unknown(trace)};
  }
  const auto output = plan->run(std::string_view{*read.text}.substr(from), {m_decompress, m_options.max_stage});
  if (!output) return {Value::unknown(trace)};
  m_bytes += output->bytes.size();
  if (m_bytes > m_options.max_bytes) m_coverage.add("build scripts", "the bytes they produce are more than are followed; the rest was not evaluated");
  if (input != nullptr) input->at = from + output->consumed;
  // What a disguised or plain cat prints is what it read: shared, and still written down where it was.
  return {{std::make_shared<const std::string>(std::move(output->bytes)), true, trace, plan->kind == FilterKind::pass || !trace ? read.line : 0}};
}

void Interpreter::take_harvest(const FilterPlan& plan, const std::vector<std::string>& words, const Frame& frame) {
  if (plan.harvest.empty()) return;
  std::string text;
  for (const auto& word : words)
    if (text.size() < 200) text += (text.empty() ? "" : " ") + word.substr(0, 200);
  const ScriptPlace place{frame.unit->path(), frame.line, std::move(text)};
  auto found = plan.harvest;
  for (auto& item : found.byte_maps) item.place = place;
  for (auto& item : found.xor_keys) item.place = place;
  for (auto& item : found.slices) item.place = place;
  for (auto& item : found.decoders) item.place = place;
  m_harvest.merge(found);
}

/// A grep over files of the tree that prints names or places.
Values Interpreter::run_grep(const Fields& words, const Frame& frame) {
  const auto grep = parse_grep(texts_of(words));
  if (!grep) return {Value::unknown(joined(words))};
  const auto* matches = m_tree.matches(*grep, m_coverage);
  if (matches == nullptr) return {Value::unknown()};
  std::vector<TreeMatch> found;
  for (const auto& match : *matches)
    if (match.entry->path != frame.unit->path() && in_scope(*grep, words, match.entry->path, frame.unit->directory())) found.push_back(match);
  if (found.empty()) return {Value::of({})};
  const auto is_binary = [](const TreeMatch& match) { return match.binary; };
  const auto binary = std::count_if(found.begin(), found.end(), is_binary);
  const auto& first = binary > 0 ? *std::find_if(found.begin(), found.end(), is_binary) : found.front();
  const auto& only = first.entry->path;
  const auto same = [&](const PatternHit& hit) { return hit.unit == frame.unit && hit.pattern == grep->shown; };
  if (binary == 1 && found.size() == 1 && std::none_of(m_pattern_hits.begin(), m_pattern_hits.end(), same))
    m_pattern_hits.push_back({frame.unit, frame.line, grep->shown, only, first.offset});
  auto what = fmt::format("searches the tree for the pattern '{}', which matches {}", grep->shown,
                          found.size() == 1 ? fmt::format("only {}", only)
                          : binary == 1     ? fmt::format("{} files, of which only {} is binary", found.size(), only)
                                            : fmt::format("{} files", found.size()));
  auto trace = extended(step(StepKind::search, std::move(what), frame), {joined(words)}, binary == 1 || found.size() == 1 ? only : std::string{});
  if (found.size() <= 4)
    for (const auto& match : found) m_found.try_emplace({frame.unit, match.entry->path}, trace);
  if (!grep->names_only && !grep->byte_offset) {
    auto lines = grep_lines(*grep, found, frame);
    lines.trace = join(trace, lines.trace);
    return {std::move(lines)};
  }
  std::string text;
  for (const auto& match : found) {
    if (text.size() > 4096) break;
    text += match.entry->path;
    if (!grep->names_only) text += ":" + std::to_string(match.offset) + ":" + match.text;
    text += '\n';
  }
  return {Value::of(std::move(text), std::move(trace))};
}

/// The lines (or parts of lines) that a recursive grep prints, without the names in front of them.
Value Interpreter::grep_lines(const GrepCommand& grep, const std::vector<TreeMatch>& matches, const Frame& frame) {
  constexpr std::size_t k_most_read = 4;
  const auto regex = Regex::compile(grep.re2, grep.ignore_case, grep.whole_word);
  if (!regex || matches.size() > k_most_read) return Value::unknown();
  auto result = Value::of({});
  std::string text;
  for (const auto& match : matches) {
    const auto content = m_tree.read(*match.entry, m_coverage);
    result.trace = join(result.trace, extended(step(StepKind::read, fmt::format("reads {}", match.entry->path), frame), {}, match.entry->path));
    if (!content) return Value::unknown(result.trace);
    for (const auto line : split_lines(*content)) {
      const auto place = regex->find(line, 0);
      if (!place) continue;
      text += grep.only_matching ? line.substr(place->first, place->second - place->first) : line;
      text += '\n';
    }
  }
  result.text = std::make_shared<const std::string>(std::move(text));
  return result;
}

Values Interpreter::run_find(const Fields& words, Input* input, const Frame& frame) {
  std::vector<std::string> roots;
  std::string glob;
  Fields command;
  for (std::size_t i = 1; i < words.size(); ++i) {
    const auto& word = *words[i].text;
    if ((word == "-name" || word == "-iname") && i + 1 < words.size()) glob = *words[++i].text;
    else if (word == "-exec" || word == "-execdir") {
      for (++i; i < words.size() && *words[i].text != ";" && *words[i].text != "+"; ++i) command.push_back(words[i]);
    } else if (glob.empty() && command.empty() && !word.starts_with('-') && !word.starts_with('(') && !word.starts_with('!') && (i == 1 || !words[i - 1].text->starts_with('-'))) {
      roots.push_back(word);
    }
  }
  std::string names;
  Fields found;
  const auto root = roots.empty() ? std::string{"."} : roots.front();
  const auto entries = m_tree.find_below(root, frame.unit->directory(), glob);
  const auto trace = glob.empty() ? joined(words) : extended(step(StepKind::search, fmt::format("looks for files named {}", shown(glob, 60)), frame), {joined(words)}, entries.size() == 1 ? entries.front()->path : std::string{});
  for (const auto* entry : entries) {
    names += entry->path + "\n";
    found.push_back(Value::of(entry->path, trace));
  }
  if (command.empty()) return {Value::of(std::move(names), trace)};
  Fields full;
  for (const auto& word : command) {
    if (*word.text == "{}") full.insert(full.end(), found.begin(), found.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(found.size(), 16)));
    else full.push_back(word);
  }
  return full.empty() ? Values{} : run_words(full, input, frame);
}

Values Interpreter::run_xargs(const Fields& words, Input* input, const Frame& frame) {
  Fields full;
  std::string placeholder;
  std::size_t i = 1;
  for (; i < words.size() && words[i].text->starts_with('-'); ++i) {
    if (*words[i].text == "-I" && i + 1 < words.size()) placeholder = *words[++i].text;
    else if (is_one_of(*words[i].text, {"-n", "-L", "-P", "-d", "-s"})) ++i;
  }
  for (; i < words.size(); ++i) full.push_back(words[i]);
  if (full.empty() || input == nullptr) return {Value::unknown(input != nullptr ? input->value.trace : nullptr)};
  Fields items;
  const std::string_view text = *input->value.text;
  for (std::size_t at = 0; at < text.size() && items.size() < 16;) {
    const auto end = std::min(text.find_first_of(" \t\n\0", at, 4), text.size());
    if (end > at) items.push_back({std::make_shared<const std::string>(text.substr(at, end - at)), input->value.known, input->value.trace, 0});
    at = end + 1;
  }
  if (!placeholder.empty()) {
    Fields replaced;
    for (const auto& word : full) {
      if (*word.text == placeholder && !items.empty()) replaced.push_back(items.front());
      else replaced.push_back(word);
    }
    full = std::move(replaced);
  } else {
    full.insert(full.end(), items.begin(), items.end());
  }
  return run_words(full, nullptr, frame);
}

/// A program that is not followed: what it prints is not known, but what it was given is.
Values Interpreter::run_unknown(const Fields& words, Input* input, const Frame& frame) {
  Trace trace = joined(words);
  if (input != nullptr) trace = join(trace, input->value.trace);
  for (std::size_t i = 1; i < words.size() && i < 32; ++i) {
    const auto& text = *words[i].text;
    if (text.empty() || text[0] == '-' || text.find('/') == std::string::npos) continue;
    for (const auto* entry : m_tree.resolve(text, frame.unit->directory()))
      if (is_in_test_data(entry->path)) trace = join(trace, file_content(words[i], frame).trace);
  }
  if (!trace || !trace->content) return {Value::unknown(trace)};
  return {Value::unknown(extended(step(StepKind::program, fmt::format("passes it through {}", shown(path_basename(*words.front().text), 40)), frame), {trace}))};
}

// --- Files ----------------------------------------------------------------------------------------------------------------

Value Interpreter::file_content(const Value& name, const Frame& frame) {
  const auto entries = m_tree.resolve(*name.text, frame.unit->directory());
  if (entries.empty()) {
    if (auto written = written_content(name, frame)) return std::move(*written);
    return Value::unknown(name.trace);
  }
  Value result;
  for (const auto* entry : entries) {
    const auto content = m_tree.read(*entry, m_coverage);
    auto before = name.trace;
    if (const auto it = m_found.find(std::pair{frame.unit, entry->path}); !before && it != m_found.end()) before = it->second;
    auto trace = extended(step(StepKind::read, fmt::format("reads {}", entry->path), frame), {std::move(before)}, entry->path);
    if (!content) return Value::unknown(trace);
    if (!result.text) {
      result = {content, true, std::move(trace), 0};
    } else if (result.text->size() + content->size() <= m_options.max_stage) {
      result = {std::make_shared<const std::string>(*result.text + *content), true, join(result.trace, trace), 0};
    }
  }
  return result;
}

/// The places that write to a file of that name: as written down, or as the names evaluate (`> "$tmp"`).
const std::vector<WrittenFile>* Interpreter::find_written(const ScriptUnit& unit, const std::string& name, const Frame& frame) {
  if (const auto* places = unit.written(written_name(name))) return places;
  const auto [slot, fresh] = m_written.try_emplace(&unit);
  if (fresh) {
    for (const auto& [raw, places] : unit.all_written()) {
      if (raw.find('$') == std::string_view::npos) continue;
      Frame inner = frame.deeper();
      inner.unit = &unit;
      for (const auto& value : expand_whole({raw, 0}, inner))
        if (value.text->size() > 1) slot->second.emplace(path_basename(*value.text), &places);
    }
  }
  const auto it = slot->second.find(std::string{path_basename(name)});
  return it == slot->second.end() ? nullptr : it->second;
}

/// What the script itself writes to a file of that name.
std::optional<Value> Interpreter::written_content(const Value& name, const Frame& frame) {
  for (const auto* unit = frame.unit; unit != nullptr; unit = unit->parent()) {
    const auto* places = find_written(*unit, *name.text, frame);
    if (places == nullptr) continue;
    if (!m_reading.insert(places).second) return std::nullopt;
    std::optional<Value> best;
    for (const auto& place : *places) {
      auto inner = frame.deeper();
      inner.unit = unit;
      for (auto& value : written_by(place, *unit, inner))
        if (!best || value.carries_content() || !best->known) best = std::move(value);
    }
    m_reading.erase(places);
    return best;
  }
  return std::nullopt;
}

Values Interpreter::written_by(const WrittenFile& place, const ScriptUnit& unit, const Frame& frame) {
  if (place.pipeline != nullptr) return run_pipeline(*place.pipeline, nullptr, frame, true);
  Values contents;
  Frame inner = frame;
  inner.unit = &unit;
  for (const auto& name : expand_whole(place.source, inner)) contents.push_back(file_content(name, inner));
  return contents;
}

}  // namespace assay::inspect
