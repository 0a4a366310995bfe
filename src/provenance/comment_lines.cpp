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

Language language_by_name(std::string_view path) {
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
  if (extension == "py") return Language::python;
  if (extension == "sh") return Language::shell;
  return Language::none;
}

/// The interpreter is what reads the file. One that its name speaks against is read as neither.
Language language_of(std::string_view path, std::string_view text) {
  const auto by_name = language_by_name(path);
  if (!text.starts_with("#!")) return by_name;
  const auto interpreter = interpreter_of(text);
  auto language = Language::none;
  if (interpreter.starts_with("python")) language = Language::python;
  if (is_one_of(interpreter, {"sh", "bash", "dash", "ksh"})) language = Language::shell;
  return by_name == Language::none || by_name == language ? language : Language::none;
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

/// In a rule's commands a comment is the shell's; in a `define` it may be any of the two, and with another prefix of commands any line
/// may be one. config.status may put lines in `@NAME@`.
std::vector<bool> make_comment_lines(std::string_view text) {
  const auto lines = exact_lines(text);
  if (std::any_of(lines.begin(), lines.end(), begins_definition)) return {};
  if (text.find(".RECIPEPREFIX") != std::string_view::npos) return {};
  return line_by_line(text, [](std::string_view line) {
    const auto start = line.find_first_not_of(' ');
    return start != std::string_view::npos && line[start] == '#' && line.find('@') == std::string_view::npos;
  });
}

bool is_name_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// The word `dnl`, which takes away the rest of its line. `xdnl` and `dnl_x` are words of their own.
bool is_dnl(std::string_view line, std::size_t at) {
  return line.substr(at).starts_with("dnl") && (at == 0 || !is_name_byte(line[at - 1])) &&
         (at + 3 == line.size() || !is_name_byte(line[at + 3]));
}

/// A file of Autoconf's macros, which nothing but aclocal and autom4te read. Of any other file plain m4 prints what stands outside of
/// macros: `#define KEY` in it may be code.
bool defines_macros_of_autoconf(std::string_view text) {
  const auto lines = exact_lines(text);
  return std::any_of(lines.begin(), lines.end(), [](std::string_view line) {
    const auto start = line.find_first_not_of(" \t");
    return start != std::string_view::npos &&
           starts_with_any(line.substr(start), {"AC_DEFUN(", "AC_DEFUN_ONCE(", "AU_DEFUN(", "gl_MODULES("});
  });
}

/// Outside of all quotations and arguments. What stands there in a file of macros goes nowhere, and an argument's `#` goes where the
/// macro has it; in configure.ac it goes into the script, so that only `dnl` is a comment for certain.
std::vector<bool> m4_comment_lines(std::string_view text, bool goes_into_script) {
  for (const std::string_view unclear : {"changequote", "changecom", "indir(", "builtin(", "[dnl]"})
    if (text.find(unclear) != std::string_view::npos) return {};
  std::vector<bool> comments;
  long depth = 0, parentheses = 0;
  for (const auto line : exact_lines(text)) {
    const auto start = std::min(line.find_first_not_of(" \t"), line.size());
    const auto rest = line.substr(start);
    const bool dnl = rest == "dnl" || rest.starts_with("dnl ");
    const bool comment = depth == 0 && (dnl || (rest.starts_with('#') && parentheses == 0));
    comments.push_back(comment && (dnl || !goes_into_script));
    if (comment) continue;
    for (std::size_t at = 0; at < line.size(); ++at) {
      if (depth == 0 && (line[at] == '#' || is_dnl(line, at))) break;
      if (line[at] == '[') ++depth;
      if (line[at] == ']') --depth;
      if (depth == 0 && !goes_into_script && line[at] == '(') ++parentheses;
      if (depth == 0 && !goes_into_script && line[at] == ')') --parentheses;
      if (depth < 0 || parentheses < 0) return {};
    }
  }
  return depth == 0 && parentheses == 0 ? comments : std::vector<bool>{};
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
    if (is_unclear()) return {};
    begin_line();
    while (m_at < m_text.size())
      if (!step()) return {};
    return m_state == State::code ? m_kinds.only_comments() : std::vector<bool>{};
  }

 private:
  enum class State : unsigned char { code, line_comment, block_comment, string };

  bool starts(std::string_view what) const { return m_text.substr(m_at).starts_with(what); }
  char ahead(std::size_t places) const { return m_at + places < m_text.size() ? m_text[m_at + places] : '\0'; }
  char before() const { return m_at > 0 ? m_text[m_at - 1] : '\0'; }

  /// Trigraphs, raw strings, what C89 takes for a division, blanks behind a backslash that some compilers pass over: a line does not
  /// say what it is. A comment of Go's before `import "C"` is C.
  bool is_unclear() const {
    for (const std::string_view unclear : {"R\"", "//*", "\r", "\\ ", "\\\t", "\\\v", "\\\f"})
      for (auto at = m_text.find(unclear); at != std::string_view::npos; at = m_text.find(unclear, at + 1)) {
        if (unclear[0] != '\\') return true;
        const auto next = m_text.find_first_not_of(" \t\v\f", at + 1);
        if (next != std::string_view::npos && m_text[next] == '\n') return true;
      }
    for (auto at = m_text.find("\?\?"); at != std::string_view::npos; at = m_text.find("\?\?", at + 1))
      if (at + 2 < m_text.size() && std::string_view{"=/'()!<>-"}.find(m_text[at + 2]) != std::string_view::npos)
        return true;
    return m_backquoted && m_text.find("\"C\"") != std::string_view::npos;
  }
  /// Lines are joined before anything else is told: `*\`, `/` end a comment, `/\`, `*` begin one, `R\`, `"` is a raw string.
  bool splice() {
    const bool prefix = is_name_byte(before()) && (ahead(2) == '"' || ahead(2) == '\'' || ahead(2) == '\\');
    if (m_state == State::code && ((before() == '/' && m_at != m_comment_end) || prefix)) return false;
    if (m_state == State::block_comment && before() == '*') return false;
    m_kinds.code();  // neither this line nor the next is judged
    m_kinds.next();
    m_kinds.code();
    m_at += 2;
    return true;
  }
  bool step() {
    const char c = m_text[m_at];
    if (c == '\n') return end_line();
    if (c == '\\' && ahead(1) == '\n') return splice();
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
          m_comment_end = m_at + 1;
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
  /// Directives to a compiler that look like comments: `//go:embed`, `// +build`. The first line of a C file may be one that a shell
  /// runs: `//bin/true`.
  bool says_something() const {
    if (!m_backquoted && (m_at != 0 || !starts("//"))) return false;
    auto text = m_text.substr(m_at + 2);
    if (!m_backquoted) {
      const auto word = std::min(text.find_first_not_of('/'), text.size() - 1);
      return !text.empty() && !is_blank(text[word]) && text[word] != '\n';
    }
    text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
    return starts_with_any(text, {"go:", "line ", "export ", "extern ", "+build"});
  }
  void begin_line() {
    m_directive = !m_backquoted && is_directive();
    m_angle = false;
  }
  /// May there be a `<name>` in this line, in which no comment begins and no string?
  bool is_directive() const {
    constexpr std::string_view k_blanks = " \t\v\f";
    auto line = m_text.substr(std::min(m_text.find_first_not_of(k_blanks, m_at), m_text.size()));
    if (starts_with_any(line, {"import", "export"})) return true;
    if (!starts_with_any(line, {"#", "%:"})) return false;
    line.remove_prefix(std::min(line.find_first_not_of("#%: \t\v\f"), line.size()));
    line = line.substr(0, line.find('\n'));
    if (starts_with_any(line, {"if", "elif"})) return line.find("__has_") != std::string_view::npos;
    return !line.starts_with("define");
  }
  /// Behind the digits of a number, where a `'` separates digits to some compilers and begins a character to others.
  bool behind_number() const {
    auto start = m_at;
    while (start > 0 && (is_name_byte(m_text[start - 1]) || m_text[start - 1] == '.')) --start;
    return start < m_at && (m_text[start] == '.' || (m_text[start] >= '0' && m_text[start] <= '9'));
  }
  bool code(char c) {
    const bool comment = starts("//") || starts("/*");
    const bool quote = c == '"' || c == '\'' || (c == '`' && m_backquoted);
    if ((comment || quote) && m_angle && m_directive) return false;
    if (comment) {
      m_state = starts("//") ? State::line_comment : State::block_comment;
      if (says_something()) m_kinds.code();
      m_kinds.comment();
      m_at += 2;
      return true;
    }
    if (!is_blank(c)) m_kinds.code();
    if (c == '<' || c == '>') m_angle = c == '<';
    if (quote) {
      if (c == '\'' && behind_number()) return false;
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
    begin_line();
    return true;
  }

  std::string_view m_text;
  bool m_backquoted;
  LineKinds m_kinds;
  State m_state = State::code;
  bool m_directive = false;  ///< `#include` and the like
  bool m_angle = false;      ///< behind a `<` of the line that no `>` ends
  char m_quote = 0;
  std::size_t m_at = 0;
  std::size_t m_comment_end = 0;
};

}  // namespace

std::vector<bool> c_comment_lines(std::string_view text, bool backquoted_strings) {
  return CLexer{text, backquoted_strings}.lines();
}

namespace {

/// Do Python's versions agree where that text within the quotes of an `f""` ends? From 3.12 on a quote may stand in its braces.
bool is_plain_in_braces(std::string_view text) {
  long depth = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    const bool twice = at + 1 < text.size() && text[at + 1] == c;
    if (depth == 0 && (c == '{' || c == '}') && twice) {
      ++at;
    } else if (c == '{') {
      ++depth;
    } else if (c == '}') {
      --depth;
    } else if (depth > 0 && std::string_view{"'\"#\\\n"}.find(c) != std::string_view::npos) {
      return false;
    }
    if (depth < 0 || (depth > 0 && c == '}' && twice)) return false;
  }
  return depth == 0;
}

/// Does the word before a quote make it an `f""`, or may it?
bool is_formatted(std::string_view before) {
  auto start = before.size();
  while (start > 0 && is_name_byte(before[start - 1])) --start;
  return before.find_first_of("fFtT", start) != std::string_view::npos;
}

/// Another encoding than ASCII's relatives may have line ends in what looks like a comment, and so has a carriage return; a comment
/// may hold the packages that a script asks for.
bool is_unclear_python(std::string_view text) {
  if (text.find('\r') != std::string_view::npos || text.find("# /// ") != std::string_view::npos) return true;
  for (auto at = text.find("coding"); at != std::string_view::npos; at = text.find("coding", at + 1)) {
    if (std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n') > 1) return false;
    auto name = text.substr(at + 6);
    if (!name.starts_with(':') && !name.starts_with('=')) continue;
    name.remove_prefix(std::min(name.find_first_not_of(":= \t"), name.size()));
    const auto word = ascii_lower(name.substr(0, name.find_first_of(" \t\n;")));
    if (!is_one_of(word,
                   {"utf-8", "utf8", "utf_8", "ascii", "us-ascii", "latin-1", "latin1", "iso-8859-1", "iso-8859-15"}))
      return true;
  }
  return false;
}

}  // namespace

std::vector<bool> python_comment_lines(std::string_view text) {
  if (is_unclear_python(text)) return {};
  LineKinds kinds{text};
  std::string_view quote;
  std::size_t began = 0;
  bool formatted = false;
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
      if (ends && formatted && !is_plain_in_braces(text.substr(began, at - began))) return {};
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
        formatted = is_formatted(text.substr(0, at));
        at += quote.size();
        began = at;
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
      m_lines = c_comment_lines(text, true);
      break;
    case Language::python:
      m_lines = python_comment_lines(text);
      break;
    case Language::make:
      m_lines = make_comment_lines(text);
      break;
    case Language::m4:
      // In plain m4's quotes `dnl` is a word like others.
      if (const bool macros = defines_macros_of_autoconf(text); macros || text.find('`') == std::string_view::npos)
        m_lines = m4_comment_lines(text, !macros);
      break;
    case Language::configure_input:
      m_lines = m4_comment_lines(text, true);
      break;
    case Language::roff:
      m_lines = line_by_line(text, [](std::string_view line) { return starts_with_any(line, {".\\\"", "'\\\""}); });
      break;
  }
}

bool begins_definition(std::string_view line) {
  while (true) {
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
    const auto word = line.substr(0, line.find_first_of(" \t"));
    if (word == "define") return true;
    if (!is_one_of(word, {"override", "export", "unexport", "private"})) return false;
    line.remove_prefix(word.size());
  }
}

}  // namespace assay::provenance
