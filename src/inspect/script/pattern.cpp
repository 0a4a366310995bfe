#include "inspect/script/pattern.hpp"

#include <re2/re2.h>

#include <array>
#include <cctype>

namespace assay::inspect {

namespace {

constexpr std::size_t k_longest_pattern = 4096;
constexpr std::size_t k_longest_result = 64U << 20;
constexpr std::int64_t k_program_memory = 4 << 20;

/// Rewrites one pattern from left to right.
class Translator {
 public:
  Translator(std::string_view pattern, bool extended) : m_pattern(pattern), m_extended(extended) {}

  std::optional<std::string> run() {
    while (m_at < m_pattern.size())
      if (!step()) return std::nullopt;
    return std::move(m_result);
  }

 private:
  char peek(std::size_t ahead) const noexcept {
    return m_at + ahead < m_pattern.size() ? m_pattern[m_at + ahead] : '\0';
  }
  bool at_start() const noexcept { return m_at == 0 || m_after_open; }

  bool step() {
    const char c = m_pattern[m_at];
    const bool start = at_start();
    m_after_open = false;
    if (c == '[') return take_bracket();
    if (c == '\\') return take_escape();
    ++m_at;
    if (c == '^') return put(start || m_extended ? "^" : "\\^"), m_after_open = start || m_extended, true;
    if (c == '$') return put(is_end() || m_extended ? "$" : "\\$"), true;
    if (c == '*') return put(start ? "\\*" : "*"), true;
    if (c == '.') return put("."), true;
    if (m_extended && (c == '(' || c == '|')) {
      m_after_open = true;
      m_result += c;
      return true;
    }
    if (m_extended && c == '{') return put(is_interval(m_at) ? "{" : "\\{"), true;
    if (m_extended && (c == ')' || c == '+' || c == '?' || c == '}')) {
      m_result += c;
      return true;
    }
    put_literal(c);
    return true;
  }

  bool is_end() const noexcept {
    if (m_at >= m_pattern.size()) return true;
    return !m_extended && (m_pattern.substr(m_at).starts_with("\\)") || m_pattern.substr(m_at).starts_with("\\|"));
  }
  /// `{n}`, `{n,}`, `{,m}`, `{n,m}` from the position behind the brace.
  bool is_interval(std::size_t at) const noexcept {
    bool digit = false;
    for (; at < m_pattern.size(); ++at) {
      const char c = m_pattern[at];
      if (std::isdigit(static_cast<unsigned char>(c)) != 0) digit = true;
      else if (c != ',') return digit && (c == '}' || (!m_extended && c == '\\'));
    }
    return false;
  }

  bool take_escape() {
    if (m_at + 1 >= m_pattern.size()) return false;
    const char c = m_pattern[m_at + 1];
    m_at += 2;
    if (c >= '1' && c <= '9') return false;  // a back-reference
    if (!m_extended && (c == '(' || c == ')' || c == '{' || c == '}' || c == '|' || c == '+' || c == '?')) {
      m_after_open = c == '(' || c == '|';
      m_result += c;
      return true;
    }
    switch (c) {
      case '<':
      case '>':
        put("\\b");
        return true;
      case '`':
        put("\\A");
        return true;
      case '\'':
        put("\\z");
        return true;
      case 'w':
      case 'W':
      case 's':
      case 'S':
      case 'b':
      case 'B':
        m_result += {'\\', c};
        return true;
      case 'n':
        put("\\n");
        return true;
      case 't':
        put("\\t");
        return true;
      case 'r':
        put("\\r");
        return true;
      default:
        put_literal(c);
        return true;
    }
  }

  /// `[…]`: a backslash is a plain character in it, `]` in first place too.
  bool take_bracket() {
    const auto lone = m_pattern.substr(m_at);
    if (lone.size() > 4 && lone[1] == ':' && lone.find(":]") != std::string_view::npos &&
        lone.find(":]") + 2 <= lone.size() && lone.find(']') == lone.find(":]") + 1 &&
        lone.substr(lone.find(":]") + 2).substr(0, 1) != "]") {
      const auto end = lone.find(":]") + 2;
      m_result += "[" + std::string{lone.substr(0, end)} + "]";
      m_at += end;
      return true;
    }
    ++m_at;
    m_result += '[';
    if (peek(0) == '^') {
      m_result += '^';
      ++m_at;
    }
    for (bool first = true; m_at < m_pattern.size(); first = false) {
      const char c = m_pattern[m_at];
      if (c == ']' && !first) {
        m_result += ']';
        ++m_at;
        return true;
      }
      if (c == '[' && (peek(1) == ':' || peek(1) == '=' || peek(1) == '.')) {
        const char kind = peek(1);
        const auto end = m_pattern.find(std::string{kind, ']'}, m_at + 2);
        if (end == std::string_view::npos) return false;
        const auto inside = m_pattern.substr(m_at + 2, end - m_at - 2);
        if (kind == ':') m_result += "[:" + std::string{inside} + ":]";
        else
          for (const char literal : inside) put_in_bracket(literal);
        m_at = end + 2;
        continue;
      }
      if (c == '-') m_result += first || peek(1) == ']' ? "\\-" : "-";
      else put_in_bracket(c);
      ++m_at;
    }
    return false;
  }
  void put_in_bracket(char c) {
    if (c == '\\' || c == '[' || c == ']' || c == '^') m_result += '\\';
    m_result += c;
  }

