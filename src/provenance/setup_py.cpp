#include "provenance/setup_py.hpp"

#include <algorithm>
#include <optional>

#include "base/text.hpp"

namespace assay::provenance {

namespace {

bool is_identifier_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// A Python program, read from a place on as far as it spells out strings and lists of them.
class Spelled {
 public:
  Spelled(std::string_view program, std::size_t at) : m_rest(program.substr(at)) {}

  /// `= value` with the value that reads so: a string, a list or tuple of strings, or a name. False if it is another expression.
  bool take_value(std::vector<std::string_view>& strings, std::string_view& name) {
    skip_blanks();
    if (!take('=')) return false;
    skip_blanks();
    if (m_rest.starts_with('[') || m_rest.starts_with('(')) return take_list(strings) && ends_here();
    if (std::string_view text; take_string(text)) {
      strings.push_back(text);
      return ends_here();
    }
    std::size_t end = 0;
    while (end < m_rest.size() && is_identifier_byte(m_rest[end])) ++end;
    name = m_rest.substr(0, end);
    m_rest.remove_prefix(end);
    return end > 0 && ends_here();
  }

 private:
  void skip_blanks() {
    while (!m_rest.empty()) {
      if (m_rest.front() == '#') m_rest.remove_prefix(std::min(m_rest.find('\n'), m_rest.size()));
      else if (m_rest.front() == ' ' || m_rest.front() == '\t' || m_rest.front() == '\n' || m_rest.front() == '\r')
        m_rest.remove_prefix(1);
      else return;
    }
  }
  bool take(char c) {
    if (!m_rest.starts_with(c)) return false;
    m_rest.remove_prefix(1);
    return true;
  }
  /// One without escapes, in one line.
  bool take_string(std::string_view& text) {
    if (m_rest.empty() || (m_rest.front() != '"' && m_rest.front() != '\'')) return false;
    const auto close = m_rest.find(m_rest.front(), 1);
    if (close == std::string_view::npos) return false;
    text = m_rest.substr(1, close - 1);
    if (text.empty() || text.find_first_of("\\\n") != std::string_view::npos) return false;
    m_rest.remove_prefix(close + 1);
    return true;
  }
  bool take_list(std::vector<std::string_view>& strings) {
    const char close = m_rest.front() == '[' ? ']' : ')';
    m_rest.remove_prefix(1);
    for (;;) {
      skip_blanks();
      if (take(close)) return true;
      std::string_view text;
      if (!take_string(text)) return false;
      strings.push_back(text);
      skip_blanks();
      if (!take(',')) return take(close);
    }
  }
  /// The expression is over: an argument, or a statement.
  bool ends_here() {
    while (m_rest.starts_with(' ') || m_rest.starts_with('\t') || m_rest.starts_with('\r')) m_rest.remove_prefix(1);
    if (m_rest.empty() || m_rest.front() == ',' || m_rest.front() == ')' || m_rest.front() == '#') return true;
    if (m_rest.front() != '\n') return false;
    skip_blanks();  // the next line begins a statement, or closes the call
    return m_rest.empty() || m_rest.front() == ')' || is_identifier_byte(m_rest.front());
  }

  std::string_view m_rest;
};

/// Where `name` stands as a whole word outside of lines that are comments.
std::vector<std::size_t> places_of(std::string_view program, std::string_view name) {
  std::vector<std::size_t> places;
  for (const auto line : split_lines(program)) {
    if (normalise_line(line.substr(0, line.find('#') + 1)) == "#") continue;
    for (auto at = line.find(name); at != std::string_view::npos; at = line.find(name, at + name.size())) {
      const auto end = at + name.size();
      if ((at == 0 || !is_identifier_byte(line[at - 1])) && (end == line.size() || !is_identifier_byte(line[end])))
        places.push_back(static_cast<std::size_t>(line.data() - program.data()) + at);
    }
  }
  return places;
}

/// A Python program, one token after another: names, and single bytes of all that is neither a string, a comment nor a blank.
class Tokens {
 public:
  explicit Tokens(std::string_view program, std::size_t at = 0) : m_program(program), m_at(at) {}

  /// Empty at the end.
  std::string_view next() {
    while (m_at < m_program.size()) {
      const auto c = m_program[m_at];
      if (c == '#') m_at = std::min(m_program.find('\n', m_at), m_program.size());
      else if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\\') ++m_at;
      else if (c == '"' || c == '\'') return string(c);
      else return is_identifier_byte(c) ? name() : m_program.substr(m_at++, 1);
    }
    return {};
  }
  /// Behind the last token.
  std::size_t at() const noexcept { return m_at; }
  /// Of a string, which next() gives as its first quote: what it spells out. Nothing if it has escapes or lines.
  std::optional<std::string_view> spelled(std::string_view token) const {
    const auto start = static_cast<std::size_t>(token.data() - m_program.data());
    if ((token != "\"" && token != "'") || m_at < start + 3) return std::nullopt;
    const auto text = m_program.substr(start + 1, m_at - start - 2);
    const bool is_plain =
        text.find_first_of("\\\n") == std::string_view::npos && text.find(token) == std::string_view::npos;
    return is_plain ? std::optional{text} : std::nullopt;
  }

