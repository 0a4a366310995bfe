#include "inspect/content/rule_source.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <tuple>
#include <utility>

#include "base/text.hpp"

namespace assay::inspect {

namespace {

using namespace std::string_view_literals;

constexpr std::array k_variables{"filename"sv, "filepath"sv, "extension"sv, "role"sv};

template <typename Words>
bool is_one_of(std::string_view word, const Words& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool is_word(char c) noexcept {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

struct Token {
  enum class Kind { end, word, text, expression, sign };
  Kind kind = Kind::end;
  std::string_view text;       ///< of a text or expression what stands between its delimiters
  std::string_view modifiers;  ///< of an expression: the letters behind it
};

/// Cuts rule source into tokens. A slash begins an expression only where one is asked for.
class Lexer {
 public:
  explicit Lexer(std::string_view source) : m_rest(source) {}

  Token next(bool expression_allowed = false) {
    skip_blanks();
    if (m_rest.empty()) return {};
    const char c = m_rest.front();
    if (c == '"') return delimited('"', Token::Kind::text);
    if (c == '/' && expression_allowed) {
      auto token = delimited('/', Token::Kind::expression);
      const auto end = std::find_if_not(m_rest.begin(), m_rest.end(), is_word);
      token.modifiers = take(static_cast<std::size_t>(end - m_rest.begin()));
      return token;
    }
    const auto starts_word = is_word(c) || c == '$' || c == '#' || c == '@' || c == '!';
    if (!starts_word) {
      const bool two = m_rest.size() > 1 && is_one_of(m_rest.substr(0, 2), std::array{"=="sv, "!="sv, ">="sv, "<="sv});
      return {Token::Kind::sign, take(two ? 2 : 1), {}};
    }
    if (m_rest.starts_with("!=")) return {Token::Kind::sign, take(2), {}};
    std::size_t end = 1;
    while (end < m_rest.size() && is_word(m_rest[end])) ++end;
    if (c == '$' && end < m_rest.size() && m_rest[end] == '*') ++end;
    return {Token::Kind::word, take(end), {}};
  }

 private:
  std::string_view take(std::size_t count) {
    const auto taken = m_rest.substr(0, count);
    m_rest.remove_prefix(taken.size());
    return taken;
  }

  void skip_blanks() {
    for (;;) {
      const auto start = m_rest.find_first_not_of(" \t\r\n");
      m_rest.remove_prefix(std::min(start, m_rest.size()));
      if (m_rest.starts_with("//")) m_rest.remove_prefix(std::min(m_rest.find('\n'), m_rest.size()));
      else if (m_rest.starts_with("/*")) m_rest.remove_prefix(std::min(m_rest.find("*/", 2), m_rest.size() - 2) + 2);
      else return;
    }
  }

  Token delimited(char delimiter, Token::Kind kind) {
    std::size_t at = 1;
    while (at < m_rest.size() && m_rest[at] != delimiter) at += m_rest[at] == '\\' ? 2U : 1U;
    if (at >= m_rest.size()) {
      m_rest = {};
      return {};
    }
    const auto inside = m_rest.substr(1, at - 1);
    m_rest.remove_prefix(at + 1);
    return {kind, inside, {}};
  }

  std::string_view m_rest;
};

/// The bytes that a text string means; nothing if one of its escapes is not known.
std::optional<std::string> unescaped(std::string_view text) {
  std::string bytes;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '\\') {
      bytes += text[at];
      continue;
    }
    if (++at >= text.size()) return std::nullopt;
    constexpr std::string_view k_plain = "\"\\";
    if (text[at] == 't') bytes += '\t';
    else if (k_plain.find(text[at]) != std::string_view::npos) bytes += text[at];
    else return std::nullopt;
  }
  return bytes;
}

/// Reads the rules of one source. Whatever it does not expect ends it.
class Reader {
 public:
  explicit Reader(std::string_view source) : m_lexer(source) { advance(); }

  std::optional<std::vector<RuleString>> read() {
    while (m_token.kind != Token::Kind::end)
      if (!read_rule()) return std::nullopt;
    return std::move(m_strings);
  }

 private:
  void advance(bool expression_allowed = false) { m_token = m_lexer.next(expression_allowed); }
  bool is(std::string_view word) const {
    return (m_token.kind == Token::Kind::word || m_token.kind == Token::Kind::sign) && m_token.text == word;
  }
  bool accept(std::string_view word) {
    if (!is(word)) return false;
    advance();
    return true;
  }

  bool read_rule() {
    if (!accept("rule")) return false;
    advance();
    while (m_token.kind != Token::Kind::end && !is("{")) advance();  // tags
    if (!accept("{")) return false;
    if (is("meta")) skip_meta();
    return accept("strings") && accept(":") && read_strings() && accept("condition") && accept(":") &&
           read_condition() && accept("}");
  }

  void skip_meta() {
    while (m_token.kind != Token::Kind::end && !is("strings") && !is("condition")) {
      // `strings = "…"` would be a meta of that name.
      advance();
    }
  }

