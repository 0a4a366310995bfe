#include "inspect/script/shell.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace assay::inspect {

namespace {

constexpr unsigned k_deepest_quote = 48;
constexpr unsigned k_deepest_command = 120;
constexpr std::size_t k_most_commands = 2'000'000;

bool is_blank(char c) noexcept {
  return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}
bool is_name_start(char c) noexcept {
  return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_';
}
bool is_name(char c) noexcept {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

/// Steps over quotations. Every function takes the position of the opening and returns the one after the closing; none
/// looks at a byte twice.
class QuoteScanner {
 public:
  explicit QuoteScanner(std::string_view text) : m_text(text) {}

  std::size_t step(std::size_t at, unsigned depth) const noexcept {
    const char c = m_text[at];
    if (c == '\\') return std::min(at + 2, m_text.size());
    if (depth > k_deepest_quote) return at + 1;
    if (c == '\'') return single(at);
    if (c == '"') return until(at + 1, '"', depth + 1);
    if (c == '`') return backquote(at + 1);
    if (c == '$' && at + 1 < m_text.size()) {
      const char next = m_text[at + 1];
      if (next == '(') return until(at + 2, ')', depth + 1);
      if (next == '{') return until(at + 2, '}', depth + 1);
      if (next == '\'') return ansi(at + 2);
    }
    return at + 1;
  }

  /// Up to and with `closer`; inside, quotations are stepped over.
  std::size_t until(std::size_t at, char closer, unsigned depth) const noexcept {
    int open = 0, cases = 0;
    while (at < m_text.size() && m_text[at] != k_hard_separator) {
      const char c = m_text[at];
      if (closer == ')' && (c == 'c' || c == 'e') && begins_word(at)) {
        if (const auto end = end_of_case_head(at)) {
          ++cases;
          at = end;
          continue;
        }
        if (cases > 0 && m_text.substr(at).starts_with("esac")) --cases;
      }
      if (c == closer && open == 0 && cases > 0) {
        ++at;  // behind a pattern of case
      } else if (c == closer) {
        if (open == 0) return at + 1;
        --open;
        ++at;
      } else if (closer == ')' && c == '(') {
        ++open;
        ++at;
      } else if (closer == ')' && c == '#' && at > 0 && (is_blank(m_text[at - 1]) || m_text[at - 1] == '\n')) {
        while (at < m_text.size() && m_text[at] != '\n') ++at;
      } else if (closer == '"' && c == '\'') {
        ++at;
      } else if (closer == '}' && c == '\'' && m_text[at - 1] != '=' && m_text[at - 1] != '-') {
        ++at;  // "${x}'s": inside double quotes an apostrophe is one
      } else {
        at = step(at, depth);
      }
    }
    return at;
  }

 private:
  bool begins_word(std::size_t at) const noexcept { return at == 0 || !is_name(m_text[at - 1]); }
  /// Where `case WORD in` that begins at `at` ends; 0 if it is none.
  std::size_t end_of_case_head(std::size_t at) const noexcept {
    constexpr std::size_t k_longest_head = 256;
    const auto head = m_text.substr(at, k_longest_head);
    if (!head.starts_with("case ") && !head.starts_with("case\t")) return 0;
    const auto in = std::min(head.find(" in "), std::min(head.find(" in\n"), head.find(" in\t")));
    if (in == std::string_view::npos || head.substr(0, in).find_first_of(";)\n") != std::string_view::npos) return 0;
    return at + in + 3;
  }
  std::size_t find(std::size_t at, char closer) const noexcept {
    while (at < m_text.size() && m_text[at] != closer && m_text[at] != k_hard_separator) ++at;
    return at < m_text.size() && m_text[at] == closer ? at + 1 : at;
  }
  std::size_t single(std::size_t at) const noexcept { return find(at + 1, '\''); }
  std::size_t backquote(std::size_t at) const noexcept {
    while (at < m_text.size() && m_text[at] != '`' && m_text[at] != k_hard_separator)
      at += m_text[at] == '\\' ? 2U : 1U;
    at = std::min(at, m_text.size());
    return at < m_text.size() && m_text[at] == '`' ? at + 1 : at;
  }
  std::size_t ansi(std::size_t at) const noexcept {
    while (at < m_text.size() && m_text[at] != '\'' && m_text[at] != k_hard_separator)
      at += m_text[at] == '\\' ? 2U : 1U;
    at = std::min(at, m_text.size());
    return at < m_text.size() && m_text[at] == '\'' ? at + 1 : at;
  }

  std::string_view m_text;
};

/// Lines by offset, asked in ascending order mostly.
class LineCursor {
 public:
  LineCursor(const ShellText* text, std::uint32_t line) : m_text(text), m_line(line) {}
  std::uint32_t at(std::size_t offset) noexcept {
    if (m_text == nullptr || m_text->lines.empty()) return m_line;
    const auto& lines = m_text->lines;
    if (offset < lines[m_index].first) return m_text->line_at(offset);
    while (m_index + 1 < lines.size() && lines[m_index + 1].first <= offset) ++m_index;
    return lines[m_index].second;
  }

 private:
  const ShellText* m_text;
  std::uint32_t m_line;
  std::size_t m_index = 0;
};

class Parser {
 public:
  Parser(std::string_view text, LineCursor lines) : m_text(text), m_quotes(text), m_lines(lines), m_here_lines(lines) {}

  ShellScript parse() {
    ShellScript script;
    while (!at_end()) {
      const auto before = m_at;
      parse_list(script.pipelines, {}, 0);
      if (m_at == before) ++m_at;  // a closer without an opener
    }
    script.truncated = m_truncated;
    return script;
  }

 private:
  bool at_end() const noexcept { return m_at >= m_text.size(); }
  char peek(std::size_t ahead = 0) const noexcept { return m_at + ahead < m_text.size() ? m_text[m_at + ahead] : '\0'; }

  void skip_blanks() noexcept {
    while (!at_end()) {
      if (is_blank(m_text[m_at])) ++m_at;
      else if (m_text[m_at] == '\\' && peek(1) == '\n') m_at += 2;
      else if (m_text[m_at] == '#') skip_comment();
      else return;
    }
  }
  void skip_comment() noexcept {
    while (!at_end() && m_text[m_at] != '\n' && m_text[m_at] != k_hard_separator) ++m_at;
  }

  /// Separators between commands.
  void skip_separators() {
    for (;;) {
      skip_blanks();
      if (at_end()) return;
      const char c = m_text[m_at];
      if (c == '\n') {
        step_over_newline();
      } else if (c == k_hard_separator || c == '&' || (c == ';' && !at_case_end())) {
        ++m_at;
      } else {
        return;
      }
    }
  }
  bool at_case_end() const noexcept { return peek() == ';' && (peek(1) == ';' || peek(1) == '&'); }

  /// Consume a newline, and the here-documents that follow it.
  void step_over_newline() noexcept { m_at = m_at == m_here_newline ? std::max(m_here_end, m_at + 1) : m_at + 1; }

  /// Read the body of a here-document whose operator stands on the line that ends at `m_here_newline`.
  void read_here_document(Redirect& redirect, bool strip_tabs) {
    if (m_here_newline == std::string_view::npos || m_here_newline < m_at) {
      m_here_newline = end_of_command_line(m_at);
      m_here_end = std::min(m_here_newline + 1, m_text.size());
    }
    const auto delimiter = unquoted(redirect.target.raw);
    const auto begin = m_here_end;
    redirect.body_line = m_here_lines.at(begin);
    auto end = m_text.size();
    for (auto at = begin; at < m_text.size();) {
      const auto line_end = std::min(m_text.find('\n', at), m_text.size());
      auto line = m_text.substr(at, line_end - at);
      if (strip_tabs) line.remove_prefix(std::min(line.find_first_not_of('\t'), line.size()));
      if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
      const bool is_end = line == delimiter;
      if (is_end) end = at;
      at = std::min(line_end + 1, m_text.size());
      m_here_end = at;
      if (is_end) break;
    }
    if (end == m_text.size()) m_here_end = end;
    redirect.body = m_text.substr(begin, end - begin);
  }
  std::size_t end_of_command_line(std::size_t at) const noexcept {
    while (at < m_text.size() && m_text[at] != '\n' && m_text[at] != k_hard_separator) at = m_quotes.step(at, 0);
    return std::min(at, m_text.size());
  }

  std::string_view peek_word() const noexcept {
    auto end = m_at;
    while (end < m_text.size() && end - m_at < 16 && std::isalpha(static_cast<unsigned char>(m_text[end])) != 0) ++end;
    const char next = end < m_text.size() ? m_text[end] : '\n';
    if (!is_blank(next) && next != '\n' && next != ';' && next != '|' && next != '&' && next != '(' && next != ')' &&
        next != '<' && next != '>' && next != k_hard_separator)
      return {};
    return m_text.substr(m_at, end - m_at);
  }
  static bool is_filler(std::string_view word) noexcept {
    return word == "then" || word == "else" || word == "elif" || word == "do" || word == "time" || word == "coproc";
  }
  static bool is_closer(std::string_view word) noexcept { return word == "fi" || word == "done" || word == "esac"; }

  /// Pipelines until `closer` (a reserved word, `}` or `)`) or, in a case branch, `;;`. The closer is not consumed.
  void parse_list(std::vector<Pipeline>& list, std::string_view closer, unsigned depth) {
    for (;;) {
      skip_separators();
      if (at_end()) return;
      const char c = peek();
      if (c == ')') {
        if (closer == ")" || m_open_parentheses > 0 || closer.empty()) return;
        ++m_at;
        continue;
      }
      if (c == '}' && ends_word(1)) {
        if (closer == "}" || m_open_braces > 0 || closer.empty()) return;
        ++m_at;
        continue;
      }
      if (at_case_end()) {
        if (closer == "esac") return;
        m_at += 2;
        continue;
      }
      if (c == '|') {
        ++m_at;
        continue;
      }
      const auto word = peek_word();
      if (is_closer(word)) {
        if (!closer.empty() && (word == closer || is_open(word))) return;
        m_at += word.size();
        continue;
      }
      if (is_filler(word)) {
        m_at += word.size();
        continue;
      }
      if (c == '!' && ends_word(1)) {
        ++m_at;
        continue;
      }
      if (m_commands > k_most_commands) {
        m_truncated = true;
        m_at = m_text.size();
        return;
      }
      const auto before = m_at;
      Pipeline pipeline;
      parse_pipeline(pipeline, depth);
      if (!pipeline.stages.empty()) list.push_back(std::move(pipeline));
      if (m_at == before) ++m_at;
    }
  }

  bool ends_word(std::size_t ahead) const noexcept {
    const char next = m_at + ahead < m_text.size() ? m_text[m_at + ahead] : '\n';
    return is_blank(next) || next == '\n' || next == ';' || next == '|' || next == '&' || next == ')' || next == '(' ||
           next == '<' || next == '>' || next == k_hard_separator;
  }
  bool is_open(std::string_view closer) const noexcept {
    return m_open[closer == "fi" ? 0 : closer == "done" ? 1 : 2] > 0;
  }

  void parse_pipeline(Pipeline& pipeline, unsigned depth) {
    for (;;) {
      Command command;
      command.line = m_lines.at(m_at);
      parse_command(command, depth);
      ++m_commands;
      if (command.kind != CommandKind::simple || !command.words.empty() || !command.assignments.empty() ||
          !command.redirects.empty())
        pipeline.stages.push_back(std::move(command));
      skip_blanks();
      if (peek() != '|' || peek(1) == '|') {
        if (peek() == '|') m_at += 2;
        return;
      }
      m_at += peek(1) == '&' ? 2U : 1U;
      skip_newlines();
    }
  }
  void skip_newlines() {
    for (;;) {
      skip_blanks();
      if (peek() != '\n' || at_end()) return;
      step_over_newline();
    }
  }

  void parse_command(Command& command, unsigned depth) {
    skip_blanks();
    if (depth >= k_deepest_command) return parse_simple(command, depth);  // openers are words then; nothing is lost
    if (peek() == '(') {
      ++m_at;
      return parse_group(command, ")", depth, m_open_parentheses);
    } else if (peek() == '{' && ends_word(1)) {
      ++m_at;
      return parse_group(command, "}", depth, m_open_braces);
    } else {
      const auto word = peek_word();
      if (word == "if") return parse_keyword_group(command, word, "fi", depth);
      if (word == "while" || word == "until") return parse_keyword_group(command, word, "done", depth);
      if (word == "for" || word == "select") return parse_for(command, depth);
      if (word == "case") return parse_case(command, depth);
      if (word == "function") m_at += word.size();
    }
    parse_simple(command, depth);
  }

  void parse_group(Command& command, std::string_view closer, unsigned depth, unsigned& open) {
    command.kind = CommandKind::group;
    ++open;
    parse_list(command.body, closer, depth + 1);
    --open;
    if (peek() == closer[0]) ++m_at;
    parse_redirects(command);
  }

  void parse_keyword_group(Command& command, std::string_view word, std::string_view closer, unsigned depth) {
    if (command.kind != CommandKind::loop) {
      command.kind = CommandKind::group;
      command.name = m_text.substr(m_at, word.size());
    }
    m_at += word.size();
    auto& open = m_open[closer == "fi" ? 0 : closer == "done" ? 1 : 2];
    ++open;
    parse_list(command.body, closer, depth + 1);
    --open;
    if (peek_word() == closer) m_at += closer.size();
    parse_redirects(command);
  }

  void parse_for(Command& command, unsigned depth) {
    command.kind = CommandKind::loop;
    m_at += peek_word().size();
    skip_blanks();
    const auto begin = m_at;
    while (!at_end() && is_name(peek())) ++m_at;
    command.name = m_text.substr(begin, m_at - begin);
    skip_newlines();
    if (peek_word() == "in") {
      m_at += 2;
      for (skip_blanks(); !at_end() && !is_command_end(); skip_blanks()) {
        if (peek() == '<' || peek() == '>') break;
        command.words.push_back(take_word());
      }
    }
    parse_keyword_group(command, "", "done", depth);
  }

  void parse_case(Command& command, unsigned depth) {
    command.kind = CommandKind::group;
    m_at += 4;
    skip_blanks();
    if (!at_end() && !is_command_end()) take_word();
    skip_newlines();
    if (peek_word() == "in") m_at += 2;
    ++m_open[2];
    for (;;) {
      skip_separators();
      if (at_end() || peek_word() == "esac") break;
      if (peek() == '}' || is_closer(peek_word())) break;  // somebody else's
      skip_case_pattern();
      parse_list(command.body, "esac", depth + 1);
      if (at_case_end()) m_at += peek(2) == '&' ? 3U : 2U;
      else if (peek_word() != "esac") break;
    }
    --m_open[2];
    if (peek_word() == "esac") m_at += 4;
    parse_redirects(command);
  }
  /// `a | b)` — alternatives, not a pipeline.
  void skip_case_pattern() {
    if (peek() == '(') ++m_at;
    for (;;) {
      skip_blanks();
      if (at_end() || peek() == '\n' || peek() == k_hard_separator || peek() == ';') return;
      if (peek() == ')') {
        ++m_at;
        return;
      }
      if (peek() == '|' || peek() == '&' || peek() == '<' || peek() == '>' || peek() == '(') ++m_at;
      else take_word();
    }
  }

  bool is_command_end() const noexcept {
    const char c = peek();
    return c == '\n' || c == ';' || c == '&' || c == '|' || c == '(' || c == ')' || c == k_hard_separator;
  }

  void parse_simple(Command& command, unsigned depth) {
    for (skip_blanks(); !at_end(); skip_blanks()) {
      const char c = peek();
      if (c == '&' && peek(1) == '>') {
        ++m_at;
        continue;
      }
      if (c == '(' && command.words.size() == 1 && command.assignments.empty()) {
        take_function(command, depth);
        return;
      }
      if (is_command_end()) return;
      if (take_redirect(command)) continue;
      auto word = take_word();
      if (command.words.empty() && !assigned_name(word.raw).empty()) {
        if (peek() == '(' && word.raw.back() == '=') word = take_array(word);
        command.assignments.push_back(word);
      } else {
        command.words.push_back(word);
      }
    }
  }
  ShellWord take_array(ShellWord word) {
    const auto begin = static_cast<std::size_t>(word.raw.data() - m_text.data());
    m_at = m_quotes.until(m_at + 1, ')', 0);
    word.raw = m_text.substr(begin, m_at - begin);
    return word;
  }
  void take_function(Command& command, unsigned depth) {
    auto ahead = m_at + 1;
    while (ahead < m_text.size() && is_blank(m_text[ahead])) ++ahead;
    if (ahead >= m_text.size() || m_text[ahead] != ')') return;
    m_at = ahead + 1;
    const auto name = command.words.front().raw;
    skip_newlines();
    command.words.clear();
    const auto line = command.line;
    Command body;
    body.line = line;
    if (peek() == '{' || peek() == '(' || !peek_word().empty()) parse_command(body, depth + 1);
    command.kind = CommandKind::function;
    command.name = name;
    if (body.kind == CommandKind::simple) {
      command.body.emplace_back();
      command.body.back().stages.push_back(std::move(body));
    } else {
      command.body = std::move(body.body);
      command.redirects = std::move(body.redirects);
    }
  }

  void parse_redirects(Command& command) {
    for (skip_blanks(); !at_end() && take_redirect(command); skip_blanks()) {
    }
  }

  bool take_redirect(Command& command) {
    auto at = m_at;
    while (at < m_text.size() && std::isdigit(static_cast<unsigned char>(m_text[at])) != 0 && at - m_at < 4) ++at;
    if (at >= m_text.size() || (m_text[at] != '<' && m_text[at] != '>')) return false;
    // `<(…)` and `>(…)` are words.
    if (at + 1 < m_text.size() && m_text[at + 1] == '(') return false;
    Redirect redirect;
    if (at > m_at) redirect.fd = std::stoi(std::string{m_text.substr(m_at, at - m_at)});
    m_at = at;
    bool strip_tabs = false;
    redirect.kind = take_operator(strip_tabs);
    skip_blanks();
    if (!at_end() && (!is_command_end() || peek() == '&')) {
      if (peek() == '&') ++m_at;
      redirect.target = take_word();
    }
    if (redirect.kind != RedirectKind::here_document) {
      command.redirects.push_back(redirect);
      return true;
    }
    redirect.literal = redirect.target.raw.find_first_of("'\"\\") != std::string_view::npos;
    read_here_document(redirect, strip_tabs);
    command.redirects.push_back(redirect);
    return true;
  }

  RedirectKind take_operator(bool& strip_tabs) {
    const char c = m_text[m_at++];
    if (c == '>') {
      if (peek() == '>') return ++m_at, RedirectKind::append;
      if (peek() == '&') return ++m_at, RedirectKind::duplicate;
      if (peek() == '|') ++m_at;
      return RedirectKind::out;
    }
    if (peek() == '&') return ++m_at, RedirectKind::duplicate;
    if (peek() == '>') return ++m_at, RedirectKind::in;
    if (peek() != '<') return RedirectKind::in;
    ++m_at;
    if (peek() == '<') return ++m_at, RedirectKind::here_string;
    if (peek() == '-') {
      ++m_at;
      strip_tabs = true;
    }
    return RedirectKind::here_document;
  }

  ShellWord take_word() {
    const auto begin = m_at;
    const auto line = m_lines.at(begin);
    if ((peek() == '<' || peek() == '>') && peek(1) == '(') m_at = m_quotes.until(m_at + 2, ')', 1);
    while (!at_end()) {
      const char c = m_text[m_at];
      if (is_blank(c) || c == '\n' || c == ';' || c == '|' || c == '&' || c == '<' || c == '>' || c == '(' ||
          c == ')' || c == k_hard_separator)
        break;
      m_at = m_quotes.step(m_at, 0);
    }
    if (m_at == begin) ++m_at;
    return {m_text.substr(begin, m_at - begin), line};
  }

  std::string_view m_text;
  QuoteScanner m_quotes;
  LineCursor m_lines;
  LineCursor m_here_lines;
  std::size_t m_at = 0;
  std::size_t m_commands = 0;
  std::size_t m_here_newline = std::string_view::npos;  ///< the newline behind which here-documents stand
  std::size_t m_here_end = 0;                           ///< and where they end
  unsigned m_open_parentheses = 0;
  unsigned m_open_braces = 0;
  std::array<unsigned, 3> m_open{};
  bool m_truncated = false;
};

}  // namespace

ShellScript parse_shell(const ShellText& text) {
  return Parser{text.text, LineCursor{&text, 1}}.parse();
}

ShellScript parse_shell(std::string_view text, std::uint32_t line) {
  return Parser{text, LineCursor{nullptr, line}}.parse();
}

std::size_t quoted_length(std::string_view text, std::size_t at) noexcept {
  return std::max<std::size_t>(QuoteScanner{text}.step(at, 0), at + 1) - at;
}

std::string unquoted(std::string_view raw) {
  std::string result;
  char quote = 0;
  for (std::size_t i = 0; i < raw.size(); ++i) {
    const char c = raw[i];
    if (c == '\\' && quote != '\'' && i + 1 < raw.size()) {
      const char next = raw[i + 1];
      if (quote == '"' && next != '$' && next != '`' && next != '"' && next != '\\' && next != '\n') result += c;
      else if (next == '\n') {
        ++i;
        continue;
      }
      result += raw[++i];
    } else if (quote == 0 && (c == '\'' || c == '"')) {
      quote = c;
    } else if (c == quote && quote != 0) {
      quote = 0;
    } else {
      result += c;
    }
  }
  return result;
}

std::string_view assigned_name(std::string_view raw) noexcept {
  if (raw.empty() || !is_name_start(raw[0])) return {};
  std::size_t end = 1;
  while (end < raw.size() && is_name(raw[end])) ++end;
  const auto name = raw.substr(0, end);
  if (end < raw.size() && raw[end] == '[') {
    end = raw.find(']', end);
    if (end == std::string_view::npos) return {};
    ++end;
  }
  if (raw.substr(end).starts_with("+=") || raw.substr(end).starts_with("=")) return name;
  return {};
}

}  // namespace assay::inspect
