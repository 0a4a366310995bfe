#include "inspect/script/sed.hpp"

#include <algorithm>
#include <cctype>

#include "base/text.hpp"

namespace assay::inspect {

namespace {

constexpr std::size_t k_most_commands = 256;

class SedParser {
 public:
  SedParser(std::string_view text, bool extended)
      : m_text(text), m_syntax(extended ? PatternSyntax::extended : PatternSyntax::basic) {}

  bool parse(std::vector<SedProgram::Command>& commands) {
    for (;;) {
      while (m_at < m_text.size() && (std::isspace(static_cast<unsigned char>(peek())) != 0 || peek() == ';')) ++m_at;
      if (m_at >= m_text.size()) return true;
      if (commands.size() >= k_most_commands) return false;
      if (peek() == '#') {
        skip_line();
        continue;
      }
      SedProgram::Command command;
      if (!take_address(command.first)) return false;
      skip_blanks();
      if (peek() == ',') {
        ++m_at;
        skip_blanks();
        if (!take_address(command.second)) return false;
      }
      skip_blanks();
      while (peek() == '!') {
        command.negated = true;
        ++m_at;
        skip_blanks();
      }
      if (!take_command(command)) return false;
      commands.push_back(std::move(command));
    }
  }

 private:
  char peek() const noexcept { return m_at < m_text.size() ? m_text[m_at] : '\0'; }
  void skip_blanks() noexcept {
    while (peek() == ' ' || peek() == '\t') ++m_at;
  }
  void skip_line() noexcept { m_at = std::min(m_text.find('\n', m_at), m_text.size()); }

  bool take_address(SedProgram::Address& address) {
    using Kind = SedProgram::Address::Kind;
    if (std::isdigit(static_cast<unsigned char>(peek())) != 0) {
      address.kind = Kind::line;
      while (std::isdigit(static_cast<unsigned char>(peek())) != 0 && address.line < (1ULL << 40))
        address.line = address.line * 10 + static_cast<std::uint64_t>(m_text[m_at++] - '0');
      return true;
    }
    if (peek() == '$') {
      address.kind = Kind::last;
      ++m_at;
      return true;
    }
    if (peek() != '/' && peek() != '\\') return true;
    if (peek() == '\\') ++m_at;
    const char delimiter = peek();
    ++m_at;
    const auto pattern = take_until(delimiter, true);
    if (!pattern) return false;
    address.kind = Kind::pattern;
    address.pattern = compile(*pattern, false);
    return address.pattern != nullptr;
  }

  /// Up to the delimiter, which is stepped over. An escaped delimiter is the delimiter; in a bracket it is not special.
  std::optional<std::string> take_until(char delimiter, bool pattern) {
    std::string result;
    bool bracket = false;
    while (m_at < m_text.size()) {
      const char c = m_text[m_at++];
      if (c == delimiter && !bracket) return result;
      if (pattern && c == '[' && !bracket) {
        bracket = true;
        result += c;
        if (peek() == '^') result += m_text[m_at++];
        if (peek() == ']') result += m_text[m_at++];
        continue;
      }
      if (bracket && c == '[' && (peek() == ':' || peek() == '=' || peek() == '.')) {
        const char kind = peek();
        const auto end = m_text.find(std::string{kind, ']'}, m_at + 1);
        if (end == std::string_view::npos) return std::nullopt;
        result += m_text.substr(m_at - 1, end + 2 - (m_at - 1));
        m_at = end + 2;
        continue;
      }
      if (bracket && c == ']') bracket = false;
      if (c == '\\' && m_at < m_text.size() && !bracket) {
        if (m_text[m_at] != delimiter) result += c;
        result += m_text[m_at++];
        continue;
      }
      result += c;
    }
    return std::nullopt;
  }

  std::shared_ptr<Regex> compile(std::string_view pattern, bool ignore_case) const {
    const auto re2 = to_re2(pattern, m_syntax);
    auto regex = re2 ? Regex::compile(*re2, ignore_case) : std::optional<Regex>{};
    return regex ? std::make_shared<Regex>(std::move(*regex)) : nullptr;
  }

  bool take_command(SedProgram::Command& command) {
    command.name = peek();
    ++m_at;
    switch (command.name) {
      case 's':
        return take_substitution(command);
      case 'y':
        return take_transliteration(command);
      case 'p':
      case 'd':
      case 'q':
      case '=':
        return true;
      case 'r':
      case 'w':
        skip_line();
        return command.name == 'r';
      default:
        return false;
    }
  }

