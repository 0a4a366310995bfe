#include "inspect/script/awk_lexer.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace assay::inspect::awk {

namespace {

bool is_name_start(char c) noexcept {
  return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_';
}
bool is_name(char c) noexcept {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

/// Splits a program into tokens; `ok()` is false where it cannot be.
class Lexer {
 public:
  explicit Lexer(std::string_view text) : m_text(text) {}

  std::vector<Token> run() {
    while (m_ok && m_at < m_text.size()) step();
    m_tokens.push_back({});
    return std::move(m_tokens);
  }
  bool ok() const noexcept { return m_ok; }

 private:
  void step() {
    const char c = m_text[m_at];
    if (c == '\\' && m_at + 1 < m_text.size() && m_text[m_at + 1] == '\n') {
      m_at += 2;
    } else if (c == ' ' || c == '\t' || c == '\r') {
      ++m_at;
    } else if (c == '#') {
      m_at = std::min(m_text.find('\n', m_at), m_text.size());
    } else if (c == '\n' || c == ';') {
      ++m_at;
      add(Kind::line_end, std::string(1, c));
    } else if (c == '"') {
      take_string();
    } else if (c == '/' && !ends_operand()) {
      take_regex();
    } else if (std::isdigit(static_cast<unsigned char>(c)) != 0 ||
               (c == '.' && m_at + 1 < m_text.size() &&
                std::isdigit(static_cast<unsigned char>(m_text[m_at + 1])) != 0)) {
      take_number();
    } else if (is_name_start(c)) {
      take_word();
    } else {
      take_sign();
    }
  }

  /// A slash behind an operand divides; elsewhere it begins a pattern.
  bool ends_operand() const {
    if (m_tokens.empty()) return false;
    const auto& last = m_tokens.back();
    return last.kind == Kind::number || last.kind == Kind::string || last.kind == Kind::word ||
           (last.kind == Kind::sign &&
            (last.text == ")" || last.text == "]" || last.text == "$" || last.text == "++" || last.text == "--"));
  }
  void add(Kind kind, std::string text) { m_tokens.push_back({kind, std::move(text)}); }

  bool is_digit(std::size_t at) const noexcept {
    return at < m_text.size() && std::isdigit(static_cast<unsigned char>(m_text[at])) != 0;
  }

  void take_number() {
    const auto begin = m_at;
    const auto base = m_text.substr(m_at, 2);
    if (base == "0x" || base == "0X") {
      m_at += 2;
      while (m_at < m_text.size() && std::isxdigit(static_cast<unsigned char>(m_text[m_at])) != 0) ++m_at;
    } else {
      while (is_digit(m_at) || (m_at < m_text.size() && m_text[m_at] == '.')) ++m_at;
      const bool has_exponent = m_at < m_text.size() && (m_text[m_at] == 'e' || m_text[m_at] == 'E');
      const auto sign = m_text.substr(std::min(m_at + 1, m_text.size()), 1);
      const auto digits = m_at + (sign == "-" || sign == "+" ? 2 : 1);
      if (has_exponent && is_digit(digits))
        for (m_at = digits; is_digit(m_at);) ++m_at;
    }
    add(Kind::number, std::string{m_text.substr(begin, m_at - begin)});
  }

  void take_word() {
    const auto begin = m_at;
    while (m_at < m_text.size() && is_name(m_text[m_at])) ++m_at;
    const bool called = m_at < m_text.size() && m_text[m_at] == '(';
    add(called ? Kind::call : Kind::word, std::string{m_text.substr(begin, m_at - begin)});
  }

  void take_string() {
    std::string value;
    for (++m_at; m_at < m_text.size() && m_text[m_at] != '"'; ++m_at) {
      if (m_text[m_at] != '\\' || m_at + 1 >= m_text.size()) {
        value += m_text[m_at];
        continue;
      }
      ++m_at;
      take_escape(value);
    }
    m_ok = m_at < m_text.size();
    ++m_at;
    add(Kind::string, std::move(value));
  }

  void take_escape(std::string& value) {
    const char c = m_text[m_at];
    if (c >= '0' && c <= '7') {
      unsigned code = 0;
      for (int digits = 0; digits < 3 && m_at < m_text.size() && m_text[m_at] >= '0' && m_text[m_at] <= '7'; ++digits)
        code = code * 8 + static_cast<unsigned>(m_text[m_at++] - '0');
      --m_at;
      value += static_cast<char>(code & 255U);
      return;
    }
    constexpr std::string_view k_from = "abfnrtv\\\"/", k_to = "\a\b\f\n\r\t\v\\\"/";
    const auto at = k_from.find(c);
    if (at == std::string_view::npos) value += '\\';
    if (c != '\n') value += at == std::string_view::npos ? c : k_to[at];
  }

  void take_regex() {
    std::string value;
    bool in_set = false;
    for (++m_at; m_at < m_text.size() && (m_text[m_at] != '/' || in_set) && m_text[m_at] != '\n'; ++m_at) {
      if (m_text[m_at] == '[') in_set = true;
      if (m_text[m_at] == ']') in_set = false;
      if (m_text[m_at] == '\\' && m_at + 1 < m_text.size()) {
        if (m_text[m_at + 1] != '/') value += '\\';
        ++m_at;
      }
      value += m_text[m_at];
    }
    m_ok = m_at < m_text.size() && m_text[m_at] == '/';
    ++m_at;
    add(Kind::regex, std::move(value));
  }

  void take_sign() {
    static constexpr std::array<std::string_view, 17> k_signs{
        "**=", "++", "--", "+=", "-=", "*=", "/=", "%=", "^=", "**", "==", "<=", ">=", "!=", "!~", "&&", "||"};
    const auto rest = m_text.substr(m_at);
    const auto* sign = std::find_if(k_signs.begin(), k_signs.end(), [&](auto text) { return rest.starts_with(text); });
    const auto length = sign != k_signs.end() ? sign->size() : 1;
    m_ok = sign != k_signs.end() || std::string_view{"{}()[],+-*/%^!<>|?:~$="}.find(rest[0]) != std::string_view::npos;
    add(Kind::sign, std::string{rest.substr(0, length)});
    m_at += length;
  }

  std::string_view m_text;
  std::size_t m_at = 0;
  bool m_ok = true;
  std::vector<Token> m_tokens;
};

}  // namespace

std::optional<std::vector<Token>> tokens_of(std::string_view text) {
  Lexer lexer{text};
  auto tokens = lexer.run();
  if (!lexer.ok()) return std::nullopt;
  return tokens;
}

}  // namespace assay::inspect::awk
