// Commands that execute a file or build from one, whatever the file is called: what they are given arrives.
#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>

#include "base/text.hpp"
#include "inspect/content_type.hpp"
#include "inspect/script/compiler_options.hpp"
#include "inspect/script/interpreter.hpp"
#include "inspect/script/interpreter_words.hpp"
#include "inspect/script/recognition.hpp"
#include "inspect/script/sed.hpp"
#include "inspect/script/suspicion.hpp"
#include "inspect/script/unfollowed.hpp"

namespace assay::inspect {

namespace {

constexpr std::size_t k_longest_written_script = 64 * 1024;

/// Do the files that a value was read from come to no more than this script?
bool comes_from(const Trace& trace, std::string_view script, unsigned depth = 0) {
  if (!trace || depth > k_longest_trace) return true;
  if (!trace->file.empty() && trace->file != script) return false;
  return std::all_of(trace->before.begin(), trace->before.end(),
                     [&](const Trace& before) { return comes_from(before, script, depth + 1); });
}

/// Do the bytes come from nothing but files outside the tests that are called patches? Packagers ship those compressed.
bool is_called_patch(const Trace& trace, unsigned depth = 0) {
  if (!trace || depth > k_longest_trace) return true;
  const auto name = path_basename(trace->file);
  const bool called = name.find(".diff") != std::string_view::npos || name.find(".patch") != std::string_view::npos;
  if (trace->step.kind == StepKind::fetch || (!name.empty() && (!called || is_in_test_data(trace->file)))) return false;
  return std::all_of(trace->before.begin(), trace->before.end(),
                     [&](const Trace& before) { return is_called_patch(before, depth + 1); });
}

/// The name in a word such as `-Wl,-T,NAME`, `@NAME`, `--file=NAME`.
std::string_view name_in(std::string_view word) {
  const auto at = word.find_last_of(",=@");
  return at == std::string_view::npos ? word : word.substr(at + 1);
}

/// Is it a script in the program's own language, in plain text as it lies in the tree? It is no data, wherever it lies, unless it decodes
/// something itself or hands data of the tests on: nobody else follows what it does.
bool is_own_script(std::string_view program, std::string_view path, const Value& content) {
  struct Own {
    std::string_view program;
    std::string_view suffix;
  };
  static constexpr Own k_own[] = {{"vim", ".vim"}, {"nvim", ".vim"}, {"vi", ".vim"}, {"ex", ".vim"}, {"emacs", ".el"}};
  if (content.known && (suspicion_of(*content.text) == Suspicion::flow || editor_runs_test_data(*content.text)))
    return false;
  return content.known && looks_like_text(as_bytes(*content.text)) && content.trace && content.trace->before.empty() &&
         std::any_of(std::begin(k_own), std::end(k_own),
                     [&](const Own& own) { return own.program == program && path.ends_with(own.suffix); });
}

Value named(const Value& word, std::string_view name) {
  return {std::make_shared<const std::string>(name), word.known, word.trace, word.line};
}

}  // namespace

/// What a file holds that is executed: data of the tree, or what the script has written. Nothing for the tree's sources
/// and scripts, which are looked at where they stand.
std::optional<Value> Interpreter::program_content(const Value& name, const Frame& frame) {
  const auto& entries = resolve(*name.text, frame);
  const bool data =
      std::any_of(entries.begin(), entries.end(), [](const TreeEntry* entry) { return is_data_file(entry->path); });
  if (!entries.empty() && !data) return std::nullopt;
  auto content = file_content(name, frame);
  if (!content.carries_content() && !content.known)
    if (auto mentioned = mentioned_content(name, frame)) return mentioned;
  return content;
}

/// A script of the tree is looked at where it stands; one that this script writes is followed here, with `words` from
/// `first` on as its arguments.
Values Interpreter::run_file(const Value& name, const Fields& words, std::size_t first, std::string_view what,
                             Input* input, const Frame& frame) {
  const auto entries = resolve(*name.text, frame);
  const bool in_tree = !entries.empty();
  const auto content = in_tree ? std::optional{file_content(name, frame)} : program_content(name, frame);
  if (!content) return {Value::unknown()};
  arrive(*content, true, std::string{what}, frame);
  // A text that nothing but this tells to be a script was read nowhere else.
  if (entries.size() == 1 && content->known && content->text->size() <= k_longest_written_script &&
      !is_data_file(entries.front()->path) && looks_like_text(as_bytes(*content->text)) &&
      script_kind(*entries.front(), as_bytes(*content->text)) == ScriptKind::none)
    return run_text(*content->text, frame.line, input, frame);
  // What configure writes is followed as a document of configure.
  if (in_tree || is_one_of(path_basename(*name.text), {"config.status", "config.lt", "libtool"}))
    return {Value::unknown()};
  return run_written_text(*content, words, first, input, frame);
}

Values Interpreter::run_written_text(const Value& content, const Fields& words, std::size_t first, Input* input,
                                     const Frame& frame) {
  if (!content.known || content.text->size() > k_longest_written_script ||
      (content.carries_content() && !comes_from(content.trace, frame.unit->path())) ||
      !looks_like_text(as_bytes(*content.text)))
    return {Value::unknown(content.trace)};
  const Values arguments(words.begin() + static_cast<std::ptrdiff_t>(std::min(first, words.size())), words.end());
  auto inner = frame;
  if (!arguments.empty()) {
    inner.arguments = &arguments;
    for (const auto& argument : arguments) inner.context = context_of(inner.context, "$", *argument.text);
  }
  return run_text(*content.text, content.line, input, inner);
}

/// `awk -f FILE`, `make -f FILE`, `m4 FILE` and the like: the file is the program.
void Interpreter::run_programs(const Fields& words, Input* input, const Frame& frame) {
  const auto name = path_basename(*words.front().text);
  const auto what = fmt::format("runs the result with {}", shown(name, 20));
  const auto take = [&](const Value& file) {
    if (*file.text == "-" || *file.text == "/dev/stdin") {
      if (input != nullptr) arrive(input->value, true, what, frame);
    } else if (const auto content = program_content(file, frame);
               content && !only_describes(name, *content) && !is_own_script(name, *file.text, *content)) {
      arrive(*content, true, what, frame);
    }
  };
  if (name == "make_include")
    for (std::size_t i = 1; i < words.size(); ++i)
      if (const auto content = program_content(words[i], frame))
        arrive(*content, true, "reads the result as rules of make", frame);
  if (is_one_of(name, {"sed", "gsed"})) run_sed_commands(words, input, frame);
  if (name == "cmake_subproject")
    for (std::size_t i = 1; i < words.size(); ++i)
      if (const auto content = program_content(words[i], frame))
        arrive(*content, true, "builds what is in it as a part of the whole", frame);
  if (name == "patch" && input != nullptr && !is_called_patch(input->value.trace))
    arrive(input->value, true, "patches what is built with the result", frame);
  if (!has_program_sources(name)) return;
  bool operands = false;
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::string_view text = *words[i].text;
    const bool is_option = text.size() > 1 && text[0] == '-';
    operands = operands || !is_option;
    const auto option = program_option(name, text);
    if (name == "m4" && !is_option) take(words[i]);
    else if (!option.empty() && text == option && i + 1 < words.size()) take(words[++i]);
    else if (!option.empty() && text.size() > option.size()) take(named(words[i], text.substr(option.size())));
    else if (text.starts_with("--file=")) take(named(words[i], text.substr(7)));
    else if (const auto file = file_to_run(text); !file.empty()) take(named(words[i], file));
  }
  const bool reads = (name == "m4" && !operands) || takes_commands(name);
  if (reads && input != nullptr && !only_describes(name, input->value)) arrive(input->value, true, what, frame);
}

