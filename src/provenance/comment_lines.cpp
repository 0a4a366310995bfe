#include "provenance/comment_lines.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "provenance/exact_lines.hpp"

namespace assay::provenance {

namespace {

enum class Language : unsigned char { none, shell, c, go, python, make, m4, configure_input, roff };

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// Of the program that `#!` names, or that `env` is asked for.
std::string_view interpreter_of(std::string_view text) {
  if (!text.starts_with("#!")) return {};
  auto line = text.substr(2, std::min(text.find('\n'), text.size()) - 2);
  while (!line.empty() && line.front() == ' ') line.remove_prefix(1);
  auto program = line.substr(0, std::min(line.find(' '), line.size()));
  if (path_basename(program) == "env") {
    line.remove_prefix(std::min(program.size() + 1, line.size()));
    program = line.substr(0, std::min(line.find(' '), line.size()));
  }
  return path_basename(program);
}

Language language_of(std::string_view path, std::string_view text) {
  auto name = path_basename(path);
  if (name == "configure.ac" || name == "configure.in") return Language::configure_input;
  if (name.ends_with(".in")) name.remove_suffix(3);
  if (is_one_of(name, {"Makefile", "GNUmakefile", "makefile"})) return Language::make;
  const auto dot = name.rfind('.');
  const auto extension = dot == std::string_view::npos ? std::string_view{} : name.substr(dot + 1);
  if (is_one_of(extension, {"c", "h", "cc", "hh", "cpp", "hpp", "cxx", "hxx", "m", "mm"})) return Language::c;
  if (extension == "go") return Language::go;
  if (extension == "m4") return Language::m4;
  if (is_one_of(extension, {"mk", "am"})) return Language::make;
  if (is_one_of(extension, {"1", "2", "3", "4", "5", "6", "7", "8", "9", "man"})) return Language::roff;
  const auto interpreter = interpreter_of(text);
  if (extension == "py" || interpreter.starts_with("python")) return Language::python;
  if (is_one_of(interpreter, {"sh", "bash", "dash", "ksh"}) || (interpreter.empty() && extension == "sh"))
    return Language::shell;
  return Language::none;
}

/// Lines that begin as `is_comment` says and continue no line before them.
template <typename IsComment>
std::vector<bool> line_by_line(std::string_view text, const IsComment& is_comment) {
  std::vector<bool> comments;
  bool continues = false;
  for (const auto line : exact_lines(text)) {
    comments.push_back(!continues && !line.ends_with('\\') && is_comment(line));
    continues = line.ends_with('\\');
  }
  return comments;
}

/// In a rule's commands a comment is the shell's; in a `define` it may be any of the two. config.status may put lines in `@NAME@`.
std::vector<bool> make_comment_lines(std::string_view text) {
  if (text.starts_with("define ") || text.find("\ndefine ") != std::string_view::npos ||
      text.find("override define ") != std::string_view::npos)
    return {};
  return line_by_line(text, [](std::string_view line) {
    const auto start = line.find_first_not_of(' ');
    return start != std::string_view::npos && line[start] == '#' && line.find('@') == std::string_view::npos;
  });
}

/// Outside of all quotations. What stands there in a file of macros goes nowhere; in configure.ac it goes into the script, so that
/// only `dnl` is a comment for certain.
std::vector<bool> m4_comment_lines(std::string_view text, bool goes_into_script) {
  if (text.find("changequote") != std::string_view::npos || text.find("changecom") != std::string_view::npos) return {};
  std::vector<bool> comments;
  long depth = 0;
  for (const auto line : exact_lines(text)) {
    const auto start = std::min(line.find_first_not_of(" \t"), line.size());
    const auto rest = line.substr(start);
    const bool dnl = rest == "dnl" || rest.starts_with("dnl ");
    const bool comment = depth == 0 && (dnl || rest.starts_with('#'));
    comments.push_back(comment && (dnl || !goes_into_script));
    if (comment) continue;
    for (std::size_t at = 0; at < line.size(); ++at) {
      if (depth == 0 && (line[at] == '#' || line.substr(at).starts_with("dnl"))) break;
      if (line[at] == '[') ++depth;
      if (line[at] == ']') --depth;
      if (depth < 0) return {};
    }
  }
  return depth == 0 ? comments : std::vector<bool>{};
}

/// What of each line is seen: one with comments and nothing else is a comment.
class LineKinds {
 public:
  explicit LineKinds(std::string_view text) : m_comment(exact_lines(text).size(), false), m_code(m_comment) {}
  void comment() { set(m_comment); }
  void code() { set(m_code); }
  void next() { ++m_line; }
  std::vector<bool> only_comments() const {
    auto lines = m_comment;
    for (std::size_t i = 0; i < lines.size(); ++i) lines[i] = m_comment[i] && !m_code[i];
    return lines;
  }

 private:
  void set(std::vector<bool>& kind) {
    if (m_line < kind.size()) kind[m_line] = true;
  }
  std::vector<bool> m_comment, m_code;
  std::size_t m_line = 0;
};

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\f' || c == '\v';
}

class CLexer {
 public:
  CLexer(std::string_view text, bool backquoted) : m_text(text), m_backquoted(backquoted), m_kinds(text) {}

