#include "provenance/configure_scope.hpp"

#include <algorithm>
#include <string>

#include "base/text.hpp"

namespace assay::provenance {

namespace {

bool is_word_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// m4's own comment: the word `dnl`, up to the end of the line.
bool is_dnl(std::string_view line, std::size_t at) {
  return line.substr(at).starts_with("dnl") && (at == 0 || !is_word_byte(line[at - 1])) &&
         (at + 3 >= line.size() || !is_word_byte(line[at + 3]));
}

bool begins_block(std::string_view word) {
  return word == "if" || word == "case" || word == "while" || word == "until" || word == "for" || word == "{";
}
bool ends_block(std::string_view word) {
  return word == "fi" || word == "esac" || word == "done" || word == "}";
}

}  // namespace

void ConfigureScope::pass(std::string_view line) {
  std::string shell;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (m_quotes == 0 && (line[i] == '#' || is_dnl(line, i))) break;
    if (line[i] == '[') ++m_quotes;
    else if (line[i] == ']') --m_quotes;
    else if (m_quotes == 0) shell += line[i];
    if (m_quotes < 0) m_lost = true;
  }
  m_lost = m_lost || shell.find("changequote") != std::string::npos;
  pass_shell(shell);
}

void ConfigureScope::pass_shell(std::string_view shell) {
  const auto before = m_calls;
  m_calls += std::count(shell.begin(), shell.end(), '(') - std::count(shell.begin(), shell.end(), ')');
  // Words that begin and end blocks, wherever they stand: one in a text for people is taken for a block, and what follows for guarded.
  constexpr std::string_view k_blanks = " \t;&|";
  for (auto at = shell.find_first_not_of(k_blanks); at != std::string_view::npos;) {
    const auto end = std::min(shell.find_first_of(k_blanks, at), shell.size());
    const auto word = shell.substr(at, end - at);
    if (begins_block(word) && m_blocks++ == 0) m_calls_before_block = before;
    if (ends_block(word) && --m_blocks == 0) m_calls = m_calls_before_block;
    m_lost = m_lost || m_blocks < 0;
    at = shell.find_first_not_of(k_blanks, end);
  }
  // `test … && AC_SUBST(…)` goes on behind the end of a line.
  const auto text = normalise_line(shell);
  m_lost = m_lost || text.ends_with('\\') || text.ends_with("&&") || text.ends_with("||");
}

}  // namespace assay::provenance