 private:
  std::string_view name() {
    const auto start = m_at;
    while (m_at < m_program.size() && is_identifier_byte(m_program[m_at])) ++m_at;
    return m_program.substr(start, m_at - start);
  }
  std::string_view string(char quote) {
    const auto start = m_at;
    const std::string three(3, quote);
    const bool is_long = m_program.substr(m_at).starts_with(three);
    for (m_at += is_long ? 3 : 1; m_at < m_program.size(); ++m_at) {
      const auto rest = m_program.substr(m_at);
      if (rest.front() == '\\') ++m_at;
      else if (is_long ? rest.starts_with(three) : rest.front() == quote || rest.front() == '\n') break;
    }
    m_at = std::min(m_at + (is_long ? 3 : 1), m_program.size());
    return m_program.substr(start, 1);
  }

  std::string_view m_program;
  std::size_t m_at = 0;
};

/// What the program's calls of setup() get for a keyword.
struct Argument {
  std::size_t calls = 0;
  bool unpacks = false;                ///< `**more` may have it
  std::optional<std::size_t> value{};  ///< at its `=`
};

/// `tokens` are behind the opening parenthesis of a call.
void read_call(Tokens& tokens, std::string_view keyword, Argument& argument) {
  std::size_t depth = 1;
  bool begins = true;  // an argument does
  std::string_view before;
  for (auto token = tokens.next(); !token.empty() && depth > 0;) {
    const bool opens = token == "(" || token == "[" || token == "{",
               closes = token == ")" || token == "]" || token == "}";
    if (closes && --depth == 0) return;
    if (depth == 1 && token == "*" && before == "*") argument.unpacks = true;
    const bool is_keyword = begins && depth == 1 && token == keyword;
    begins = depth == 1 && token == ",";
    if (opens) ++depth;
    before = token;
    const auto end = tokens.at();
    token = tokens.next();
    if (is_keyword && token == "=") argument.value = end;
  }
}

Argument argument_of_setup(std::string_view setup_py, std::string_view keyword) {
  Argument argument;
  Tokens tokens{setup_py};
  std::string_view before, name;
  for (auto token = tokens.next(); !token.empty(); token = tokens.next()) {
    if (token == "(" && name == "setup" && before != "def") {
      ++argument.calls;
      read_call(tokens, keyword, argument);
    }
    before = name;
    name = token;
  }
  return argument;
}

}  // namespace

bool keys_spelled_in_call(std::string_view setup_py, std::string_view keyword, std::vector<std::string_view>& keys) {
  if (setup_py.empty()) return true;
  const auto argument = argument_of_setup(setup_py, keyword);
  if (argument.calls != 1) return false;
  if (!argument.value) return !argument.unpacks;
  Tokens tokens{setup_py, *argument.value};
  if (tokens.next() != "=" || tokens.next() != "{") return false;
  for (auto token = tokens.next(); token != "}"; token = tokens.next()) {
    const auto key = tokens.spelled(token);
    if (!key || tokens.next() != ":") return false;
    keys.push_back(*key);
    std::size_t depth = 0;
    for (token = tokens.next(); depth > 0 || (token != "," && token != "}"); token = tokens.next()) {
      if (token.empty()) return false;
      if (token == "(" || token == "[" || token == "{") ++depth;
      if (token == ")" || token == "]" || token == "}") depth -= depth > 0 ? 1U : 0U;
      if (depth == 0 && token == "for") return false;  // a comprehension
    }
    if (token == "}") break;
  }
  const auto behind = tokens.next();
  return behind == "," || behind == ")";
}

bool spelled_in_call(std::string_view setup_py, std::string_view keyword, std::vector<std::string_view>& strings) {
  if (setup_py.empty()) return true;
  const auto argument = argument_of_setup(setup_py, keyword);
  if (argument.calls != 1) return false;
  if (!argument.value) return !argument.unpacks;
  std::string_view name;
  if (!Spelled{setup_py, *argument.value}.take_value(strings, name)) return false;
  if (name.empty()) return true;
  // The variable is set once, before the call, at the beginning of a line, and to nothing but strings.
  const auto places = places_of(setup_py, name);
  const std::size_t expected = name == keyword ? 3 : 2;
  if (places.size() != expected || places[0] > *argument.value) return false;
  const bool begins = places[0] == 0 || setup_py[places[0] - 1] == '\n';
  std::string_view other;
  return begins && Spelled{setup_py, places[0] + name.size()}.take_value(strings, other) && other.empty();
}

}  // namespace assay::provenance
