#include <algorithm>
#include <cctype>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "inspect/script/program_flow.hpp"
#include "inspect/script/program_text.hpp"
#include "inspect/script/program_words.hpp"
#include "inspect/script/rewrite.hpp"

namespace assay::inspect {

namespace {

constexpr std::size_t k_longest_evaluation = 64 * 1024;

/// Walks over text in a language with `'…'` and `"…"` literals, counting lines.
class Walker {
 public:
  explicit Walker(std::string_view text) : m_text(text) {}
  bool at_end() const noexcept { return m_at >= m_text.size(); }
  char peek() const noexcept { return m_text[m_at]; }
  std::size_t at() const noexcept { return m_at; }
  std::uint32_t line() const noexcept { return m_line; }
  void advance() noexcept {
    if (m_text[m_at] == '\n') ++m_line;
    ++m_at;
  }
  bool starts_with(std::string_view word) const noexcept { return m_text.substr(m_at).starts_with(word); }
  void skip_line() noexcept {
    while (!at_end() && peek() != '\n') ++m_at;
  }
  void skip_space() noexcept {
    while (!at_end() && std::isspace(static_cast<unsigned char>(peek())) != 0) advance();
  }

  /// The literal that begins here, its escapes undone (C's); the walker stands behind it.
  std::string take_literal() {
    const char quote = peek();
    const bool triple = m_text.substr(m_at, 3) == std::string(3, quote);
    const std::string closer(triple ? 3 : 1, quote);
    for (std::size_t i = 0; i < closer.size(); ++i) advance();
    std::string result;
    while (!at_end() && !starts_with(closer)) {
      if (!triple && peek() == '\n') break;
      if (peek() == '\\' && m_at + 1 < m_text.size()) {
        advance();
        const char c = peek();
        result += c == 'n'                                         ? '\n'
                  : c == 't'                                       ? '\t'
                  : c == 'r'                                       ? '\r'
                  : c == '/' || c == '"' || c == '\'' || c == '\\' ? c
                                                                   : '\\';
        if (c != 'n' && c != 't' && c != 'r' && c != '/' && c != '"' && c != '\'' && c != '\\') result += c;
        advance();
      } else {
        result += peek();
        advance();
      }
    }
    for (std::size_t i = 0; i < closer.size() && !at_end(); ++i) advance();
    return result;
  }

 private:
  std::string_view m_text;
  std::size_t m_at = 0;
  std::uint32_t m_line = 1;
};

/// Of a name with what it is a part of.
bool is_dotted_word(char c) noexcept {
  return is_word(c) || c == '.';
}

/// The literals of a call's argument list, the walker standing behind its `(` or `[`.
std::vector<std::string> take_literals(Walker& walker, bool& all_literal) {
  std::vector<std::string> literals;
  int depth = 1;
  all_literal = true;
  while (!walker.at_end() && depth > 0 && literals.size() < 256) {
    const char c = walker.peek();
    if (c == '\'' || c == '"') {
      literals.push_back(walker.take_literal());
      continue;
    }
    if (c == '(' || c == '[' || c == '{') ++depth;
    else if (c == ')' || c == ']' || c == '}') --depth;
    else if (is_dotted_word(c)) all_literal = false;
    walker.advance();
  }
  return literals;
}

void put_command(const std::vector<std::string>& words, ShellTextBuilder& out) {
  for (const auto& word : words) {
    out.put_lines(single_quoted(word));
    out.put(' ');
  }
  out.separate();
}

/// Functions that hand a string (or a list of words) to the system.
constexpr std::string_view k_system_calls[] = {"os.system",
                                               "os.popen",
                                               "subprocess.call",
                                               "subprocess.run",
                                               "subprocess.Popen",
                                               "subprocess.check_call",
                                               "check_call",
                                               "check_output",
                                               "subprocess.check_output",
                                               "subprocess.getoutput",
                                               "system",
                                               "exec",
                                               "execSync",
                                               "spawn",
                                               "spawnSync",
                                               "popen",
                                               "qx",
                                               "run",
                                               "Popen"};

}  // namespace

void rewrite_plain(std::string_view content, ShellTextBuilder& out) {
  out.put_lines(content);
}

namespace {

/// Meson's variables, as far as they are put together from literals: `x = 'a'`, `x = files('a')`, `x =
/// find_program('a')`, `x = 'dir' / 'file'`. A later assignment replaces an earlier one.
class MesonReader {
 public:
  MesonReader(std::string_view content, ShellTextBuilder& out) : m_walker(content), m_content(content), m_out(out) {}

  void run() {
    while (!m_walker.at_end()) {
      const char c = m_walker.peek();
      if (c == '#') m_walker.skip_line();
      else if (c == '\'') m_walker.take_literal();
      else if (is_dotted_word(c)) take_word();
      else m_walker.advance();
    }
  }

