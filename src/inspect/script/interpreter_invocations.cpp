// Commands that run another program: shells, eval, other languages, functions, xargs, and those that are not followed.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/text.hpp"
#include "inspect/content_type.hpp"
#include "inspect/script/interpreter.hpp"
#include "inspect/script/interpreter_words.hpp"

namespace assay::inspect {

namespace {

constexpr unsigned k_most_calls = 32;  ///< of one function, from one command of the outermost level

/// NAME of `-mNAME`, also behind options that take nothing (`-Im`); nothing if python is told to run no module.
std::optional<std::string_view> module_option(std::string_view word) {
  constexpr std::string_view k_plain = "bBdEiIOPqsSuv";
  if (word.size() < 2 || word[0] != '-') return std::nullopt;
  const auto at = word.find_first_not_of(k_plain, 1);
  if (at == std::string_view::npos || word[at] != 'm') return std::nullopt;
  return word.substr(at + 1);
}

/// Modules that run what they read on standard input.
bool runs_its_input(std::string_view module) {
  return is_one_of(module, {"code", "asyncio", "pdb", "IPython", "ptpython", "bpython", "idlelib"});
}

/// Does the option of a fetcher take the next word with it? Of several letters in one word the first that takes a value has the rest.
bool takes_next_word(std::string_view fetcher, std::string_view word) {
  const bool wget = fetcher == "wget";
  if (!wget && fetcher != "curl") return false;
  if (word.starts_with("--")) {
    // wget takes most of them behind a sign of equality.
    return is_one_of(word, {"--header",     "--data",           "--data-raw", "--data-binary", "--data-urlencode",
                            "--data-ascii", "--json",           "--form",     "--request",     "--user",
                            "--user-agent", "--referer",        "--cookie",   "--cookie-jar",  "--output",
                            "--output-dir", "--proxy",          "--max-time", "--retry",       "--connect-timeout",
                            "--cacert",     "--cert",           "--key",      "--config",      "--dump-header",
                            "--write-out",  "--upload-file",    "--proto",    "--resolve",     "--range",
                            "--post-data",  "--output-document"});
  }
  const std::string_view with_value = wget ? "OoaeitTwQPUlARDIXB" : "AbcCdDeEFHKmoPQrtTuUwxXyYz";
  const auto at = word.find_first_of(with_value, 1);
  return at != std::string_view::npos && at + 1 == word.size();
}

}  // namespace

Values Interpreter::run_text(const std::string& text, std::uint32_t line, Input* input, const Frame& frame) {
  if (text.size() > k_longest_eval || frame.depth > k_deepest) return {Value::unknown()};
  const auto key = std::pair{frame.unit, xxh3(as_bytes(text))};
  if (const auto it = m_outputs.find(key); input == nullptr && it != m_outputs.end()) return it->second;
  if (!m_running.insert(key).second) return {Value::unknown()};  // it runs itself, by whatever detour
  const auto local_uses = m_local_uses;
  const auto stored = store(text);
  const auto here = frame.at(line);
  const auto script = parse_shell(stored, here.line);
  auto inner = here.deeper();
  inner.evaluated = true;
  auto values = run_list(script.pipelines, input, inner);
  m_running.erase(key);
  if (input == nullptr && local_uses == m_local_uses) m_outputs[key] = values;
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
      // `sh -c TEXT NAME ARGUMENT…`: $0 is the name.
      const Values arguments(words.begin() + static_cast<std::ptrdiff_t>(std::min(i + 3, words.size())), words.end());
      auto inner = frame;
      if (!arguments.empty()) {
        inner.arguments = &arguments;
        for (const auto& argument : arguments) inner.context = context_of(inner.context, "$", *argument.text);
      }
      return run_text(*words[i + 1].text, words[i + 1].line, input, inner);
    }
    if ((!sources && *word.text == "-") || *word.text == "/dev/stdin") {
      if (!sources || input == nullptr) break;
      arrive(input->value, true, "reads the result as shell commands", frame);
      return {Value::unknown(input->value.trace)};
    }
    return run_file(word, words, i + 1,
                    sources ? "reads the result as shell commands" : "runs the result as a shell script", nullptr,
                    frame);
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
      if (is_one_of(text, {"-r", "--require", "--import", "--loader"}) && name != "php" && i + 1 < words.size()) {
        if (const auto content = program_content(words[++i], frame))
          arrive(*content, true, fmt::format("has {} load it first", name), frame);
        continue;
      }
      if (const auto module = name.starts_with("python") ? module_option(text) : std::nullopt) {
        const std::string_view called = !module->empty()       ? *module
                                        : i + 1 < words.size() ? std::string_view{*words[i + 1].text}
                                                               : "";
        if (runs_its_input(called) && input != nullptr)
          arrive(input->value, true, fmt::format("pipes the result to {}", name), frame);
        return run_unknown(words, input, frame);
      }
      const bool program = text.back() == 'e' || text.back() == 'c' || text.back() == 'E' || text.back() == 'r';
      if (!program || (text.starts_with("--") && text != "--eval")) continue;
      if (i + 1 < words.size()) arrive(words[i + 1], true, fmt::format("runs the result as a {} program", name), frame);
      return {};  // what the text does with bytes is the filter's to say
    }
    const auto script = file_content(words[i], frame);
    const auto& entries = resolve(*words[i].text, frame);
    const bool data = std::any_of(entries.begin(), entries.end(),
                                  [](const TreeEntry* entry) { return is_test_data_file(entry->path); });
    if (script.carries_content() &&
        (data || !script.known || !looks_like_text(as_bytes(*script.text)) || script.trace->before.size() > 0))
      arrive(script, true, fmt::format("runs the result as a {} program", name), frame);
    return run_unknown(words, input, frame);
  }
  if (input == nullptr) return {Value::unknown()};
  if (input->value.known && !input->value.carries_content() && !input->value.text->empty())
    return run_filter({words.front(), Value::of(name.starts_with("python") ? "-c" : "-e"), input->value}, nullptr,
                      frame);
  arrive(input->value, true, fmt::format("pipes the result to {}", name), frame);
  return {Value::unknown(input->value.trace)};
}

