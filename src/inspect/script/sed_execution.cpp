// What sed has a shell execute: GNU's command `e` and the flag `e` of its command `s`. Unlike parse_sed() this walks over every
// command that sed has, as what stands before one must not hide it.
#include <algorithm>
#include <cctype>
#include <utility>

#include "inspect/script/sed.hpp"

namespace assay::inspect {

namespace {

class SedWalk {
 public:
  explicit SedWalk(std::string_view text) : m_text(text) {}

  /// Nothing if it is no program of sed.
  std::optional<SedExecution> run() {
    for (;;) {
      skip_any(" \t\n;{}");
      if (m_at >= m_text.size()) return std::move(m_found);
      if (!skip_address()) return std::nullopt;
      skip_any(" \t!");
      if (!skip_command()) return std::nullopt;
    }
  }

 private:
  char peek() const noexcept { return m_at < m_text.size() ? m_text[m_at] : '\0'; }
  char take() noexcept { return m_at < m_text.size() ? m_text[m_at++] : '\0'; }
  void skip_any(std::string_view characters) noexcept {
    m_at = std::min(m_text.find_first_not_of(characters, m_at), m_text.size());
  }
  std::string_view take_until(std::string_view ends) noexcept {
    const auto begin = std::exchange(m_at, std::min(m_text.find_first_of(ends, m_at), m_text.size()));
    return m_text.substr(begin, m_at - begin);
  }

  /// `1`, `1~2`, `$`, `/…/I`, `\c…c`, `+3`, and two of them with a comma between.
  bool skip_address() {
    for (;;) {
      skip_any(" \t0123456789~+$,");
      if (peek() != '/' && peek() != '\\') return true;
      if (peek() == '\\') ++m_at;
      if (!take_part(take(), true)) return false;
      skip_any("IM");
    }
  }

  /// Up to the delimiter, which is stepped over; it is none behind a backslash, nor in a bracket of a pattern.
  std::optional<std::string> take_part(char delimiter, bool pattern) {
    std::string part;
    for (bool bracket = false; m_at < m_text.size();) {
      const char c = take();
      if (c == delimiter && !bracket) return part;
      if (c == '\\' && !bracket && m_at < m_text.size()) {
        if (peek() != delimiter) part += c;
        part += take();
        continue;
      }
      part += c;
      if (pattern && c == '[' && !bracket) {
        bracket = true;
        for (const char first : {'^', ']'})
          if (peek() == first) part += take();
      } else if (c == ']') {
        bracket = false;
      }
    }
    return std::nullopt;
  }

  bool skip_command() {
    const char name = take();
    if (std::string_view{"dDgGhHnNpPxzF="}.find(name) != std::string_view::npos) return true;
    switch (name) {
      case '\0':
      case '}':
      case '{':
        return true;
      case '#':
      case 'r':
      case 'R':
      case 'w':
      case 'W':
      case 'v':
        take_until("\n");
        return true;
      case ':':
      case 'b':
      case 't':
      case 'T':
        take_until(";\n");
        return true;
      case 'l':
      case 'L':
      case 'q':
      case 'Q':
        skip_any(" \t0123456789");
        return true;
      case 'a':
      case 'i':
      case 'c':
        skip_text();
        return true;
      case 'y':
        return take_parts(false).has_value();
      case 's':
        return take_substitution();
      case 'e':
        take_execution(take_until("\n"));
        return true;
      default:
        return false;
    }
  }

  void skip_text() {
    for (take_until("\n"); m_at < m_text.size() && m_text[m_at - 1] == '\\'; take_until("\n")) ++m_at;
  }

  /// The second of two.
  std::optional<std::string> take_parts(bool pattern) {
    const char delimiter = take();
    if (delimiter == '\0' || delimiter == '\n' || delimiter == '\\' || !take_part(delimiter, pattern))
      return std::nullopt;
    return take_part(delimiter, false);
  }

  bool take_substitution() {
    auto replacement = take_parts(true);
    if (!replacement) return false;
    bool executes = false;
    for (;; ++m_at, executes = true) {
      skip_any("gpiImM0123456789 \t");
      if (peek() == 'w') take_until("\n");
      if (peek() != 'e') break;
    }
    if (executes) {
      m_found.lines = true;
      m_found.commands.push_back(*std::move(replacement));
    }
    return true;
  }

  void take_execution(std::string_view command) {
    const auto begin = command.find_first_not_of(" \t");
    if (begin == std::string_view::npos) m_found.lines = true;
    else m_found.commands.emplace_back(command.substr(begin));
  }

  std::string_view m_text;
  std::size_t m_at = 0;
  SedExecution m_found;
};

/// For what is no program of sed before variables have their values.
bool has_executing_substitution(std::string_view program) noexcept {
  constexpr std::string_view k_flags = "gpiImM0123456789";
  for (auto at = program.find('s'); at != std::string_view::npos; at = program.find('s', at + 1)) {
    // At the beginning, or behind an address or another command.
    if (at > 0 && std::isalpha(static_cast<unsigned char>(program[at - 1])) != 0) continue;
    const char delimiter = at + 1 < program.size() ? program[at + 1] : '\0';
    if (delimiter == '\0' || std::isalnum(static_cast<unsigned char>(delimiter)) != 0 ||
        std::string_view{" \t\n\\\"'"}.find(delimiter) != std::string_view::npos)
      continue;
    auto end = at + 1;
    for (int parts = 0; parts < 2 && end != std::string_view::npos; ++parts) do
        end = program.find(delimiter, end + 1);
      while (end != std::string_view::npos && program[end - 1] == '\\');
    if (end == std::string_view::npos) continue;
    const auto flag = program.find_first_not_of(k_flags, end + 1);
    if (flag == std::string_view::npos || program[flag] != 'e') continue;
    const auto behind = program.find_first_not_of(k_flags, flag + 1);
    if (behind == std::string_view::npos ||
        std::string_view{"; \n}\"'w"}.find(program[behind]) != std::string_view::npos)
      return true;
  }
  return false;
}

}  // namespace

SedExecution sed_execution(std::string_view program) {
  if (auto found = SedWalk{program}.run()) return *std::move(found);
  return {has_executing_substitution(program), {}};
}

std::vector<SedWord> sed_words(const std::vector<std::string_view>& words) {
  std::vector<SedWord> found;
  std::vector<std::size_t> operands;
  bool named = false;  // a program or its file
  for (std::size_t i = 1; i < words.size(); ++i) {
    const auto word = words[i];
    if (word.size() < 2 || word[0] != '-') {
      operands.push_back(i);
      continue;
    }
    // `-ne PROGRAM`, `-nePROGRAM`, `--expression=PROGRAM`; `-iSUFFIX` takes the rest.
    const bool is_long = word[1] == '-';
    const auto option = is_long ? 2 : word.find_first_of("efil", 1);
    if (option >= word.size() || std::string_view{"efl"}.find(word[option]) == std::string_view::npos ||
        (is_long && word.substr(0, 4) == "--fo"))
      continue;
    const auto value = is_long ? std::min(word.find('='), word.size()) : option;
    const bool inside = value + 1 < word.size();
    if (!inside && ++i >= words.size()) break;
    named = named || word[option] != 'l';
    if (word[option] == 'e') found.push_back({i, true, inside ? word.substr(value + 1) : words[i]});
  }
  for (std::size_t i = 0; i < operands.size(); ++i)
    found.push_back({operands[i], i == 0 && !named, words[operands[i]]});
  return found;
}

}  // namespace assay::inspect