 private:
  std::string_view word() {
    const auto begin = m_walker.at();
    while (!m_walker.at_end() && is_dotted_word(m_walker.peek())) m_walker.advance();
    return m_content.substr(begin, m_walker.at() - begin);
  }
  void skip_blanks() {
    while (!m_walker.at_end() && (m_walker.peek() == ' ' || m_walker.peek() == '\t')) m_walker.advance();
  }

  void take_word() {
    const auto line = m_walker.line();
    const auto name = word();
    skip_blanks();
    if (m_walker.at_end()) return;
    const char c = m_walker.peek();
    if (c == '=' && !m_walker.starts_with("==")) {
      m_walker.advance();
      m_variables[name] = value_of_line();
      if (!m_configured.empty()) m_variables[name] = {std::exchange(m_configured, {})};
    } else {
      take_command(name, line);
    }
  }

  /// `configure_file(input : A, output : B)`: B is made of A, and is what the function returns.
  void configure_file(std::uint32_t line) {
    const auto begin = m_walker.at();
    int depth = 0;
    do {
      if (m_walker.peek() == '\'') {
        m_walker.take_literal();
        continue;
      }
      depth += m_walker.peek() == '(' ? 1 : m_walker.peek() == ')' ? -1 : 0;
      m_walker.advance();
    } while (!m_walker.at_end() && depth > 0);
    const auto text = m_content.substr(begin, m_walker.at() - begin);
    const auto keyword = [&](std::string_view key) -> std::string {
      const auto at = find_whole_word(text, key);
      const auto open = at == std::string_view::npos ? at : text.find_first_not_of(" \t:", at + key.size());
      if (open == std::string_view::npos || text[open] != '\'') return {};
      return std::string{text.substr(open + 1, text.find('\'', open + 1) - open - 1)};
    };
    const auto input = keyword("input"), output = keyword("output");
    if (input.empty() || output.empty()) return;
    m_out.set_line(line);
    m_out.put("cp ");
    put_command({input, output}, m_out);
    m_configured = output;
  }

  /// `input : 'FILE'`, or a list of them.
  bool take_input() {
    m_walker.advance();
    m_walker.skip_space();
    if (!m_walker.at_end() && m_walker.peek() == '[') m_walker.advance();
    if (!m_walker.at_end() && m_walker.starts_with("files("))
      for (int i = 0; i < 6; ++i) m_walker.advance();
    if (!m_walker.at_end() && m_walker.peek() == '\'') m_input = m_walker.take_literal();
    return true;
  }

  /// The command that `name` may introduce, the walker standing behind it.
  bool take_command(std::string_view name, std::uint32_t line) {
    if (m_walker.at_end()) return false;
    if (name == "configure_file" && m_walker.peek() == '(') return configure_file(line), true;
    if (name == "custom_target" || name == "generator") m_input.clear();
    if (name == "input" && m_walker.peek() == ':') return take_input();
    if (name == "command" && m_walker.peek() == ':') {
      m_walker.advance();
      m_walker.skip_space();
      if (m_walker.at_end() || m_walker.peek() != '[') return true;
    } else if (name != "run_command" || m_walker.peek() != '(') {
      return false;
    }
    m_walker.advance();
    put(arguments(), line);
    return true;
  }

  /// Up to the end of the statement: the literals and what is known of the variables. Parts of a path are one word.
  std::vector<std::string> value_of_line() {
    std::vector<std::string> words;
    int depth = 0;
    while (!m_walker.at_end() && (m_walker.peek() != '\n' || depth > 0) && words.size() < k_most_words) {
      const char c = m_walker.peek();
      if (c == '(' || c == '[') ++depth;
      if (c == ')' || c == ']') --depth;
      if (!take_operand(words)) m_walker.advance();
    }
    return words;
  }

  /// Up to the parenthesis or bracket that closes the list; `key : value` is no argument.
  std::vector<std::string> arguments() {
    std::vector<std::string> words;
    int depth = 1;
    while (!m_walker.at_end() && depth > 0 && words.size() < k_most_words) {
      const char c = m_walker.peek();
      if (c == '(' || c == '[' || c == '{') ++depth;
      if (c == ')' || c == ']' || c == '}') --depth;
      if (!take_operand(words)) m_walker.advance();
    }
    return words;
  }

  bool take_operand(std::vector<std::string>& words) {
    const char c = m_walker.peek();
    if (c == '#') return m_walker.skip_line(), true;
    if (c == '/' && !words.empty()) return m_joins = true, false;
    if (c == '\'') {
      add(words, {m_walker.take_literal()});
      return true;
    }
    if (!is_dotted_word(c)) return false;
    const auto line = m_walker.line();
    const auto name = word();
    skip_blanks();
    if (take_command(name, line)) return true;
    if (!m_walker.at_end() && m_walker.peek() == ':') {
      // A keyword: its value belongs to it.
      while (!m_walker.at_end() && m_walker.peek() != ',' && m_walker.peek() != ')' && m_walker.peek() != '\n')
        m_walker.advance();
    } else if (const auto known = m_variables.find(name); known != m_variables.end()) {
      add(words, known->second);
    }
    return true;
  }

