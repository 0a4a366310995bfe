#include <algorithm>
#include <array>
#include <cctype>
#include <vector>

#include "inspect/script/rewrite.hpp"

namespace assay::inspect {

namespace {

bool is_name_start(char c) noexcept {
  return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_';
}
bool is_name(char c) noexcept {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

struct Quadrigraph {
  std::string_view from;
  std::string_view to;
};
constexpr std::array<Quadrigraph, 7> k_quadrigraphs{
    {{"@<:@", "["}, {"@:>@", "]"}, {"@S|@", "$"}, {"@%:@", "#"}, {"@{:@", "("}, {"@:}@", ")"}, {"@&t@", ""}}};

/// One pass over m4 text. What a macro expands to is not known; what stands in its arguments is code all the same.
class M4Rewriter {
 public:
  M4Rewriter(std::string_view text, ShellTextBuilder& out) : m_text(text), m_out(out) {}

  void run() {
    while (m_at < m_text.size()) step();
  }

 private:
  char peek(std::size_t ahead = 0) const noexcept { return m_at + ahead < m_text.size() ? m_text[m_at + ahead] : '\0'; }

  void step() {
    const char c = peek();
    if (c == '\n') return take_newline();
    if (c == '@' && take_quadrigraph()) return;
    if (c == '#') return take_comment();
    if (is_name_start(c) && !joins_name()) return take_name();
    if (m_quoting && c == m_open) return take_open();
    if (m_quoting && c == m_close) return take_close();
    if (c == '$' && take_argument()) return;
    if (c == '(' && !m_calls.empty()) ++m_calls.back().parentheses;
    if (c == ')' && take_end_of_call()) return;
    if (c == ',' && at_call_level()) {
      ++m_at;
      m_out.separate();
      return;
    }
    m_out.put(c == k_hard_separator ? ' ' : c);
    ++m_at;
  }

  bool joins_name() const noexcept { return m_at > 0 && is_name(m_text[m_at - 1]); }

  void take_newline() {
    m_out.put('\n');
    ++m_at;
    m_out.set_line(++m_line);
  }

  bool take_quadrigraph() {
    for (const auto& quadrigraph : k_quadrigraphs) {
      if (!m_text.substr(m_at).starts_with(quadrigraph.from)) continue;
      m_out.put(quadrigraph.to);
      m_at += quadrigraph.from.size();
      return true;
    }
    return false;
  }

  /// A comment of m4 is one of the shell too where it stands at the start of a word; elsewhere it is `$#` or the like.
  void take_comment() {
    const bool comment = m_at == 0 || m_text[m_at - 1] == '\n' || m_text[m_at - 1] == ' ' || m_text[m_at - 1] == '\t';
    // In an m4 file at the outermost level; within a macro's body a `#` may stand in a quoted pattern.
    if (comment && m_depth == 0 && m_calls.empty()) {
      while (m_at < m_text.size() && m_text[m_at] != '\n') ++m_at;
      return;
    }
    m_out.put('#');
    ++m_at;
  }

  void take_name() {
    auto end = m_at;
    while (end < m_text.size() && is_name(m_text[end])) ++end;
    const auto name = m_text.substr(m_at, end - m_at);
    if (name == "dnl") return skip_line();
    if (end < m_text.size() && m_text[end] == '(') {
      if (name == "changequote") return take_changequote(end);
      if (end + 1 < m_text.size() && m_text[end + 1] != ')') {
        m_calls.push_back({m_depth, 0});
        m_out.separate();
        m_at = end + 1;
        return;
      }
    }
    m_out.put(name);
    m_at = end;
  }

  void skip_line() {
    while (m_at < m_text.size() && m_text[m_at] != '\n') ++m_at;
    if (m_at < m_text.size()) take_newline();
  }

  void take_changequote(std::size_t parenthesis) {
    const auto end = m_text.find(')', parenthesis);
    const auto inside = m_text.substr(parenthesis + 1, end == std::string_view::npos ? 0 : end - parenthesis - 1);
    const auto comma = inside.find(',');
    const auto open = inside.substr(0, comma);
    const auto close = comma == std::string_view::npos ? std::string_view{} : inside.substr(comma + 1);
    m_quoting = !open.empty() && !close.empty();
    if (m_quoting) {
      m_open = open.find_first_not_of(' ') == std::string_view::npos ? '[' : open[open.find_first_not_of(' ')];
      m_close = close.back();
    }
    m_at = end == std::string_view::npos ? m_text.size() : end + 1;
  }

  /// A doubled quote stands for one in the output: `[[a-z]]` is how m4 text writes `[a-z]`.
  void take_open() {
    const bool doubled = peek(1) == m_open && peek(2) != m_open && looks_literal(m_at + 2);
    if (doubled) {
      m_literal.push_back(m_depth);
      m_out.put(m_open);
      m_at += 2;
      m_depth += 2;
      return;
    }
    ++m_at;
    ++m_depth;
  }

  /// True if what begins at `at` up to the closing pair looks like a bracket expression and not like code.
  bool looks_literal(std::size_t at) const noexcept {
    for (std::size_t i = at; i < m_text.size() && i < at + 120 && m_text[i] != '\n'; ++i)
      if (m_text[i] == m_close && i + 1 < m_text.size() && m_text[i + 1] == m_close) return true;
    return false;
  }

  void take_close() {
    if (!m_literal.empty() && m_depth == m_literal.back() + 2 && peek(1) == m_close) {
      m_out.put(m_close);
      m_depth = m_literal.back();
      m_literal.pop_back();
      m_at += 2;
      return;
    }
    ++m_at;
    if (m_depth > 0) --m_depth;
    while (!m_literal.empty() && m_depth < m_literal.back()) m_literal.pop_back();
  }

  /// `$1` beside a name: the macro's caller decides; the same number is the same name throughout.
  bool take_argument() {
    if (std::isdigit(static_cast<unsigned char>(peek(1))) == 0) return false;
    if (m_depth == 0) return false;
    m_out.put("m4_arg_");
    m_out.put(peek(1));
    m_at += 2;
    return true;
  }

  bool at_call_level() const noexcept {
    return !m_calls.empty() && m_calls.back().depth == m_depth && m_calls.back().parentheses == 0;
  }
  bool take_end_of_call() {
    if (m_calls.empty() || m_calls.back().depth < m_depth) return false;
    while (!m_calls.empty() && m_calls.back().depth > m_depth) m_calls.pop_back();  // its end was never seen
    if (m_calls.empty()) return false;
    if (m_calls.back().parentheses > 0) {
      --m_calls.back().parentheses;
      return false;
    }
    m_calls.pop_back();
    ++m_at;
    m_out.separate();
    return true;
  }

  struct Call {
    unsigned depth;        ///< of quotes, where it began
    unsigned parentheses;  ///< open ones within its arguments
  };

  std::string_view m_text;
  ShellTextBuilder& m_out;
  std::size_t m_at = 0;
  std::uint32_t m_line = 1;
  bool m_quoting = true;
  char m_open = '[';
  char m_close = ']';
  unsigned m_depth = 0;
  std::vector<Call> m_calls;
  std::vector<unsigned> m_literal;
};

}  // namespace

void rewrite_m4(std::string_view content, ShellTextBuilder& out) {
  M4Rewriter{content, out}.run();
}

}  // namespace assay::inspect