/// `sed s/x/y/e FILE`: a line, once edited, is a command. `sed '1e COMMAND' FILE`: that is one.
void Interpreter::run_sed_commands(const Fields& words, Input* input, const Frame& frame) {
  constexpr std::string_view k_what = "has sed execute the lines";
  std::vector<std::string_view> texts;
  for (const auto& word : words) texts.emplace_back(*word.text);
  bool lines = false, operands = false;
  const auto found = sed_words(texts);
  for (const auto& word : found) {
    if (!word.program) continue;
    const auto execution = sed_execution(word.text);
    lines = lines || execution.lines;
    for (const auto& command : execution.commands) run_text(command, words[word.index].line, nullptr, frame);
  }
  if (!lines) return;
  for (const auto& word : found) {
    if (word.program) continue;
    operands = true;
    if (const auto content = program_content(words[word.index], frame))
      arrive(*content, true, std::string{k_what}, frame);
  }
  if (!operands && input != nullptr) arrive(input->value, true, std::string{k_what}, frame);
}

/// `tar --use-compress-program=COMMAND -xf FILE` and the like: the command is run, on what the program reads.
void Interpreter::run_command_options(const Fields& words, Input* input, const Frame& frame) {
  const auto name = path_basename(*words.front().text);
  for (std::size_t i = 1; i < words.size(); ++i) {
    const auto inside = command_in(name, *words[i].text);
    if (!inside || (inside->empty() && i + 1 >= words.size())) continue;
    const auto command = inside->empty() ? words[i + 1] : named(words[i], *inside);
    arrive(command, true, fmt::format("has {} run the result", name), frame);
    Input read{input != nullptr ? input->value : Value::of({}), 0};
    for (std::size_t k = 1; k < words.size(); ++k)
      if (k != i && !words[k].text->starts_with('-') && !resolve(*words[k].text, frame).empty())
        read = {file_content(words[k], frame), 0};
    run_text(*command.text, words[i].line, &read, frame);
  }
}