  void add(std::vector<std::string>& words, std::vector<std::string> more) {
    if (std::exchange(m_joins, false) && !words.empty() && !more.empty()) {
      words.back() += "/" + more.front();
      more.erase(more.begin());
    }
    words.insert(words.end(), more.begin(), more.end());
  }

  void put(std::vector<std::string> words, std::uint32_t line) {
    // What a custom target is made of stands in front of its command.
    for (auto& word : words)
      if (word == "@INPUT@" && !m_input.empty()) word = m_input;
    m_out.set_line(line);
    put_command(words, m_out);
  }

  static constexpr std::size_t k_most_words = 256;
  Walker m_walker;
  std::string_view m_content;
  ShellTextBuilder& m_out;
  std::map<std::string_view, std::vector<std::string>> m_variables;
  std::string m_configured;  ///< what configure_file() has just made
  std::string m_input;       ///< of the present target
  bool m_joins = false;
};

}  // namespace

void rewrite_meson(std::string_view content, ShellTextBuilder& out) {
  MesonReader{content, out}.run();
}

void rewrite_npm(std::string_view content, ShellTextBuilder& out) {
  Walker walker{content};
  std::string key, last;
  int depth = 0, scripts_depth = 0;
  bool after_colon = false;
  while (!walker.at_end()) {
    const char c = walker.peek();
    if (c == '"') {
      const auto line = walker.line();
      last = walker.take_literal();
      if (after_colon && scripts_depth > 0 && depth == scripts_depth) {
        out.set_line(line);
        out.put_lines(last);
        out.separate();
      }
      after_colon = false;
      continue;
    }
    if (c == ':') {
      after_colon = true;
      key = last;
    } else if (c == '{') {
      ++depth;
      if (after_colon && key == "scripts" && depth == 2) scripts_depth = depth;
      after_colon = false;
    } else if (c == '}') {
      if (depth == scripts_depth) scripts_depth = 0;
      --depth;
    } else if (c == ',') {
      after_colon = false;
    }
    walker.advance();
  }
}

namespace {

std::string_view interpreter_of(ScriptKind kind) {
  switch (kind) {
    case ScriptKind::python:
      return "python3 -c ";
    case ScriptKind::perl:
      return "perl -e ";
    case ScriptKind::javascript:
      return "node -e ";
    case ScriptKind::ruby:
      return "ruby -e ";
    case ScriptKind::r:
      return "Rscript -e ";
    default:
      return {};
  }
}

/// A program that evaluates what it has decoded from a file is one command, on the line of its exec(). Without a decoding
/// it has to execute data of the tests: programs name files and evaluate texts that have nothing to do with each other. Of a
/// long one, the command is the statements by which that data gets there.
void put_evaluation(ScriptKind kind, std::string_view content, ShellTextBuilder& out) {
  const auto interpreter = interpreter_of(kind);
  if (interpreter.empty()) return;
  const bool is_long = content.size() > k_longest_evaluation;
  if (is_long && !names_test_data(content)) return;
  if (content.size() > k_longest_program) return out.note_truncated();
  const auto program = read_program(content, kind);
  if (program.files.empty() || (!program.runs_data && (!program.evaluates || program.operations.empty()))) return;
  if (is_long && program.statements.size() > k_longest_evaluation) return out.note_truncated();
  if (is_long && !program.runs_data) return;
  const auto before = content.substr(0, program.execution);
  out.set_line(static_cast<std::uint32_t>(1 + std::count(before.begin(), before.end(), '\n')));
  out.put(interpreter);
  const auto text = single_quoted(is_long ? std::string_view{program.statements} : content);
  if (is_long) out.put(text);
  else out.put_lines(text);
  out.separate();
}

}  // namespace

void rewrite_program(ScriptKind kind, std::string_view content, ShellTextBuilder& out) {
  put_evaluation(kind, content, out);
  Walker walker{content};
  std::size_t word_begin = 0;
  bool in_word = false;
  while (!walker.at_end()) {
    const char c = walker.peek();
    if (c == '#' && kind != ScriptKind::javascript && !in_word) {
      walker.skip_line();
    } else if (c == '"' || c == '\'') {
      walker.take_literal();
    } else if (is_dotted_word(c)) {
      if (!in_word) word_begin = walker.at();
      in_word = true;
      walker.advance();
      continue;
    } else if (c == '(' && in_word) {
      const auto word = content.substr(word_begin, walker.at() - word_begin);
      const auto line = walker.line();
      walker.advance();
      const bool hands_over =
          std::find(std::begin(k_system_calls), std::end(k_system_calls), word) != std::end(k_system_calls);
      if (hands_over) {
        bool all_literal = false;
        const auto literals = take_literals(walker, all_literal);
        out.set_line(line);
        if (literals.size() == 1) {
          out.put_lines(literals[0]);
          out.separate();
        } else if (!literals.empty()) {
          put_command(literals, out);
        }
      }
    } else {
      walker.advance();
    }
    in_word = false;
  }
}

}  // namespace assay::inspect