  bool read_strings() {
    if (is("condition")) return false;
    while (!is("condition")) {
      if (m_token.kind != Token::Kind::word || !m_token.text.starts_with('$')) return false;
      advance();
      if (!is("=")) return false;
      advance(true);
      if (!read_string()) return false;
    }
    return true;
  }

  bool read_string() {
    RuleString string;
    if (m_token.kind == Token::Kind::text) {
      auto bytes = unescaped(m_token.text);
      if (!bytes) return false;
      string.text = std::move(*bytes);
    } else if (m_token.kind == Token::Kind::expression) {
      string = {std::string{m_token.text}, true, m_token.modifiers == "i"};
      if (!string.any_case && !m_token.modifiers.empty()) return false;
      const auto line_ends = line_ends_in(string.text);
      if (!line_ends) return false;
      string.line_ends = *line_ends;
    } else {
      return false;
    }
    for (advance(); m_token.kind == Token::Kind::word && !is("condition") && !m_token.text.starts_with('$');
         advance()) {
      if (!is_one_of(m_token.text, std::array{"nocase"sv, "ascii"sv, "fullword"sv})) return false;
      string.any_case = string.any_case || m_token.text == "nocase";
    }
    m_strings.push_back(std::move(string));
    return true;
  }

  /// What more matches can only make true.
  bool read_condition() {
    Token before;
    for (; m_token.kind != Token::Kind::end && !is("}"); before = m_token, advance()) {
      if (m_token.kind == Token::Kind::text) {
        if (before.text != "==" && before.text != "!=") return false;
      } else if (m_token.kind == Token::Kind::sign) {
        if (!is_fitting_sign(before)) return false;
      } else if (!is_fitting_word(before)) {
        return false;
      }
    }
    return true;
  }

  bool is_fitting_sign(const Token& before) const {
    if (is("==") || is("!=")) return is_one_of(before.text, k_variables);
    if (is(">") || is(">=")) return before.text.starts_with('#');
    return is("(") || is(")") || is(",");
  }

  bool is_fitting_word(const Token& before) const {
    const auto word = m_token.text;
    if (before.text == "==" || before.text == "!=") return false;  // compared with something else than a text
    return word.starts_with('$') || word.starts_with('#') || is_one_of(word, k_variables) ||
           is_one_of(word, std::array{"and"sv, "or"sv, "any"sv, "all"sv, "of"sv, "them"sv}) ||
           std::all_of(word.begin(), word.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
  }

  Lexer m_lexer;
  Token m_token;
  std::vector<RuleString> m_strings;
};

/// Behind a piece of an expression: may it be there more than once?
bool is_repeated(std::string_view behind) {
  return !behind.empty() && std::string_view{"*+{"}.find(behind.front()) != std::string_view::npos;
}

bool escape_means_line_end(char c) {
  constexpr std::string_view k_plain = "tbBdwS\\/.|()[]{}?*+^$-\"'";
  // A letter that is not known here might be a line end, in a number for example.
  return k_plain.find(c) == std::string_view::npos && std::isalnum(static_cast<unsigned char>(c)) != 0;
}

/// The bracket expression at the start of `text`: its length, and whether it takes a line end.
std::pair<std::size_t, bool> bracket(std::string_view text) {
  std::size_t at = 1;
  const bool negated = text.substr(at).starts_with('^');
  if (negated) ++at;
  const auto first = at;
  bool named = false;
  bool odd = false;
  for (; at < text.size() && (text[at] != ']' || at == first); ++at) {
    if (text[at] == '\n') named = true;
    if (text[at] != '\\' || at + 1 >= text.size()) continue;
    ++at;
    if (text[at] == 'n') named = true;
    else if (text.substr(at + 1).starts_with('-') && !text.substr(at + 1).starts_with("-]"))
      odd = true;  // where the range ends is not worth finding out
    else if (escape_means_line_end(text[at])) odd = true;
  }
  return {std::min(at + 1, text.size()), negated ? !named || odd : named || odd};
}

}  // namespace

std::optional<std::size_t> line_ends_in(std::string_view expression) {
  std::size_t count = 0;
  std::vector<std::size_t> open;  // how many there were before each group
  for (std::size_t at = 0; at < expression.size();) {
    const char c = expression[at];
    std::size_t length = 1;
    bool takes = c == '\n';
    if (c == '\\') {
      length = 2;
      takes = at + 1 < expression.size() && escape_means_line_end(expression[at + 1]);
    } else if (c == '[') {
      std::tie(length, takes) = bracket(expression.substr(at));
    } else if (c == '(') {
      open.push_back(count);
    }
    const auto behind = expression.substr(std::min(at + length, expression.size()));
    if (c == ')') {
      if (open.empty() || (count > open.back() && is_repeated(behind))) return std::nullopt;
      open.pop_back();
    }
    if (takes && is_repeated(behind)) return std::nullopt;
    count += takes ? 1 : 0;
    at += length;
  }
  return count;
}

std::optional<std::vector<RuleString>> strings_of_local_rules(std::string_view source) {
  return Reader{source}.read();
}

}  // namespace assay::inspect