Values Interpreter::run_function(const Command& function, const Fields& words, Input* input, const Frame& frame) {
  // Helper functions that print messages are called from everywhere and multiply. What may have to do with bytes of
  // files is always followed; of other calls from one command so many, then the result is anything.
  const bool traced =
      std::any_of(words.begin(), words.end(), [](const Value& word) { return word.trace != nullptr; }) ||
      (input != nullptr && input->value.trace);
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

Values Interpreter::run_xargs(const Fields& words, Input* input, const Frame& frame) {
  Fields full;
  std::string placeholder;
  Input from_file;
  std::size_t i = 1;
  for (; i < words.size() && words[i].text->starts_with('-'); ++i) {
    if (*words[i].text == "-I" && i + 1 < words.size()) placeholder = *words[++i].text;
    else if (words[i].text->starts_with("-I")) placeholder = words[i].text->substr(2);
    else if (*words[i].text == "-a" && i + 1 < words.size()) {
      from_file = {file_content(words[++i], frame), 0};
      input = &from_file;
    } else if (is_one_of(*words[i].text, {"-n", "-L", "-P", "-d", "-s"})) ++i;
  }
  for (; i < words.size(); ++i) full.push_back(words[i]);
  if (full.empty() || input == nullptr) return {Value::unknown(input != nullptr ? input->value.trace : nullptr)};
  Fields items;
  const std::string_view text = *input->value.text;
  for (std::size_t at = 0; at < text.size() && items.size() < 16;) {
    const auto end =
        std::min(placeholder.empty() ? text.find_first_of(" \t\n\0", at, 4) : text.find('\n', at), text.size());
    if (end > at)
      items.push_back(
          {std::make_shared<const std::string>(text.substr(at, end - at)), input->value.known, input->value.trace, 0});
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

/// What a server sends is not known, but where it comes from is.
Values Interpreter::run_fetch(const Fields& words, const Frame& frame) {
  const auto name = path_basename(*words.front().text);
  const auto is_address = [](const Value& word) { return word.text->find("://") != std::string::npos; };
  auto from = words.end(), operand = words.end();
  for (auto word = words.begin() + 1; word != words.end() && from == words.end(); ++word) {
    if (word->text->starts_with('-')) {
      if (takes_next_word(name, *word->text) && word + 1 != words.end()) ++word;
    } else if (is_address(*word)) {
      from = word;
    } else if (operand == words.end()) {
      operand = word;
    }
  }
  if (from == words.end()) from = operand;
  if (from == words.end()) from = std::find_if(words.begin() + 1, words.end(), is_address);  // `--url=ADDRESS`
  if (from == words.end()) return {Value::unknown(joined(words))};                           // `curl --version`
  std::string address;
  for (const char c : *from->text) address += c == k_unknown_part ? std::string{"…"} : std::string(1, c);
  const auto what = fmt::format("fetches {} with {}", shown(address), shown(name, 20));
  return {Value::unknown(extended(step(StepKind::fetch, what, frame), {joined(words)}))};
}

/// A program that is not followed: what it prints is not known, but what it was given is.
Values Interpreter::run_unknown(const Fields& words, Input* input, const Frame& frame) {
  Trace trace = joined(words);
  if (input != nullptr) trace = join(trace, input->value.trace);
  auto place = frame;
  constexpr std::size_t k_most_operands = 512;
  for (std::size_t i = 1; i < std::min(words.size(), k_most_operands); ++i) {
    const auto& text = *words[i].text;
    if (is_one_of(*words[i - 1].text, {"-C", "--directory"}))
      place.directory = store(normalised_path(frame.unit->directory(), text));
    if (text.empty() || text[0] == '-' || (text.find('/') == std::string::npos && place.directory.empty())) continue;
    for (const auto* entry : resolve(text, place))
      if (is_in_test_data(entry->path)) trace = join(trace, file_content(words[i], place).trace);
  }
  if (!trace || !trace->content) return {Value::unknown(trace)};
  return {Value::unknown(
      extended(step(StepKind::program,
                    fmt::format("passes it through {}", shown(path_basename(*words.front().text), 40)), frame),
               {trace}))};
}

}  // namespace assay::inspect
