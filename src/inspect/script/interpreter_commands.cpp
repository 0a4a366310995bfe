// Commands and what they print: lists, pipelines, loops, functions, and those that run another command.
#include <fmt/format.h>

#include "base/text.hpp"
#include "inspect/script/filters.hpp"
#include "inspect/script/interpreter.hpp"
#include "inspect/script/interpreter_words.hpp"

namespace assay::inspect {

namespace {

constexpr std::size_t k_most_iterations = 64;
constexpr std::size_t k_most_lines = 16 * 1024;  ///< that a `while read` is followed through

/// The `read` of `while read a b; do …`; null if the loop asks something else.
const Command* line_reader(const Command& command) {
  if (command.name != "while" || command.body.empty() || command.body.front().stages.size() != 1) return nullptr;
  const auto& asked = command.body.front().stages.front();
  const bool reads = asked.kind == CommandKind::simple && asked.words.size() > 1 && asked.words.front().raw == "read";
  return reads ? &asked : nullptr;
}

/// What `read` puts into its variables: fields between blanks, the last one with all that is left.
std::vector<std::string> read_fields(std::string_view line, std::size_t count, bool raw, bool split) {
  std::string text{line};
  if (!raw) std::erase(text, '\\');
  if (!split) return {std::move(text)};
  std::vector<std::string> fields;
  std::string_view rest = text;
  while (fields.size() < count) {
    rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
    const auto end = fields.size() + 1 == count ? rest.find_last_not_of(" \t") + 1
                                                : std::min(rest.find_first_of(" \t"), rest.size());
    fields.emplace_back(rest.substr(0, end));
    rest.remove_prefix(end);
  }
  return fields;
}

/// The last variable of a `read` that stands alone; empty for other commands.
std::string_view line_of(const Pipeline& pipeline) {
  const auto& command = pipeline.stages.front();
  const bool reads = pipeline.stages.size() == 1 && command.kind == CommandKind::simple && command.words.size() > 1 &&
                     command.words.front().raw == "read" && command.redirects.empty();
  return reads && !command.words.back().raw.starts_with('-') ? command.words.back().raw : std::string_view{};
}

/// The next line of what is read.
Value take_line(const Value& value, std::size_t& at) {
  if (!value.known) return Value::unknown(value.trace);
  const std::string_view text = *value.text;
  const auto begin = std::min(at, text.size());
  const auto end = std::min(text.find('\n', begin), text.size());
  at = std::min(end + 1, text.size());
  return Value::of(std::string{text.substr(begin, end - begin)}, value.trace);
}

}  // namespace

/// What ls prints for a directory of the tree; empty if it is none.
std::string Interpreter::listing(const std::string& name, const Frame& frame) {
  if (name.find('/') == std::string::npos || !resolve(name, frame).empty()) return {};
  std::set<std::string_view> names;
  for (const auto* entry : m_tree.find_below(name, frame.unit->directory(), {}))
    if (normalised_path({}, name) == path_dirname(entry->path) ||
        normalised_path(frame.unit->directory(), name) == path_dirname(entry->path))
      names.insert(path_basename(entry->path));
  std::string text;
  for (const auto each : names) (text += each) += '\n';
  return text;
}

/// `cd DIRECTORY`: where the commands behind it in the same list run.
void Interpreter::change_directory(const Pipeline& pipeline, Frame& frame) {
  const auto& command = pipeline.stages.front();
  if (pipeline.stages.size() != 1 || command.kind != CommandKind::simple || command.words.size() != 2 ||
      command.words.front().raw != "cd")
    return;
  const auto names = expand_whole(command.words.back(), frame.deeper());
  if (names.empty() || !names.front().known) return;
  auto path = normalised_path(frame.directory.empty() ? frame.unit->directory() : frame.directory, *names.front().text);
  frame.directory = store(path.empty() ? "." : std::move(path));
}

void Interpreter::Scope::bind(std::string_view name, Value value, Frame& frame) {
  values.push_back(std::move(value));
  bindings.push_back({name, &values.back(), frame.bindings, true});
  frame.bindings = &bindings.back();
  frame.context = context_of(frame.context, name, *values.back().text);
}

/// `a=b c=d` in text that is evaluated; in the script itself all assignments are known beforehand.
std::vector<std::pair<std::string_view, Value>> Interpreter::assigned_by(const Pipeline& pipeline, const Frame& frame) {
  std::vector<std::pair<std::string_view, Value>> assigned;
  const auto& command = pipeline.stages.front();
  if (!frame.evaluated || pipeline.stages.size() != 1 || command.kind != CommandKind::simple || !command.words.empty())
    return assigned;
  for (const auto& word : command.assignments) {
    const auto name = assigned_name(word.raw);
    const auto equals = word.raw.find('=', name.size());
    const ShellWord right{word.raw.substr(equals + 1), word.line};
    auto values = is_array(right.raw) ? expand_array(right, frame.deeper()) : expand_whole(right, frame.deeper());
    if (values.empty()) continue;
    const auto before = word.raw[equals - 1] == '+' ? variable(name, frame) : Values{};
    if (!before.empty()) values.front() = concatenated(before.front(), values.front());
    assigned.emplace_back(name, std::move(values.front()));
  }
  return assigned;
}

/// What goes to `>(COMMANDS)`.
void Interpreter::feed_process(std::string_view commands, const Value& value, const Frame& frame) {
  if (frame.depth > k_deepest) return;
  const auto script = parse_shell(store(std::string{commands}), frame.line);
  Input input{value, 0};
  run_list(script.pipelines, &input, frame.deeper());
}

Values Interpreter::run_list(const std::vector<Pipeline>& list, Input* input, const Frame& frame) {
  Values result;
  auto current = frame;
  Scope scope;
  for (const auto& pipeline : list) {
    if (pipeline.stages.empty()) continue;
    change_directory(pipeline, current);
    if (const auto name = line_of(pipeline); !name.empty() && input != nullptr && input->value.carries_content()) {
      scope.bind(name, take_line(input->value, input->at), current);
      continue;
    }
    for (auto& [name, value] : assigned_by(pipeline, current)) scope.bind(name, std::move(value), current);
    auto values = run_pipeline(pipeline, input, current);
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
        grown.push_back({std::make_shared<const std::string>(*before.text + *value.text), before.known && value.known,
                         join(before.trace, value.trace), before.line});
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
    return (redirect.kind == RedirectKind::out || redirect.kind == RedirectKind::append) &&
           redirect.target.raw != "/dev/stdout";
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
      for (std::size_t i = 1; i < names.size() && !content.carries_content(); ++i)
        content = file_content(names[i], frame);
      storage = {std::move(content), 0};
    } else if (redirect.kind == RedirectKind::here_document) {
      storage = {Value::of(redirect.literal ? std::string{redirect.body} : document_text(redirect), nullptr,
                           redirect.body_line),
                 0};
      if (!redirect.literal && redirect.body.find_first_of("$`") != std::string_view::npos) {
        const auto quoted = store('"' + std::string{redirect.body} + '"');
        auto values = expand_whole({quoted, redirect.body_line}, frame.deeper());
        const auto tainted =
            std::find_if(values.begin(), values.end(), [](const Value& value) { return value.carries_content(); });
        if (tainted != values.end()) storage.value = std::move(*tainted);
      }
    } else if (redirect.kind == RedirectKind::duplicate && redirect.target.raw.size() == 1) {
      const auto* opened = frame.unit->descriptor(redirect.target.raw[0] - '0');
      const auto names = opened != nullptr ? expand_whole(*opened, frame.deeper()) : Values{};
      if (names.empty()) continue;
      storage = {file_content(names.front(), frame), 0};
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
    case CommandKind::function:
      return {};
    case CommandKind::group:
      if (const auto* read = line_reader(command);
          read != nullptr && input != nullptr && input->value.carries_content() && input->value.known)
        values = run_read_loop(command, *read, *input, frame.deeper());
      else values = run_list(command.body, input, frame.deeper());
      break;
    case CommandKind::loop:
      values = run_loop(command, input, frame.deeper());
      break;
    case CommandKind::simple:
      values = run_simple(command, input, frame);
      break;
  }
  for (const auto& redirect : command.redirects)
    if (const auto to = process_text(redirect.target.raw); !to.empty() && redirect.kind == RedirectKind::out)
      for (const auto& value : values) feed_process(to, value, frame);
  if (!keep_output && output_is_dropped(command)) return {};
  return values;
}

Values Interpreter::run_loop(const Command& command, Input* input, const Frame& frame) {
  Values items;
  for (const auto& fields : expand(command.words, 0, frame))
    for (const auto& field : fields) {
      if (items.size() >= k_most_iterations) break;
      // A name with wild cards stands for the files there are.
      const auto files = field.known && field.text->find_first_of("*?[") != std::string::npos
                             ? resolve(*field.text, frame)
                             : std::vector<const TreeEntry*>{};
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
      first = {std::make_shared<const std::string>(*first.text + *values.front().text),
               first.known && values.front().known, join(first.trace, values.front().trace), first.line};
      result.resize(1);
    }
    if (!spend()) break;
  }
  return result;
}

