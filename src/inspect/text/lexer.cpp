#include "inspect/text/lexer.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace assay::inspect {

namespace {

bool is_word(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}
bool is_blank(char c) noexcept {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/// Walks through a text; what a language's rules recognise is cut out, the rest is code.
class Lexer {
 public:
  Lexer(std::string_view text, const std::function<void(const Token&)>& see) : m_text(text), m_see(see) {}

  void run(Language language) {
    while (m_at < m_text.size()) {
      const auto before = m_at;
      step(language);
      if (m_at == before) take_code();
    }
    end_code();
  }

 private:
  char at(std::size_t i) const noexcept { return i < m_text.size() ? m_text[i] : '\0'; }
  bool here(std::string_view word) const noexcept { return m_text.substr(m_at, word.size()) == word; }
  bool at_line_start() const noexcept {
    auto i = m_at;
    while (i > 0 && (m_text[i - 1] == ' ' || m_text[i - 1] == '\t')) --i;
    return i == 0 || m_text[i - 1] == '\n';
  }
  bool after_blank() const noexcept {
    return m_at == 0 || is_blank(m_text[m_at - 1]) ||
           std::string_view{";&|()"}.find(m_text[m_at - 1]) != std::string_view::npos;
  }

  void step(Language language) {
    switch (language) {
      case Language::c:
        return step_c();
      case Language::javascript:
        return step_javascript();
      case Language::python:
        return step_python();
      case Language::shell:
        return step_shell();
      case Language::m4:
        return step_m4();
      case Language::make:
        return step_make();
      case Language::cmake:
        return step_cmake();
      case Language::none:
        return;
    }
  }

  void step_c() {
    if (here("//")) return token(TokenKind::comment, end_of_line(true));
    if (here("/*")) return token(TokenKind::comment, after("*/", m_at + 2));
    if (here("R\"") && (m_at == 0 || !is_word(m_text[m_at - 1]))) return raw_string();
    if (here("\"")) return token(TokenKind::string, end_of_quoted('"', false));
    // 1'000 is a number of C++14, not the beginning of a character.
    if (here("'") && (m_at == 0 || !is_word(m_text[m_at - 1])))
      return token(TokenKind::string, end_of_quoted('\'', false));
  }
  void raw_string() {
    const auto open = m_text.find('(', m_at + 2);
    if (open == std::string_view::npos || open - m_at > 18) return token(TokenKind::string, end_of_quoted('"', false));
    const auto mark = ")" + std::string{m_text.substr(m_at + 2, open - m_at - 2)} + "\"";
    token(TokenKind::string, after(mark, open));
  }
  void step_javascript() {
    if (here("//")) return token(TokenKind::comment, end_of_line(false));
    if (here("/*")) return token(TokenKind::comment, after("*/", m_at + 2));
    if (here("`")) return token(TokenKind::string, end_of_quoted('`', true));
    if (here("\"") || here("'")) return token(TokenKind::string, end_of_quoted(at(m_at), false));
  }
  void step_python() {
    if (here("#")) return token(TokenKind::comment, end_of_line(false));
    if (here("\"\"\"") || here("'''")) return token(TokenKind::string, after(m_text.substr(m_at, 3), m_at + 3));
    if (here("\"") || here("'")) return token(TokenKind::string, end_of_quoted(at(m_at), false));
  }
  void step_shell() {
    if (here("\\") && m_at + 1 < m_text.size()) return skip(2);
    if (here("#") && after_blank()) return token(TokenKind::comment, end_of_line(false));
    if (here("'")) return token(TokenKind::string, after("'", m_at + 1));
    if (here("\"")) return token(TokenKind::string, end_of_quoted('"', true));
  }
  void step_m4() {
    if (here("dnl") && (m_at == 0 || !is_word(m_text[m_at - 1])) && !is_word(at(m_at + 3)))
      return token(TokenKind::comment, end_of_line(false));
    if (here("#") && after_blank()) return token(TokenKind::comment, end_of_line(false));
    if (here("\"")) return token(TokenKind::string, std::min(end_of_quoted('"', false), end_of_line(false)));
  }
  void step_make() {
    if (here("\\#")) return skip(2);
    if (here("#") && (at_line_start() || after_blank())) return token(TokenKind::comment, end_of_line(true));
    if (here("\"") || here("'"))
      return token(TokenKind::string, std::min(end_of_quoted(at(m_at), false), end_of_line(false)));
  }
  void step_cmake() {
    if (here("#") && at(m_at + 1) == '[') {
      if (const auto close = bracket_end(m_at + 1); close != 0) return token(TokenKind::comment, close);
    }
    if (here("#")) return token(TokenKind::comment, end_of_line(false));
    if (here("[")) {
      if (const auto close = bracket_end(m_at); close != 0) return token(TokenKind::string, close);
    }
    if (here("\"")) return token(TokenKind::string, end_of_quoted('"', true));
  }
  /// Behind the end of `[==[ … ]==]` that begins at `open`; 0 if none does.
  std::size_t bracket_end(std::size_t open) const {
    auto i = open + 1;
    while (at(i) == '=') ++i;
    if (at(i) != '[' || i - open > 64) return 0;
    return after("]" + std::string(i - open - 1, '=') + "]", i + 1);
  }

  /// Behind the line (at its line feed); a backslash before the line feed continues it if `continued`.
  std::size_t end_of_line(bool continued) const {
    auto end = m_text.find('\n', m_at);
    while (continued && end != std::string_view::npos && end > 0 &&
           (m_text[end - 1] == '\\' || (end > 1 && m_text[end - 1] == '\r' && m_text[end - 2] == '\\')))
      end = m_text.find('\n', end + 1);
    return end == std::string_view::npos ? m_text.size() : end;
  }
  std::size_t after(std::string_view mark, std::size_t from) const {
    const auto found = m_text.find(mark, from);
    return found == std::string_view::npos ? m_text.size() : found + mark.size();
  }
  /// Behind the closing quote. One that is missing ends at the line's end, unless strings may span lines.
  std::size_t end_of_quoted(char quote, bool spans) const {
    for (auto i = m_at + 1; i < m_text.size(); ++i) {
      if (m_text[i] == '\\') ++i;
      else if (m_text[i] == quote) return i + 1;
      else if (m_text[i] == '\n' && !spans) return i;
    }
    return m_text.size();
  }

  void skip(std::size_t count) { m_at = std::min(m_at + count, m_text.size()); }
  void take_code() {
    if (m_text[m_at++] == '\n') end_code();
  }
  void end_code() {
    if (m_at > m_code) emit(TokenKind::code, m_code, m_at);
    m_code = m_at;
  }
  void token(TokenKind kind, std::size_t end) {
    const auto begin = m_at;
    if (begin > m_code) emit(TokenKind::code, m_code, begin);
    m_at = std::max(end, begin + 1);
    emit(kind, begin, m_at);
    m_code = m_at;
  }
  void emit(TokenKind kind, std::size_t begin, std::size_t end) {
    const auto text = m_text.substr(begin, end - begin);
    m_see({kind, begin, m_line, text});
    m_line += static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
  }

  const std::string_view m_text;
  const std::function<void(const Token&)>& m_see;
  std::size_t m_at = 0;
  std::size_t m_code = 0;  ///< where the code that was not given yet begins
  std::uint64_t m_line = 1;
};

struct Suffix {
  std::string_view suffix;
  Language language;
};
constexpr Suffix k_suffixes[] = {{".c", Language::c},
                                 {".h", Language::c},
                                 {".cc", Language::c},
                                 {".cpp", Language::c},
                                 {".cxx", Language::c},
                                 {".hpp", Language::c},
                                 {".hh", Language::c},
                                 {".hxx", Language::c},
                                 {".inc", Language::c},
                                 {".y", Language::c},
                                 {".l", Language::c},
                                 {".sh", Language::shell},
                                 {".bash", Language::shell},
                                 {".m4", Language::m4},
                                 {".ac", Language::m4},
                                 {".py", Language::python},
                                 {".js", Language::javascript},
                                 {".mjs", Language::javascript},
                                 {".cjs", Language::javascript},
                                 {".ts", Language::javascript},
                                 {".am", Language::make},
                                 {".mk", Language::make},
                                 {".mak", Language::make},
                                 {".cmake", Language::cmake}};

}  // namespace

std::string_view to_string(Language language) noexcept {
  constexpr std::string_view k_names[] = {"text", "C or C++", "shell", "m4", "Python", "JavaScript", "make", "CMake"};
  return k_names[static_cast<std::size_t>(language)];
}

std::string_view to_string(TokenKind kind) noexcept {
  constexpr std::string_view k_names[] = {"code", "a comment", "a string"};
  return k_names[static_cast<std::size_t>(kind)];
}

bool is_translation(std::string_view path, std::string_view text) noexcept {
  if (!path.ends_with(".ts")) return false;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
  return text.starts_with("<?xml") || text.starts_with("<!DOCTYPE TS");
}

Language language_of(std::string_view path, std::string_view text) noexcept {
  auto name = path_basename(path);
  while (name.ends_with(".in") && name.size() > 3) name.remove_suffix(3);
  if (name == "CMakeLists.txt") return Language::cmake;
  if (name == "configure" || name == "config.status" || name == "libtool") return Language::shell;
  if (name == "Makefile" || name == "makefile" || name == "GNUmakefile" || name.starts_with("Makefile.") ||
      name.starts_with("makefile."))
    return Language::make;
  if (is_translation(name, text)) return Language::none;
  for (const auto& [suffix, language] : k_suffixes)
    if (name.ends_with(suffix) && name.size() > suffix.size()) return language;
  if (!text.starts_with("#!")) return Language::none;
  const auto first = text.substr(0, std::min<std::size_t>(text.find('\n'), 200));
  if (first.find("python") != std::string_view::npos) return Language::python;
  if (first.find("node") != std::string_view::npos) return Language::javascript;
  if (first.find("make") != std::string_view::npos) return Language::make;
  return first.find("sh") != std::string_view::npos ? Language::shell : Language::none;
}

void tokenise(Language language, std::string_view text, const std::function<void(const Token&)>& see) {
  Lexer{text, see}.run(language);
}

}  // namespace assay::inspect
