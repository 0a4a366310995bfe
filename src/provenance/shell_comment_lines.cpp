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
    bool expanded = false;  ///< no part of the word is quoted
  };
  static constexpr std::size_t k_deepest = 64;

  static bool is_word_byte(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  }

  /// The byte that many places on, or 0.
  char ahead(std::size_t places) const { return m_at + places < m_text.size() ? m_text[m_at + places] : '\0'; }
  char before() const { return m_at > 0 ? m_text[m_at - 1] : '\n'; }
  bool inside(Open open) const { return std::find(m_open.begin(), m_open.end(), open) != m_open.end(); }
  bool is_in(Open open) const { return !m_open.empty() && m_open.back() == open; }
  bool has_quoted_backquote() const {
    const auto string = std::find(m_open.begin(), m_open.end(), Open::string);
    return std::find(string, m_open.end(), Open::backquote) != m_open.end();
  }
  bool in_code() const { return m_open.empty() || is_in(Open::backquote) || is_in(Open::command); }
  bool starts(std::string_view word) const { return m_text.substr(m_at).starts_with(word); }
  bool at_word_start() const {
    return m_at != m_within_word && std::string_view{" \t\n;&|()`"}.find(before()) != std::string_view::npos;
  }
  bool push(Open open, std::size_t size) {
    m_at += size;
    m_open.push_back(open);
    if (open == Open::command || open == Open::arithmetic) m_parentheses.push_back(open == Open::arithmetic ? 2 : 1);
    return m_open.size() <= k_deepest;
  }
  /// What comes behind a substitution belongs to its word. A document that began in it would end with it in some shells.
  bool pop() {
    if (in_code() && !m_documents.empty()) return false;
    m_open.pop_back();
    m_within_word = ++m_at;
    return true;
  }

  bool step() {
    const char c = m_text[m_at];
    if (c == '\n') return end_line();
    if (c == '\\') return escape();
    if (starts("$[")) return false;  // arithmetic, in some shells
    if (starts("$(") && !starts("$((")) return push(Open::command, 2);
    if (starts("$((")) return push(Open::arithmetic, 3);
    if (starts("${")) return push(Open::parameter, 2);
    if (is_in(Open::arithmetic) && !is_arithmetic(c)) return false;
    if (c == '`') return backquote();
    if (c == '"') return is_in(Open::string) ? pop() : push(Open::string, 1);
    if (is_in(Open::string)) return ++m_at, true;
    if (is_in(Open::parameter)) return parameter(c);
    return code(c);
  }

  /// `$((` begins commands too, and then there may be quotes and comments.
  static bool is_arithmetic(char c) {
    return is_word_byte(c) || std::string_view{" \t$()+-*/%<>=!&|^~?:,"}.find(c) != std::string_view::npos;
  }
  bool code(char c) {
    if (c == '\'') return literal();
    if (c == '#' && in_code()) {
      // What stands there may be a pattern, a process substitution, or a word that goes on.
      if (before() == '(' || before() == ')' || m_at == m_spliced) return false;
      if (at_word_start()) return comment();
    }
    if (c == '<' && in_code() && starts("<<")) return document();
    if (c == '(' && in_code() && starts("((")) return false;  // shells differ: arithmetic, or one in the other
    if ((c == '(' || c == ')') && !m_open.empty() && m_open.back() != Open::backquote) return parenthesis(c);
    if (c == 'a' && in_code() && at_word_start() && starts("alias ")) return alias();
    // The parentheses of its patterns have no partners.
    if (c == 'c' && inside(Open::command) && at_word_start() && starts("case ")) return false;
    ++m_at;
    return true;
  }
  /// A word may stand for a quote from there on. That of every configure script is zsh's.
  bool alias() {
    constexpr std::string_view k_of_zsh = R"sh(alias -g '${1+"$@"}'='"$@"')sh";
    if (!starts(k_of_zsh)) return false;
    m_at += k_of_zsh.size();
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

  /// Within backquotes `\\`, `\$` and `` \` `` lose their backslash before anything else is looked at.
  std::size_t size_of_byte() const {
    const bool taken = inside(Open::backquote) && ahead(0) == '\\' && (ahead(1) == '\\' || ahead(1) == '$');
    return taken ? 2 : 1;
  }
  bool escape() {
    if (is_in(Open::arithmetic)) return false;
    if (inside(Open::backquote)) {
      // One within another; and what depends on the quotes around them all.
      if (ahead(1) == '`' || (ahead(1) == '"' && has_quoted_backquote())) return false;
      if (ahead(1) == '$') return ++m_at, true;
    }
    const char last = before();
    m_at += size_of_byte();
    if (ahead(0) == '\n') return splice(last);
    if (ahead(0) == '\\' && inside(Open::backquote) && ahead(1) == '`') return false;
    m_at += size_of_byte();
    m_within_word = m_at;
    return true;
  }
  /// A line is joined with the next before words are told: `<\`, `<E` is a here-document. The line after it is not judged.
  bool splice(char last) {
    const char next = ahead(1);
    if (std::string_view{"$\\{<("}.find(last) != std::string_view::npos) return false;
    if (!is_in(Open::string) && is_word_byte(last) && is_word_byte(next)) return false;
    ++m_at;
    ++m_line;
    m_continues = true;
    if (last != ' ' && last != '\t') m_spliced = m_at;
    return true;
  }
  bool literal() {
    const bool dollar = before() == '$';
    const auto end = m_text.find('\'', m_at + 1);
    if (end == std::string_view::npos) return false;
    if (dollar && m_text[end - 1] == '\\') return false;  // bash goes on where sh has its end
    const auto text = m_text.substr(m_at, end - m_at);
    if (inside(Open::backquote) && text.find('`') != std::string_view::npos) return false;  // is the end of those
    m_line += static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
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
    auto word = m_text.substr(m_at, end - m_at);
    m_at = end;
    document.expanded = !word.empty() && is_word_byte(word.front());
    if (word.starts_with('\\')) word.remove_prefix(1);
    else if (word.size() > 2 && (word.front() == '\'' || word.front() == '"') && word.back() == word.front())
      word = word.substr(1, word.size() - 2);
    // Any other quoting has more ways to be read than are worth knowing.
    const auto plain = [](char c) {
      return is_word_byte(c) || std::string_view{"-.+%@!:"}.find(c) != std::string_view::npos;
    };
    if (word.empty() || !std::all_of(word.begin(), word.end(), plain)) return false;
    document.word = word;
    m_documents.push_back(std::move(document));
    return m_documents.size() <= k_deepest;
  }
  bool end_line() {
    if (is_in(Open::arithmetic)) return false;
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
    bool joined = false;
    while (m_at < m_text.size()) {
      const auto end = std::min(m_text.find('\n', m_at), m_text.size());
      auto line = m_text.substr(m_at, end - m_at);
      m_at = std::min(end + 1, m_text.size());
      ++m_line;
      if (document.tabs) line.remove_prefix(std::min(line.find_first_not_of('\t'), line.size()));
      if (line == document.word) return !joined;
      // Some shells take the end of the substitution for the document's.
      if (!m_open.empty() && (line.starts_with(document.word) || line.find('`') != std::string_view::npos))
        return false;
      if (!document.expanded) continue;
      if (!is_whole(line)) return false;
      joined = line.ends_with('\\');
      // Lines are joined before the word is looked for: `E\`, `OF`.
      if (joined && document.word.starts_with(line.substr(0, line.size() - 1))) return false;
    }
    return false;
  }
  /// Does each substitution of a document's line end in it? Some shells look for the word within it, and some do not.
  static bool is_whole(std::string_view line) {
    long parentheses = 0, braces = 0, backquotes = 0, quotes = 0, strings = 0;
    bool command = false, parameter = false;
    for (std::size_t at = 0; at < line.size(); ++at) {
      const char c = line[at];
      if (c == '\\') {
        ++at;
        continue;
      }
      command = command || line.substr(at).starts_with("$(");
      parameter = parameter || line.substr(at).starts_with("${");
      parentheses += c == '(' ? 1 : c == ')' ? -1 : 0;
      braces += c == '{' ? 1 : c == '}' ? -1 : 0;
      backquotes += c == '`' ? 1 : 0;
      quotes += c == '\'' ? 1 : 0;
      strings += c == '"' ? 1 : 0;
    }
    if ((command && parentheses != 0) || (parameter && braces != 0) || backquotes % 2 != 0) return false;
    return !(command || parameter || backquotes > 0) || (quotes % 2 == 0 && strings % 2 == 0);
  }

  std::string_view m_text;
  std::size_t m_at = 0;
  std::size_t m_line = 0;
  bool m_continues = false;
  std::size_t m_within_word = std::string_view::npos;  ///< a place where a word goes on, whatever stands before it
  std::size_t m_spliced =
      std::string_view::npos;  ///< the first byte of a line that may go on with the last word before it
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