/// `while read a b; do …; done < FILE`: the body, once for each line.
Values Interpreter::run_read_loop(const Command& command, const Command& read, Input& input, const Frame& frame) {
  std::vector<std::string_view> names;
  bool raw = false;
  for (std::size_t i = 1; i < read.words.size(); ++i) {
    if (read.words[i].raw.starts_with('-')) raw = raw || read.words[i].raw.find('r') != std::string_view::npos;
    else names.push_back(read.words[i].raw);
  }
  const bool split = std::none_of(read.assignments.begin(), read.assignments.end(),
                                  [](const ShellWord& word) { return word.raw == "IFS="; });
  std::string printed;
  auto trace = input.value.trace;
  bool known = true;
  const std::string_view text = *input.value.text;
  for (std::size_t lines = 0;
       input.at < text.size() && lines < k_most_lines && printed.size() < m_options.max_stage && spend(); ++lines) {
    const auto end = std::min(text.find('\n', input.at), text.size());
    const auto line = text.substr(input.at, end - input.at);
    input.at = std::min(end + 1, text.size());
    const auto fields = read_fields(line, names.size(), raw, split || names.size() > 1);
    std::deque<Value> values;
    std::deque<Binding> bindings;
    auto inner = frame;
    for (std::size_t i = 0; i < names.size(); ++i) {
      values.push_back(Value::of(fields[i], input.value.trace));
      bindings.push_back({names[i], &values.back(), inner.bindings, true});
      inner.bindings = &bindings.back();
    }
    inner.context = context_of(frame.context, "read", line);
    for (const auto& value : run_list(command.body, nullptr, inner)) {
      printed += *value.text;
      known = known && value.known;
      trace = join(trace, value.trace);
      break;  // of several the likeliest
    }
  }
  if (printed.empty()) return {};
  m_bytes += printed.size();
  const auto what = "prints what it computes from each line";
  return {{std::make_shared<const std::string>(std::move(printed)), known,
           extended(step(StepKind::decode, what, frame), {trace}), 0}};
}