  bool take_substitution(SedProgram::Command& command) {
    const char delimiter = peek();
    if (delimiter == '\0' || delimiter == '\n' || delimiter == '\\') return false;
    ++m_at;
    const auto pattern = take_until(delimiter, true);
    const auto replacement = pattern ? take_until(delimiter, false) : std::nullopt;
    if (!replacement) return false;
    command.replacement = *replacement;
    bool ignore_case = false;
    for (; m_at < m_text.size() && peek() != ';' && peek() != '\n' && peek() != '}'; ++m_at) {
      if (peek() == 'g') command.all = true;
      else if (peek() == 'p') command.print = true;
      else if (peek() == 'i' || peek() == 'I') ignore_case = true;
      else if (peek() != ' ') return false;
    }
    command.pattern = compile(*pattern, ignore_case);
    return command.pattern != nullptr;
  }

  bool take_transliteration(SedProgram::Command& command) {
    const char delimiter = peek();
    if (delimiter == '\0') return false;
    ++m_at;
    const auto from = take_until(delimiter, false);
    const auto to = from ? take_until(delimiter, false) : std::nullopt;
    const auto map = to ? parse_transliteration(*from, *to, false) : std::nullopt;
    if (!map) return false;
    command.map = *map;
    return true;
  }

  std::string_view m_text;
  PatternSyntax m_syntax;
  std::size_t m_at = 0;
};

bool addressed(const SedProgram::Address& address, std::string_view line, std::uint64_t number, bool last) {
  using Kind = SedProgram::Address::Kind;
  switch (address.kind) {
    case Kind::none:
      return true;
    case Kind::line:
      return number == address.line;
    case Kind::last:
      return last;
    case Kind::pattern:
      return address.pattern->found_in(line);
  }
  return false;
}

}  // namespace

std::optional<SedProgram> parse_sed(std::string_view program, bool extended, bool quiet) {
  SedProgram result;
  result.m_quiet = quiet;
  if (!SedParser{program, extended}.parse(result.m_commands)) return std::nullopt;
  return result;
}

bool SedProgram::only_reads() const noexcept {
  return !m_quiet &&
         std::all_of(m_commands.begin(), m_commands.end(), [](const Command& command) { return command.name == 'r'; });
}

std::vector<ByteMap> SedProgram::byte_maps() const {
  std::vector<ByteMap> maps;
  for (const auto& command : m_commands)
    if (command.name == 'y') maps.push_back(command.map);
  return maps;
}

std::optional<std::string> SedProgram::run(std::string_view input, std::uint64_t max_output) const {
  if (only_reads()) return std::string{input};
  std::string result;
  std::vector<bool> in_range(m_commands.size(), false);
  std::uint64_t number = 0;
  for (std::size_t at = 0; at < input.size();) {
    const auto end = std::min(input.find('\n', at), input.size());
    std::string line{input.substr(at, end - at)};
    const bool ended = end < input.size();
    at = end + 1;
    ++number;
    const bool last = at >= input.size();
    bool deleted = false, quit = false;
    for (std::size_t i = 0; i < m_commands.size() && !deleted && !quit; ++i) {
      const auto& command = m_commands[i];
      bool chosen = false;
      if (command.second.kind == Address::Kind::none) {
        chosen = addressed(command.first, line, number, last);
      } else if (in_range[i]) {
        chosen = true;
        const bool past = command.second.kind == Address::Kind::line && number >= command.second.line;
        if (past || addressed(command.second, line, number, last)) in_range[i] = false;
      } else if (addressed(command.first, line, number, last)) {
        chosen = true;
        in_range[i] = command.second.kind != Address::Kind::line || command.second.line > number;
      }
      if (chosen == command.negated) continue;
      if (command.name == 's') {
        const bool matched = command.print && command.pattern->found_in(line);
        line = command.pattern->replace(line, command.replacement, command.all);
        if (matched) result += line + "\n";
      } else if (command.name == 'y') {
        line = std::string{as_text(command.map.apply(as_bytes(line)))};
      } else if (command.name == 'p') {
        result += line + "\n";
      } else if (command.name == 'd') {
        deleted = true;
      } else if (command.name == 'q') {
        quit = true;
      } else if (command.name == '=') {
        result += std::to_string(number) + "\n";
      }
      if (line.size() > max_output || result.size() > max_output) return std::nullopt;
    }
    if (!deleted && !m_quiet) {
      result += line;
      if (ended) result += '\n';
    }
    if (result.size() > max_output) return std::nullopt;
    if (quit) break;
  }
  return result;
}

namespace {

/// m4 takes a pair of brackets away, so that `[[:alnum:]]` arrives as `[:alnum:]`. Shown is what was written and meant.
std::string with_outer_brackets(std::string_view pattern) {
  std::string shown;
  for (std::size_t at = 0; at < pattern.size();) {
    const auto end = pattern.find(":]", at);
    const bool bare = pattern.substr(at).starts_with("[:") && (at == 0 || pattern[at - 1] != '[') &&
                      end != std::string_view::npos && pattern.substr(end + 2, 1) != "]";
    if (!bare) {
      shown += pattern[at++];
      continue;
    }
    shown += "[" + std::string{pattern.substr(at, end + 2 - at)} + "]";
    at = end + 2;
  }
  return shown;
}

}  // namespace

std::optional<GrepCommand> parse_grep(const std::vector<std::string>& arguments) {
  GrepCommand command;
  const auto name = path_basename(arguments[0]);
  auto syntax = name == "egrep"   ? PatternSyntax::extended
                : name == "fgrep" ? PatternSyntax::fixed
                                  : PatternSyntax::basic;
  std::optional<std::string> pattern;
  const auto add_pattern = [&](std::string_view text) {
    pattern = pattern ? *pattern + "\n" + std::string{text} : std::string{text};
  };
  bool only_operands = false;
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    const std::string_view word = arguments[i];
    if (only_operands || word.size() < 2 || word[0] != '-') {
      command.files.push_back(i);
    } else if (word == "--") {
      only_operands = true;
    } else if (word.starts_with("--")) {
      if (word == "--recursive" || word == "--dereference-recursive") command.recursive = true;
      else if (word == "--text" || word == "--binary-files=text") command.binary = true;
      else if (word == "--files-with-matches") command.names_only = true;
      else if (word == "--only-matching") command.only_matching = true;
      else if (word == "--byte-offset") command.byte_offset = true;
      else if (word == "--extended-regexp") syntax = PatternSyntax::extended;
      else if (word == "--fixed-strings") syntax = PatternSyntax::fixed;
      else if (word == "--perl-regexp") syntax = PatternSyntax::perl;
      else if (word == "--ignore-case") command.ignore_case = true;
      else if (word == "--quiet" || word == "--silent") command.quiet = true;
      else if (word.starts_with("--regexp=")) add_pattern(word.substr(9));
    } else {
      for (std::size_t k = 1; k < word.size(); ++k) {
        const char c = word[k];
        if (c == 'r' || c == 'R') command.recursive = true;
        else if (c == 'a') command.binary = true;
        else if (c == 'l' || c == 'L') command.names_only = true;
        else if (c == 'o') command.only_matching = true;
        else if (c == 'b') command.byte_offset = true;
        else if (c == 'E') syntax = PatternSyntax::extended;
        else if (c == 'F') syntax = PatternSyntax::fixed;
        else if (c == 'P') syntax = PatternSyntax::perl;
        else if (c == 'i' || c == 'y') command.ignore_case = true;
        else if (c == 'w') command.whole_word = true;
        else if (c == 'v') command.invert = true;
        else if (c == 'q') command.quiet = true;
        else if (c == 'e') {
          if (k + 1 < word.size()) add_pattern(word.substr(k + 1));
          else if (i + 1 < arguments.size()) add_pattern(arguments[++i]);
          break;
        } else if (c == 'f') {
          return std::nullopt;
        } else if (c == 'm' || c == 'A' || c == 'B' || c == 'C') {
          if (k + 1 == word.size()) ++i;
          break;
        }
      }
    }
  }
  if (!pattern) {
    if (command.files.empty()) return std::nullopt;
    pattern = arguments[command.files.front()];
    command.files.erase(command.files.begin());
  }
  auto re2 = to_re2(*pattern, syntax);
  if (!re2) return std::nullopt;
  command.re2 = std::move(*re2);
  command.shown = with_outer_brackets(*pattern).substr(0, 120);
  return command;
}

}  // namespace assay::inspect