  void put(std::string_view text) { m_result += text; }
  void put_literal(char c) { m_result += RE2::QuoteMeta(re2::StringPiece(&c, 1)); }

  std::string_view m_pattern;
  bool m_extended;
  std::size_t m_at = 0;
  bool m_after_open = false;
  std::string m_result;
};

}  // namespace

std::optional<std::string> to_re2(std::string_view pattern, PatternSyntax syntax) {
  if (pattern.size() > k_longest_pattern) return std::nullopt;
  // Patterns on lines of their own are alternatives.
  std::string result;
  for (std::size_t at = 0; at <= pattern.size();) {
    const auto end = std::min(pattern.find('\n', at), pattern.size());
    const auto one = pattern.substr(at, end - at);
    std::optional<std::string> part;
    if (syntax == PatternSyntax::fixed) part = RE2::QuoteMeta(re2::StringPiece(one.data(), one.size()));
    else if (syntax == PatternSyntax::perl) part = std::string{one};
    else part = Translator{one, syntax == PatternSyntax::extended}.run();
    if (!part) return std::nullopt;
    if (at > 0) result += '|';
    result += *part;
    at = end + 1;
  }
  return result;
}

struct Regex::State {
  RE2 re2;
  State(const std::string& pattern, const RE2::Options& options) : re2(pattern, options) {}
};

Regex::Regex(std::unique_ptr<State> state) : m_state(std::move(state)) {}
Regex::~Regex() = default;
Regex::Regex(Regex&&) noexcept = default;
Regex& Regex::operator=(Regex&&) noexcept = default;

std::optional<Regex> Regex::compile(std::string_view re2, bool ignore_case, bool whole_word) {
  RE2::Options options;
  options.set_encoding(RE2::Options::EncodingLatin1);
  options.set_never_nl(true);
  options.set_log_errors(false);
  options.set_case_sensitive(!ignore_case);
  options.set_max_mem(k_program_memory);
  auto pattern = std::string{re2};
  if (whole_word) pattern = "\\b(?:" + pattern + ")\\b";
  auto state = std::make_unique<State>("(?m)" + pattern, options);
  if (!state->re2.ok()) return std::nullopt;
  return Regex{std::move(state)};
}

bool Regex::found_in(std::string_view text) const {
  return RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), m_state->re2);
}

std::optional<std::pair<std::size_t, std::size_t>> Regex::find(std::string_view text, std::size_t from) const {
  re2::StringPiece match;
  const re2::StringPiece subject(text.data(), text.size());
  if (!m_state->re2.Match(subject, from, text.size(), RE2::UNANCHORED, &match, 1)) return std::nullopt;
  const auto begin = static_cast<std::size_t>(match.data() - text.data());
  return std::pair{begin, begin + match.size()};
}

std::string Regex::replace(std::string_view line, std::string_view replacement, bool all) const {
  constexpr int k_groups = 10;
  std::array<re2::StringPiece, k_groups> groups;
  const int wanted = std::min(k_groups, m_state->re2.NumberOfCapturingGroups() + 1);
  const re2::StringPiece subject(line.data(), line.size());
  std::string result;
  for (std::size_t at = 0; at <= line.size() && result.size() <= k_longest_result;) {
    if (!m_state->re2.Match(subject, at, line.size(), RE2::UNANCHORED, groups.data(), wanted)) {
      result += line.substr(at);
      break;
    }
    const auto begin = static_cast<std::size_t>(groups[0].data() - line.data());
    result += line.substr(at, begin - at);
    for (std::size_t i = 0; i < replacement.size(); ++i) {
      const char c = replacement[i];
      if (c == '&') result.append(groups[0].data(), groups[0].size());
      else if (c != '\\' || i + 1 >= replacement.size()) result += c;
      else if (const char next = replacement[++i]; next >= '0' && next <= '9') {
        const auto group = static_cast<std::size_t>(next - '0');
        if (group < static_cast<std::size_t>(wanted)) result.append(groups[group].data(), groups[group].size());
      } else {
        result += next == 'n' ? '\n' : next == 't' ? '\t' : next;
      }
    }
    at = begin + groups[0].size();
    if (groups[0].empty()) {
      if (at < line.size()) result += line[at];
      ++at;
    }
    if (!all) {
      if (at <= line.size()) result += line.substr(at);
      break;
    }
  }
  return result;
}

}  // namespace assay::inspect
