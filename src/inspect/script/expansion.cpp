// Words: quotation, parameters, command substitution, field splitting (POSIX.1-2017 XCU 2.6).
#include <fmt/format.h>

#include <array>
#include <cctype>

#include "base/glob.hpp"
#include "base/text.hpp"
#include "inspect/script/interpreter.hpp"
#include "inspect/script/interpreter_words.hpp"

namespace assay::inspect {

namespace {

constexpr std::size_t k_longest_split = 64 * 1024;
constexpr std::size_t k_longest_text = 64U << 20;
constexpr std::size_t k_most_fields = 512;
constexpr std::size_t k_longest_trimmed = 512;

bool is_blank(char c) noexcept {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

struct KnownName {
  std::string_view name;
  std::string_view value;
};
/// What these variables hold in every build, whatever computes them: the tree's root, and the usual tools.
constexpr KnownName k_known_names[] = {{"srcdir", "."},
                                       {"top_srcdir", "."},
                                       {"abs_srcdir", "."},
                                       {"abs_top_srcdir", "."},
                                       {"builddir", "."},
                                       {"top_builddir", "."},
                                       {"abs_builddir", "."},
                                       {"abs_top_builddir", "."},
                                       {"ac_abs_confdir", "."},
                                       {"ac_confdir", "."},
                                       {"CURDIR", "."},
                                       {"PWD", "."},
                                       {"VPATH", "."},
                                       {"CMAKE_SOURCE_DIR", "."},
                                       {"CMAKE_CURRENT_SOURCE_DIR", "."},
                                       {"PROJECT_SOURCE_DIR", "."},
                                       {"CMAKE_CURRENT_LIST_DIR", "."},
                                       {"CMAKE_BINARY_DIR", "."},
                                       {"CMAKE_CURRENT_BINARY_DIR", "."},
                                       {"SHELL", "/bin/sh"},
                                       {"CONFIG_SHELL", "/bin/sh"},
                                       {"BASH", "bash"},
                                       {"SED", "sed"},
                                       {"GREP", "grep"},
                                       {"EGREP", "grep -E"},
                                       {"FGREP", "grep -F"},
                                       {"AWK", "awk"},
                                       {"CAT", "cat"},
                                       {"TR", "tr"},
                                       {"XZ", "xz"},
                                       {"GZIP", "gzip"},
                                       {"BZIP2", "bzip2"},
                                       {"PERL", "perl"},
                                       {"PYTHON", "python"},
                                       {"PYTHON3", "python3"},
                                       {"CC", "cc"},
                                       {"ECHO", "echo"},
                                       {"as_echo", "echo"},
                                       {"HEAD", "head"},
                                       {"TAIL", "tail"},
                                       {"PATH_SEPARATOR", ":"}};

const KnownName* find_known(std::string_view name) {
  static constexpr std::size_t k_longest = 24;
  if (name.size() > k_longest) return nullptr;
  const auto* it = std::find_if(std::begin(k_known_names), std::end(k_known_names),
                                [&](const auto& known) { return known.name == name; });
  return it == std::end(k_known_names) ? nullptr : it;
}

bool is_name(char c) noexcept {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

/// The shortest or longest prefix (or suffix) that the pattern matches, taken off.
std::string trimmed(std::string_view text, std::string_view pattern, bool suffix, bool longest) {
  if (text.size() > k_longest_trimmed || pattern.size() > 256) return std::string{text};
  for (std::size_t i = 0; i <= text.size(); ++i) {
    const auto length = longest ? text.size() - i : i;
    const auto part = suffix ? text.substr(text.size() - length) : text.substr(0, length);
    if (glob_match_any(pattern, part))
      return std::string{suffix ? text.substr(0, text.size() - length) : text.substr(length)};
  }
  return std::string{text};
}

void strip_newlines(Value& value) {
  if (!value.text->ends_with('\n')) return;
  auto end = value.text->size();
  while (end > 0 && (*value.text)[end - 1] == '\n') --end;
  value.text = std::make_shared<const std::string>(value.text->substr(0, end));
}

/// What a `read` makes of the first line.
Value read_value(const Value& content) {
  if (!content.known) return Value::unknown(content.trace);
  return Value::of(content.text->substr(0, content.text->find('\n')), content.trace);
}

}  // namespace

Value concatenated(const Value& before, const Value& value) {
  if (before.text->empty()) {
    auto result = value;
    result.trace = join(before.trace, value.trace);
    if (value.line == 0) result.line = before.line;
    result.known = before.known && value.known;
    return result;
  }
  if (value.text->size() + before.text->size() > k_longest_text) return Value::unknown(join(before.trace, value.trace));
  return {std::make_shared<const std::string>(*before.text + *value.text), before.known && value.known,
          join(before.trace, value.trace),
          value.line != 0 && (before.line == 0 || value.text->size() > before.text->size()) ? value.line : before.line};
}

/// The expansion of one word, grown piece by piece; each alternative is a list of fields. A word of many pieces must not cost their
/// number by its length: what stands side by side is put in together, and a text that nobody else holds grows where it is.
class Interpreter::Expansion {
 public:
  explicit Expansion(std::size_t width) : m_width(width) {}
  void literal(std::string_view text, std::uint32_t line) {
    m_literal += text;
    m_line = line;
  }
  void quote() {
    if (!m_literal.empty()) return;  // opens the field anyway
    for (auto& alternative : m_alternatives)
      if (!alternative.open) open(alternative);
  }
  void values(const Values& values, bool quoted) {
    if (values.empty()) {
      if (quoted) quote();
      return;
    }
    put_literal();
    std::vector<Alternative> grown;
    for (const auto& value : values) {
      const bool last = &value == &values.back();
      for (auto& alternative : m_alternatives) {
        if (grown.size() >= m_width) break;
        if (last) grown.push_back(std::move(alternative));
        else grown.push_back(alternative);
        if (quoted || value.text->size() > k_longest_split) append(grown.back(), value);
        else split(grown.back(), value);
      }
    }
    m_alternatives = std::move(grown);
  }
  std::vector<Fields> take() {
    put_literal();
    std::vector<Fields> result;
    for (auto& alternative : m_alternatives) result.push_back(std::move(alternative.fields));
    return result;
  }
  /// Was it more than a word is followed for? Then what it comes to is not known.
  bool too_long() const noexcept { return m_too_long; }

 private:
  struct Alternative {
    Fields fields;
    bool open = false;
    std::shared_ptr<std::string> growing{};  ///< the text of the last field, if it was made here
  };
  void put_literal() {
    if (m_literal.empty()) return;
    const auto value = Value::of(std::exchange(m_literal, {}), nullptr, m_line);
    for (auto& alternative : m_alternatives) append(alternative, value);
  }
  static void open(Alternative& alternative) {
    alternative.open = true;
    if (alternative.fields.size() >= k_most_fields) return;
    alternative.fields.push_back(Value::of({}));
    alternative.growing.reset();
  }
  void append(Alternative& alternative, const Value& value) {
    if (!alternative.open) open(alternative);
    auto& field = alternative.fields.back();
    if (field.text->empty()) {
      field = concatenated(field, value);
      return;
    }
    if (field.text->size() + value.text->size() > k_longest_text) {
      m_too_long = true;
      field = Value::unknown(join(field.trace, value.trace));
      alternative.growing.reset();
      return;
    }
    constexpr long k_ours = 2;  // the field's and `growing`
    if (alternative.growing != field.text || field.text.use_count() != k_ours)
      field.text = alternative.growing = std::make_shared<std::string>(*field.text);
    if (value.line != 0 && (field.line == 0 || value.text->size() > field.text->size())) field.line = value.line;
    *alternative.growing += *value.text;
    field.known = field.known && value.known;
    field.trace = join(field.trace, value.trace);
  }
  void split(Alternative& alternative, const Value& value) {
    const std::string_view text = *value.text;
    if (text.empty()) return;
    for (std::size_t at = 0; at < text.size();) {
      if (is_blank(text[at])) {
        alternative.open = false;
        ++at;
        continue;
      }
      auto end = at;
      while (end < text.size() && !is_blank(text[end])) ++end;
      append(alternative,
             {std::make_shared<const std::string>(text.substr(at, end - at)), value.known, value.trace, value.line});
      at = end;
    }
  }

  std::size_t m_width;
  std::vector<Alternative> m_alternatives{1};
  std::string m_literal;  ///< to be put behind what is there
  std::uint32_t m_line = 0;
  bool m_too_long = false;
};

std::vector<Interpreter::Fields> Interpreter::expand(const ShellWord& word, const Frame& outer, bool split) {
  const auto frame = outer.at(word.line);
  const auto raw = word.raw;
  Expansion expansion{m_width};
  if (frame.depth > 40 || !spend()) {
    expansion.values({Value::unknown()}, true);
    return expansion.take();
  }
  if (raw.size() > 3 && raw.starts_with("<(")) {
    expansion.values({process_file(raw.substr(2, raw.size() - 3), frame)}, true);
    return expansion.take();
  }
  bool double_quoted = false;
  std::size_t plain = 0;
  const auto flush = [&](std::size_t end) {
    if (end > plain) expansion.literal(raw.substr(plain, end - plain), frame.line);
  };
  for (std::size_t at = 0; at < raw.size();) {
    const char c = raw[at];
    if (c == '\\' && at + 1 < raw.size()) {
      flush(at);
      const char next = raw[at + 1];
      const bool kept = double_quoted && next != '$' && next != '`' && next != '"' && next != '\\' && next != '\n';
      if (next != '\n') expansion.literal(raw.substr(kept ? at : at + 1, kept ? 2 : 1), frame.line);
      plain = at += 2;
    } else if (c == '\'' && !double_quoted) {
      flush(at);
      const auto end = std::min(raw.find('\'', at + 1), raw.size());
      expansion.quote();
      expansion.literal(raw.substr(at + 1, end - at - 1), frame.line);
      plain = at = std::min(end + 1, raw.size());
    } else if (c == '"') {
      flush(at);
      expansion.quote();
      double_quoted = !double_quoted;
      plain = ++at;
    } else if (c == '`') {
      flush(at);
      const auto length = quoted_length(raw, at);
      auto inside = raw.substr(at + 1, length > 1 ? length - 2 : 0);
      if (inside.find('\\') != std::string_view::npos) {
        std::string text;
        for (std::size_t i = 0; i < inside.size(); ++i) {
          if (inside[i] == '\\' && i + 1 < inside.size() &&
              (inside[i + 1] == '`' || inside[i + 1] == '\\' || inside[i + 1] == '$' ||
               (double_quoted && inside[i + 1] == '"')))
            ++i;
          text += inside[i];
        }
        inside = store(std::move(text));
      }
      expansion.values(substitute(inside, frame), double_quoted || !split);
      plain = at += length;
    } else if (c == '$' && at + 1 < raw.size()) {
      const char next = raw[at + 1];
      const auto length = next == '(' || next == '{' || (next == '\'' && !double_quoted) ? quoted_length(raw, at) : 0;
      const auto inside = length > 3 ? raw.substr(at + 2, length - 3) : std::string_view{};
      std::size_t end = at + 2;
      if (next == '(' && inside.starts_with('(')) {
        flush(at);
        expansion.values({Value::unknown()}, true);
        end = at + length;
      } else if (next == '(') {
        flush(at);
        expansion.values(substitute(inside, frame), double_quoted || !split);
        end = at + length;
      } else if (next == '{') {
        flush(at);
        const bool whole_list = inside.ends_with("[@]");
        expansion.values(parameter(inside, frame), (double_quoted && !whole_list) || !split);
        end = at + length;
      } else if (next == '\'' && !double_quoted) {
        flush(at);
        expansion.quote();
        if (const auto text = printed({"printf", "%b", std::string{inside}})) expansion.literal(*text, frame.line);
        end = at + length;
      } else if (is_name(next) && std::isdigit(static_cast<unsigned char>(next)) == 0) {
        flush(at);
        while (end < raw.size() && is_name(raw[end])) ++end;
        expansion.values(variable(raw.substr(at + 1, end - at - 1), frame), double_quoted || !split);
      } else if (std::isdigit(static_cast<unsigned char>(next)) != 0 ||
                 std::string_view{"@*#?$!-"}.find(next) != std::string_view::npos) {
        flush(at);
        expansion.values(variable(raw.substr(at + 1, 1), frame), (double_quoted && next != '@') || !split);
      } else {
        ++at;
        continue;
      }
      plain = at = end;
    } else {
      ++at;
    }
  }
  flush(raw.size());
  auto fields = expansion.take();
  if (expansion.too_long()) note_too_long(k_longest_text, frame);
  return fields;
}

void Interpreter::note_too_long(std::size_t most, const Frame& frame) {
  if (m_noted.emplace(frame.unit->path() + ":word").second)
    m_coverage.add(escape_for_display(frame.unit->path()),
                   fmt::format("line {}: a word comes to more than {} bytes and was not followed", frame.line, most));
}

std::vector<Interpreter::Fields> Interpreter::expand(const std::vector<ShellWord>& words, std::size_t first,
                                                     const Frame& frame) {
  std::vector<Fields> result{1};
  for (std::size_t i = first; i < words.size() && i < first + k_most_fields; ++i) {
    const auto alternatives = expand(words[i], frame);
    std::vector<Fields> grown;
    for (const auto& alternative : alternatives) {
      for (const auto& before : result) {
        if (grown.size() >= m_width) break;
        grown.push_back(before);
        if (grown.back().size() + alternative.size() <= k_most_fields)
          grown.back().insert(grown.back().end(), alternative.begin(), alternative.end());
      }
    }
    result = std::move(grown);
  }
  return result;
}

/// As in an assignment: no field splitting.
Values Interpreter::expand_whole(const ShellWord& word, const Frame& frame) {
  Values result;
  for (auto& fields : expand(word, frame, false))
    result.push_back(fields.empty() ? Value::of({}) : std::move(fields.front()));
  return result;
}

/// `(WORD…)` in `NAME=(WORD…)`: the words, one after the other.
Values Interpreter::expand_array(const ShellWord& word, const Frame& frame) {
  const auto inside = word.raw.substr(1, word.raw.size() - 2);
  std::vector<ShellWord> words;
  for (const auto& pipeline : parse_shell(inside, word.line).pipelines)
    for (const auto& command : pipeline.stages) {
      words.insert(words.end(), command.assignments.begin(), command.assignments.end());
      words.insert(words.end(), command.words.begin(), command.words.end());
    }
  Values result;
  for (const auto& fields : expand(words, 0, frame)) result.push_back(eval_text(fields));
  return result;
}

Values Interpreter::substitute(std::string_view text, const Frame& frame) {
  if (frame.depth > 40 || text.size() > k_longest_script) return {Value::unknown()};
  if (text.starts_with('<') && text.find_first_of("|;&`$(") == std::string_view::npos) {
    Values contents;  // $(< file)
    for (const auto& name :
         expand_whole({text.substr(std::min(text.find_first_not_of(" \t", 1), text.size())), 0}, frame))
      contents.push_back(file_content(name, frame));
    return contents;
  }
  const auto script = parse_shell(text, frame.line);
  auto values = run_list(script.pipelines, nullptr, frame.deeper());
  for (auto& value : values) strip_newlines(value);
  return values;
}

/// `<(COMMANDS)`: a name under which what they print can be read.
Value Interpreter::process_file(std::string_view commands, const Frame& frame) {
  const auto script = parse_shell(commands, frame.line);
  auto values = run_list(script.pipelines, nullptr, frame.deeper());
  auto name = fmt::format("/dev/fd/{:016x}", context_of(frame.context, commands, frame.unit->path()));
  if (!values.empty()) m_process_files.insert_or_assign(name, std::move(values.front()));
  return Value::of(std::move(name), nullptr, frame.line);
}

/// The inside of `${…}`.
Values Interpreter::parameter(std::string_view inside, const Frame& frame) {
  std::size_t end = 0;
  if (inside.starts_with('#') && inside.size() > 1) return {Value::unknown()};
  if (inside.starts_with('!')) inside.remove_prefix(1);  // indirection: the name's value is taken for the value's
  while (end < inside.size() && is_name(inside[end])) ++end;
  if (end == 0) end = std::min<std::size_t>(1, inside.size());
  const auto name = inside.substr(0, end);
  auto rest = inside.substr(end);
  if (rest.empty() || rest == "[@]" || rest == "[*]") return variable(name, frame);
  const bool colon = rest.starts_with(':');
  if (colon) rest.remove_prefix(1);
  const char operation = rest.empty() ? '\0' : rest[0];
  const auto word = rest.empty() ? rest : rest.substr(1);
  if (operation == '-' || operation == '=' || operation == '+') {
    bool is_defined = false;
    auto values = operation == '+' ? Values{} : defined(name, frame, is_defined);
    if (find_known(name) != nullptr) return variable(name, frame);
    for (auto& value : expand_whole({word, frame.line}, frame.deeper()))
      if (values.size() < m_width) values.push_back(std::move(value));
    return values;
  }
  auto values = variable(name, frame);
  if (!colon && (operation == '#' || operation == '%')) {
    const bool longest = word.starts_with(operation);
    for (auto& value : values) {
      if (!value.known && value.text->size() == 1) continue;
      for (const auto& pattern : expand_whole({longest ? word.substr(1) : word, frame.line}, frame.deeper())) {
        value.text =
            std::make_shared<const std::string>(trimmed(*value.text, *pattern.text, operation == '%', longest));
        break;
      }
    }
    return values;
  }
  for (auto& value : values) value = Value::unknown(value.trace);
  return values;
}

/// `CC=./wrapper`: a tool that the script writes itself and puts in the place of the usual one.
Values Interpreter::replaced_tool(std::string_view name, const Frame& frame) {
  Values values;
  const auto* definitions = frame.unit->definitions(name);
  const auto key = std::pair{frame.unit, name};
  if (definitions == nullptr || !m_evaluating.insert(key).second) return values;
  for (const auto& definition : *definitions) {
    const auto raw = definition.word.raw;
    const bool path = definition.kind == Definition::Kind::value && raw.find('/') != std::string_view::npos;
    if (path && values.size() + 1 < m_width && frame.unit->written(written_name(raw)) != nullptr)
      for (auto& value : expand_whole(definition.word, frame.deeper())) values.push_back(std::move(value));
  }
  m_evaluating.erase(key);
  return values;
}

Values Interpreter::variable(std::string_view name, const Frame& frame) {
  for (const auto* binding = frame.bindings; binding != nullptr; binding = binding->next)
    if (binding->name == name) {
      m_local_uses += binding->of_loop ? 1U : 0U;
      return {*binding->value};
    }
  if (const auto* known = find_known(name)) {
    auto values = replaced_tool(name, frame);
    values.insert(values.begin(), Value::of(std::string{known->value}));
    return values;
  }
  if (name == "0") return {Value::of(frame.unit->path())};
  if (name.size() == 1 && std::isdigit(static_cast<unsigned char>(name[0])) != 0) {
    const auto number = static_cast<std::size_t>(name[0] - '0');
    if (frame.arguments == nullptr) return {Value::unknown()};
    ++m_local_uses;
    if (number > frame.arguments->size()) return {Value::of({})};
    return {(*frame.arguments)[number - 1]};
  }
  if (name == "@" || name == "*") {
    if (frame.arguments == nullptr) {
      bool is_defined = false;
      auto values = defined("@", frame, is_defined);
      return is_defined ? values : Values{Value::unknown()};
    }
    ++m_local_uses;
    auto whole = Value::of({});
    for (const auto& argument : *frame.arguments)
      whole = concatenated(whole.text->empty() ? whole : concatenated(whole, Value::of(" ")), argument);
    return {whole};
  }
  if (name.size() == 1 && !is_name(name[0])) return {Value::unknown()};
  bool is_defined = false;
  auto values = defined(name, frame, is_defined);
  if (!is_defined) return {Value::unknown()};
  return values;
}

/// The values that assignments give a variable: in this script, else in the one that executes it, else anywhere in the
/// build.
Values Interpreter::defined(std::string_view name, const Frame& frame, bool& is_defined) {
  const auto key = std::pair{frame.unit, name};
  if (const auto it = m_variables.find(key); it != m_variables.end()) {
    is_defined = true;
    return it->second;
  }
  const auto local_key = std::tuple{frame.unit, name, frame.context};
  if (const auto it = m_local_variables.find(local_key); it != m_local_variables.end()) {
    is_defined = true;
    ++m_local_uses;
    return it->second;
  }
  std::vector<std::pair<const ScriptUnit*, const Definition*>> definitions;
  for (const auto* unit = frame.unit; unit != nullptr && definitions.empty(); unit = unit->parent())
    if (const auto* own = unit->definitions(name))
      for (const auto& definition : *own) definitions.emplace_back(unit, &definition);
  if (definitions.empty() && m_shared != nullptr && name.size() >= 4)
    if (const auto* places = m_shared->find(name, *frame.unit)) definitions = *places;
  is_defined = !definitions.empty();
  if (!is_defined) return {};
  if (!m_evaluating.insert(key).second) return {};  // x="$x y": the value before, which evaluate() supplies
  const auto local_uses = m_local_uses;
  auto values = evaluate(definitions, name, frame);
  m_evaluating.erase(key);
  if (local_uses == m_local_uses) m_variables[key] = values;
  else m_local_variables[local_key] = values;
  return values;
}

/// In the order of the text, each assignment seeing what the one before it left.
Values Interpreter::evaluate(const std::vector<std::pair<const ScriptUnit*, const Definition*>>& definitions,
                             std::string_view name, const Frame& frame) {
  constexpr std::size_t k_most_definitions = 4000;
  Values values;
  Value last = Value::of({});
  // Where there are more values than can be kept, those with a history and those of novel lines are.
  const auto worth = [](const Value& value) { return value.carries_content() ? 3 : value.trace ? 2 : 1; };
  const auto add = [&](const Value& value) {
    for (const auto& other : values)
      if (*other.text == *value.text && other.trace == value.trace && other.known == value.known) return;
    if (values.size() < m_width) return values.push_back(value);
    auto least = std::min_element(values.begin(), values.end(),
                                  [&](const auto& a, const auto& b) { return worth(a) < worth(b); });
    if (worth(*least) <= worth(value)) *least = value;
  };
  std::size_t count = 0;
  for (const auto& [unit, definition] : definitions) {
    if (++count > k_most_definitions) break;
    const Binding self{name, &last, frame.bindings, false};
    Frame inner{unit, definition->word.line, frame.depth + 1, frame.arguments, &self, frame.context};
    Values found;
    if (definition->kind == Definition::Kind::unknown) {
      found = {Value::unknown()};
      Input storage;
      Input* input = nullptr;
      if (definition->loop != nullptr) redirect_input(*definition->loop, inner, storage, input);
      else if (const auto* opened = unit->descriptor(0); opened != nullptr)
        for (const auto& file : expand_whole(*opened, inner))
          if (storage = {file_content(file, inner), 0}; storage.value.carries_content()) input = &storage;
      if (input != nullptr && input->value.carries_content())
        found = {definition->loop == nullptr || definition->loop->kind == CommandKind::simple
                     ? read_value(input->value)
                     : Value::unknown(
                           extended(step(StepKind::program, "reads it line by line", frame), {input->value.trace}))};
    } else if (definition->kind == Definition::Kind::items) {
      for (const auto& fields : expand(definition->loop->words, 0, inner.at(definition->loop->line)))
        for (const auto& field : fields)
          if (found.size() < m_width) found.push_back(field);
    } else {
      found = is_array(definition->word.raw) ? expand_array(definition->word, inner)
                                             : expand_whole(definition->word, inner);
      if (definition->kind == Definition::Kind::append)
        for (auto& value : found) value = concatenated(last, value);
    }
    for (const auto& value : found) add(value);
    if (!found.empty()) last = found.back();
  }
  // A variable built up piece by piece ends with the whole.
  if (definitions.size() > 1) add(last);
  return values;
}

}  // namespace assay::inspect
