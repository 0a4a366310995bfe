// A lexer of the shell as far as quoting goes (POSIX.1 XCU 2.2, 2.7.4): words, strings, substitutions, here-documents. What shells
// read in different ways it does not read at all.
#include <algorithm>
#include <string>

#include "provenance/comment_lines.hpp"
#include "provenance/exact_lines.hpp"

namespace assay::provenance {

namespace {

class ShellLexer {
 public:
  explicit ShellLexer(std::string_view text) : m_text(text) {}

  std::vector<bool> lines() {
    m_comment.resize(exact_lines(m_text).size(), false);
    while (m_at < m_text.size())
      if (!step()) return {};
    return m_open.empty() && m_documents.empty() ? std::move(m_comment) : std::vector<bool>{};
  }

 private:
  enum class Open : unsigned char { string, backquote, command, arithmetic, parameter };
  struct Document {
    std::string word;
    bool tabs = false;
  };
  static constexpr std::size_t k_deepest = 64;

  bool inside(Open open) const { return std::find(m_open.begin(), m_open.end(), open) != m_open.end(); }
  bool in_code() const { return m_open.empty() || m_open.back() == Open::backquote || m_open.back() == Open::command; }
  bool starts(std::string_view word) const { return m_text.substr(m_at).starts_with(word); }
  bool at_word_start() const {
    return m_at == 0 || std::string_view{" \t\n;&|()`"}.find(m_text[m_at - 1]) != std::string_view::npos;
  }
  bool push(Open open, std::size_t size) {
    m_at += size;
    m_open.push_back(open);
    if (open == Open::command || open == Open::arithmetic) m_parentheses.push_back(open == Open::arithmetic ? 2 : 1);
    return m_open.size() <= k_deepest;
  }
  bool pop() {
    m_open.pop_back();
    ++m_at;
    return true;
  }

  bool step() {
    const char c = m_text[m_at];
    if (c == '\n') return end_line();
    if (c == '\\') return escape();
    if (starts("$(") && !starts("$((")) return push(Open::command, 2);
    if (starts("$((")) return push(Open::arithmetic, 3);
    if (starts("${")) return push(Open::parameter, 2);
    if (c == '`') return backquote();
    if (c == '"') return !m_open.empty() && m_open.back() == Open::string ? pop() : push(Open::string, 1);
    if (!m_open.empty() && m_open.back() == Open::string) return ++m_at, true;
    if (!m_open.empty() && m_open.back() == Open::parameter) return parameter(c);
    return code(c);
  }

  bool code(char c) {
    if (c == '\'') return literal();
    if (c == '#' && in_code() && at_word_start()) return comment();
    if (c == '<' && in_code() && starts("<<")) return document();
    if ((c == '(' || c == ')') && !m_open.empty() && m_open.back() != Open::backquote) return parenthesis(c);
    // The parentheses of its patterns have no partners.
    if (c == 'c' && inside(Open::command) && at_word_start() && starts("case ")) return false;
    ++m_at;
    return true;
  }
  bool parameter(char c) {
    if (c == '}') return pop();
    if (c != '\'') return ++m_at, true;
    return !inside(Open::string) && literal();  // within a string shells disagree
  }
  bool parenthesis(char c) {
    auto& depth = m_parentheses.back();
    depth += c == '(' ? 1 : -1;
    if (depth > 0) return ++m_at, true;
    m_parentheses.pop_back();
    return pop();
  }
  bool backquote() {
    if (!inside(Open::backquote)) return push(Open::backquote, 1);
    return m_open.back() == Open::backquote && pop();
  }
  bool escape() {
    // What it continues begins no comment; the line after it is not judged.
    if (m_at + 1 < m_text.size() && m_text[m_at + 1] == '\n') {
      m_at += 2;
      ++m_line;
      m_continues = true;
      return true;
    }
    m_at += 2;
    return true;
  }
  bool literal() {
    const bool dollar = m_at > 0 && m_text[m_at - 1] == '$';
    const auto end = m_text.find('\'', m_at + 1);
    if (end == std::string_view::npos) return false;
    if (dollar && m_text[end - 1] == '\\') return false;  // bash goes on where sh has its end
    m_line += static_cast<std::size_t>(std::count(m_text.begin() + static_cast<std::ptrdiff_t>(m_at),
                                                  m_text.begin() + static_cast<std::ptrdiff_t>(end), '\n'));
    m_at = end + 1;
    return true;
  }
  bool comment() {
    const auto end = std::min(m_text.find('\n', m_at), m_text.size());
    const auto text = m_text.substr(m_at, end - m_at);
    if (!m_open.empty() && text.find_first_of("`)") != std::string_view::npos) return false;
    const auto start = m_at == 0 ? 0 : m_text.rfind('\n', m_at - 1) + 1;
    const bool alone = m_text.find_first_not_of(" \t", start) == m_at;
    if (alone && m_open.empty() && !m_continues && !text.starts_with("#!")) m_comment[m_line] = true;
    m_at = end;
    return true;
  }
  bool document() {
    m_at += 2;
    if (starts("<")) return ++m_at, true;  // a string, not a document
    Document document;
    document.tabs = starts("-");
    if (document.tabs) ++m_at;
    m_at = std::min(m_text.find_first_not_of(" \t", m_at), m_text.size());
    const auto end = std::min(m_text.find_first_of(" \t\n;|&<>()`", m_at), m_text.size());
    for (; m_at < end; ++m_at)
      if (std::string_view{"'\"\\"}.find(m_text[m_at]) == std::string_view::npos) document.word += m_text[m_at];
    if (document.word.empty() || document.word.find_first_of("${}[]") != std::string::npos) return false;
    m_documents.push_back(std::move(document));
    return m_documents.size() <= k_deepest;
  }
  bool end_line() {
    ++m_at;
    ++m_line;
    m_continues = false;
    if (m_documents.empty()) return true;
    if (!in_code()) return false;
    for (const auto& document : m_documents)
      if (!skip(document)) return false;
    m_documents.clear();
    return true;
  }
  bool skip(const Document& document) {
    while (m_at < m_text.size()) {
      const auto end = std::min(m_text.find('\n', m_at), m_text.size());
      auto line = m_text.substr(m_at, end - m_at);
      m_at = std::min(end + 1, m_text.size());
      ++m_line;
      if (document.tabs) line.remove_prefix(std::min(line.find_first_not_of('\t'), line.size()));
      if (line == document.word) return true;
    }
    return false;
  }

  std::string_view m_text;
  std::size_t m_at = 0;
  std::size_t m_line = 0;
  bool m_continues = false;
  std::vector<Open> m_open;
  std::vector<int> m_parentheses;  ///< of each substitution that is open
  std::vector<Document> m_documents;
  std::vector<bool> m_comment;
};

}  // namespace

std::vector<bool> shell_comment_lines(std::string_view text) {
  return ShellLexer{text}.lines();
}

}  // namespace assay::provenance