/// CMake's string(ASCII NUMBER…): characters of numbers that were computed from data.
Values Interpreter::run_characters(const Fields& words, const Frame& frame) {
  const auto trace = joined(words);
  if (!trace || !trace->content) return {Value::unknown(trace)};
  return {Value::unknown(extended(step(StepKind::decode, "makes characters of the numbers in it", frame), {trace}))};
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
  if (!words.front().known && !words.front().trace && words.size() > 1 &&
      name.find(k_unknown_part) != std::string_view::npos) {
    words.erase(words.begin());
    name = path_basename(*words.front().text);
    if (!is_filter_name(name) && !is_shell(name) && name != "eval") return run_unknown(words, input, frame);
  }
  while (is_prefix(name) && words.size() > 1) {
    drop_prefix(words);
    name = path_basename(*words.front().text);
  }
  if (words.front().carries_content()) arrive(eval_text(words), true, "runs the result as a command", frame);
  if (words.front().trace && input != nullptr)
    input->value.trace =
        extended(step(StepKind::name,
                      fmt::format("takes the command name '{}' from data", shown(*words.front().text, 40)), frame),
                 {input->value.trace, words.front().trace});
  for (std::size_t i = 1; i < words.size() && input != nullptr; ++i)
    if (const auto to = process_text(*words[i].text); !to.empty()) feed_process(to, input->value, frame);
  if (const auto* function = frame.unit->function(name)) return run_function(*function, words, input, frame);
  if (name == "eval") return run_eval(words, input, frame);
  if (is_shell(name) || name == "." || name == "source") return run_shell(words, input, frame);
  if (name == "xargs") return run_xargs(words, input, frame);
  if (name == "find") return run_find(words, input, frame);
  if (name == "trap" && words.size() > 1) {
    arrive(words[1], true, "runs the result when it ends", frame);
    return run_text(*words[1].text, words[1].line, nullptr, frame);
  }
  run_programs(words, input, frame);
  run_command_options(words, input, frame);
  if (name == "cd" || is_silent(name)) return {};
  if (name == "pwd") return {Value::of(".\n")};
  if (name == "basename" || name == "dirname") {
    if (words.size() < 2) return {Value::unknown()};
    const auto path = *words[1].text;
    auto text = std::string{name == "basename" ? path_basename(path) : path_dirname(path)};
    if (name == "basename" && words.size() > 2 && text.ends_with(*words[2].text))
      text.resize(text.size() - words[2].text->size());
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
    if (auto text = printed(texts))
      return {{std::make_shared<const std::string>(std::move(*text)), known, joined(words), line}};
    return {Value::unknown(joined(words))};
  }
  if (name == "ls" || name == "which") {
    std::string text;
    for (std::size_t i = 1; i < words.size(); ++i) {
      if (words[i].text->starts_with('-')) continue;
      const auto listed = name == "ls" ? listing(*words[i].text, frame) : std::string{};
      text += listed.empty() ? *words[i].text + "\n" : listed;
    }
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
    run_compiler(words, input, frame);
    return run_unknown(words, input, frame);
  }
  if (is_fetcher(name)) return run_fetch(words, frame);
  if (is_filter_name(name)) return run_filter(words, input, frame);
  if (name == "cmake_ascii") return run_characters(words, frame);
  if (is_program_file(*words.front().text, frame))
    return run_file(words.front(), words, 1, "runs the result as a program", input, frame);
  return run_unknown(words, input, frame);
}

}  // namespace assay::inspect