/// What is compiled or linked in that is no source of the tree.
void Interpreter::run_compiler(const Fields& words, Input* input, const Frame& frame) {
  const auto name = path_basename(*words.front().text);
  bool operands = false, standard_input = false;
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::string_view text = *words[i].text;
    const std::string_view before = *words[i - 1].text;
    if (before == "-o" || text.empty()) continue;
    standard_input = standard_input || text == "-";
    if (text.starts_with("-B") || before == "-B") {
      examine_directory("-B", words[i], before == "-B" ? text : text.substr(2), frame);
      continue;
    }
    const auto used = compiler_file(before, text);
    if ((used.name.empty() && text[0] == '-') || before == "-x") continue;
    operands = true;
    const auto file = named(words[i], used.name.empty() ? name_in(text) : used.name);
    if (frame.unit->written(path_basename(*file.text)) == nullptr && resolve(*file.text, frame).empty()) continue;
    const auto content = program_content(file, frame);
    if (!content || (used.script && only_describes("ld", *content))) continue;
    arrive(*content, true, "compiles the result", frame);
    run_includes(*content, frame);
  }
  if (input == nullptr || (!standard_input && (name != "as" || operands))) return;
  arrive(input->value, true, "compiles what the pipe delivers", frame);
  run_includes(input->value, frame);
}

/// `#include "FILE"`, `.incbin "FILE"` in a source that the script has written.
void Interpreter::run_includes(const Value& source, const Frame& frame) {
  if (!source.known || source.text->size() > k_longest_written_script) return;
  for (const auto line : split_lines(*source.text)) {
    const auto word = std::min(line.find("include"), line.find("incbin"));
    const auto begin = word == std::string_view::npos ? word : line.find('"', word);
    const auto end = begin == std::string_view::npos ? begin : line.find('"', begin + 1);
    if (end == std::string_view::npos || end == begin + 1) continue;
    const auto file = Value::of(std::string{line.substr(begin + 1, end - begin - 1)});
    if (resolve(*file.text, frame).empty()) continue;
    if (const auto content = program_content(file, frame)) arrive(*content, true, "compiles it in", frame);
  }
}

}  // namespace assay::inspect