  std::vector<bool> lines() {
    // Trigraphs, raw strings, and what C89 takes for a division: a line does not say what it is.
    for (const std::string_view unclear : {"\?\?/", "R\"", "//*", "\r"})
      if (m_text.find(unclear) != std::string_view::npos) return {};
    while (m_at < m_text.size())
      if (!step()) return {};
    return m_state == State::code ? m_kinds.only_comments() : std::vector<bool>{};
  }

 private:
  enum class State : unsigned char { code, line_comment, block_comment, string };

  bool starts(std::string_view what) const { return m_text.substr(m_at).starts_with(what); }
  bool step() {
    const char c = m_text[m_at];
    if (c == '\n') return end_line();
    if (c == '\\' && m_at + 1 < m_text.size() && m_text[m_at + 1] == '\n') {
      m_kinds.code();  // neither this line nor the next is judged
      m_kinds.next();
      m_kinds.code();
      m_at += 2;
      return true;
    }
    switch (m_state) {
      case State::code:
        return code(c);
      case State::line_comment:
        m_kinds.comment();
        break;
      case State::block_comment:
        m_kinds.comment();
        if (starts("*/")) {
          m_state = State::code;
          ++m_at;
        }
        break;
      case State::string:
        m_kinds.code();
        if (c == '\\' && m_quote != '`') ++m_at;
        else if (c == m_quote) m_state = State::code;
        break;
    }
    ++m_at;
    return true;
  }
  bool code(char c) {
    if (starts("//") || starts("/*")) {
      m_state = starts("//") ? State::line_comment : State::block_comment;
      m_kinds.comment();
      m_at += 2;
      return true;
    }
    if (!is_blank(c)) m_kinds.code();
    const bool separates_digits = c == '\'' && m_at > 0 && m_text[m_at - 1] >= '0' && m_text[m_at - 1] <= '9';
    if ((c == '"' || c == '\'' || (c == '`' && m_backquoted)) && !separates_digits) {
      m_state = State::string;
      m_quote = c;
    }
    ++m_at;
    return true;
  }
  bool end_line() {
    if (m_state == State::string && m_quote != '`') return false;
    if (m_state == State::string) m_kinds.code();
    if (m_state == State::line_comment) m_state = State::code;
    m_kinds.next();
    ++m_at;
    if (m_state == State::string) m_kinds.code();
    return true;
  }

  std::string_view m_text;
  bool m_backquoted;
  LineKinds m_kinds;
  State m_state = State::code;
  char m_quote = 0;
  std::size_t m_at = 0;
};

}  // namespace

std::vector<bool> c_comment_lines(std::string_view text, bool backquoted_strings) {
  return CLexer{text, backquoted_strings}.lines();
}

std::vector<bool> python_comment_lines(std::string_view text) {
  LineKinds kinds{text};
  std::string_view quote;
  for (std::size_t at = 0; at < text.size();) {
    const auto rest = text.substr(at);
    if (rest.front() == '\n') {
      if (quote.size() == 1) return {};
      kinds.next();
      if (!quote.empty()) kinds.code();
      ++at;
    } else if (rest.front() == '\\' && rest.size() > 1) {
      kinds.code();
      if (rest[1] == '\n') {
        kinds.next();
        kinds.code();
      }
      at += 2;
    } else if (!quote.empty()) {
      kinds.code();
      const bool ends = rest.starts_with(quote);
      at += ends ? quote.size() : 1;
      if (ends) quote = {};
    } else if (rest.front() == '#') {
      const auto line = rest.substr(0, std::min(rest.find('\n'), rest.size()));
      // The first two lines may name the interpreter and the encoding.
      if (line.starts_with("#!") || line.find("coding") != std::string_view::npos) kinds.code();
      kinds.comment();
      at += line.size();
    } else {
      if (!is_blank(rest.front())) kinds.code();
      if (rest.front() == '"' || rest.front() == '\'') {
        const bool triple = rest.size() >= 3 && rest[1] == rest[0] && rest[2] == rest[0];
        quote = rest.substr(0, triple ? 3 : 1);
        at += quote.size();
      } else {
        ++at;
      }
    }
  }
  return quote.empty() ? kinds.only_comments() : std::vector<bool>{};
}

CommentLines::CommentLines(std::string_view path, std::string_view text) {
  switch (language_of(path, text)) {
    case Language::none:
      break;
    case Language::shell:
      m_lines = shell_comment_lines(text);
      break;
    case Language::c:
      m_lines = c_comment_lines(text, false);
      break;
    case Language::go:
      // Directives of the compiler and of cgo, which reads the comment before its import as C, are comments to the language only.
      if (text.find("//go:") == std::string_view::npos && text.find("// +build") == std::string_view::npos &&
          text.find("\"C\"") == std::string_view::npos && text.find("//line ") == std::string_view::npos)
        m_lines = c_comment_lines(text, true);
      break;
    case Language::python:
      // "Inline script metadata" (PEP 723) says in comments what is to be installed.
      if (text.find("# /// ") == std::string_view::npos) m_lines = python_comment_lines(text);
      break;
    case Language::make:
      m_lines = make_comment_lines(text);
      break;
    case Language::m4:
      m_lines = m4_comment_lines(text, false);
      break;
    case Language::configure_input:
      m_lines = m4_comment_lines(text, true);
      break;
    case Language::roff:
      m_lines = line_by_line(text, [](std::string_view line) { return starts_with_any(line, {".\\\"", "'\\\""}); });
      break;
  }
}

}  // namespace assay::provenance
