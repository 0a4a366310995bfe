#include <cctype>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "inspect/script/rewrite.hpp"

namespace assay::inspect {

namespace {

constexpr std::size_t k_longest_expansion = 16 * 1024;
constexpr unsigned k_deepest_expansion = 6;
constexpr std::size_t k_most_includes = 256;

bool is_name(char c) noexcept {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.' || c == '-';
}

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

/// Characters of a make variable that a shell variable may have.
std::string shell_name(std::string_view name) {
  std::string result{name};
  for (auto& c : result)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  return result;
}

/// Where the `$(` or `${` whose inside begins at `at` ends: the position of its closer, or the end.
std::size_t end_of_reference(std::string_view text, std::size_t at, char open, char close) {
  int depth = 1;
  for (; at < text.size(); ++at) {
    if (text[at] == open) ++depth;
    if (text[at] == close && --depth == 0) return at;
  }
  return at;
}

class MakeRewriter {
 public:
  MakeRewriter(std::string_view text, ShellTextBuilder& out) : m_text(text), m_out(out) {}

  void run(const MakeVariables& included) {
    collect();
    for (const auto& [name, value] : included) m_textual.emplace(name, value);
    m_line = 1;
    m_at = 0;
    while (m_at < m_text.size()) rewrite(take_logical_line());
  }

  MakeOutline outline() {
    collect();
    return {{m_textual.begin(), m_textual.end()}, std::move(m_includes)};
  }

 private:
  struct Line {
    std::string_view text;
    std::uint32_t number;
  };

  /// A line with those it is continued on.
  Line take_logical_line() {
    const auto begin = m_at;
    const auto number = m_line;
    while (m_at < m_text.size()) {
      const auto end = std::min(m_text.find('\n', m_at), m_text.size());
      std::size_t slashes = 0;
      while (slashes < end - m_at && m_text[end - 1 - slashes] == '\\') ++slashes;
      m_at = std::min(end + 1, m_text.size());
      ++m_line;
      if (slashes % 2 == 0) break;
    }
    auto text = m_text.substr(begin, m_at - begin);
    if (text.ends_with('\n')) text.remove_suffix(1);
    return {text, number};
  }

  struct Assignment {
    std::string_view name;
    std::string_view value;
    bool command = false;  ///< NAME != command
    bool append = false;
  };

  static bool assignment_of(std::string_view line, Assignment& assignment) {
    for (const std::string_view word : {"export ", "override ", "private "})
      if (line.starts_with(word)) line = trimmed(line.substr(word.size()));
    std::size_t end = 0;
    while (end < line.size() && is_name(line[end])) ++end;
    if (end == 0) return false;
    assignment.name = line.substr(0, end);
    while (end < line.size() && (line[end] == ' ' || line[end] == '\t')) ++end;
    auto rest = line.substr(end);
    while (rest.starts_with(':')) rest.remove_prefix(1);
    if (rest.size() < line.substr(end).size() && !rest.starts_with('=')) return false;
    if (rest.starts_with("?=") || rest.starts_with("+=") || rest.starts_with("!=")) {
      assignment.command = rest[0] == '!';
      assignment.append = rest[0] == '+';
      rest.remove_prefix(1);
    }
    if (!rest.starts_with('=')) return false;
    assignment.value = trimmed(rest.substr(1));
    return true;
  }

  /// `include a.mk $(dir)/b.mk`; make takes `-include` and `sinclude` as well.
  static void take_includes(std::string_view line, std::vector<std::string>& includes) {
    const auto blank = line.find_first_of(" \t");
    const auto word = line.substr(0, blank);
    if (blank == std::string_view::npos || (word != "include" && word != "-include" && word != "sinclude")) return;
    std::string name;
    for (std::size_t i = blank; i <= line.size() && includes.size() < k_most_includes; ++i) {
      const char c = i < line.size() ? line[i] : ' ';
      if (c == '$' && i + 1 < line.size() && (line[i + 1] == '(' || line[i + 1] == '{')) {
        i = end_of_reference(line, i + 2, line[i + 1], line[i + 1] == '(' ? ')' : '}');
        name += '*';
      } else if (c == ' ' || c == '\t' || c == '\n' || c == '\\') {
        if (const auto base = path_basename(name); !base.empty()) includes.emplace_back(base);
        name.clear();
      } else {
        name += c;
      }
    }
  }

  void collect() {
    while (m_at < m_text.size()) {
      const auto line = take_logical_line();
      Assignment assignment;
      take_includes(trimmed(line.text), m_includes);
      if (line.text.starts_with('\t') || !assignment_of(trimmed(line.text), assignment)) continue;
      if (assignment.name == "SHELL") take_shell(assignment.value);
      if (assignment.value.find_first_of("|;&<>`\"'") != std::string_view::npos &&
          assignment.value.size() < k_longest_expansion)
        m_textual[std::string{assignment.name}] = assignment.value;
    }
  }

  void take_shell(std::string_view value) {
    const auto name = path_basename(value.substr(0, value.find_first_of(" \t")));
    const bool program = name.starts_with("python") || name.starts_with("perl") || name == "ruby" || name == "node" ||
                         name == "php" || name == "Rscript";
    m_shell = program ? name : std::string_view{};
  }

  void rewrite(const Line& line) {
    m_out.set_line(line.number);
    if (line.text.starts_with('\t')) return put_recipe(line.text.substr(1));
    const auto text = trimmed(line.text);
    Assignment assignment;
    if (text.starts_with('#') || text.empty()) return;
    if (text.starts_with("define ") || text == "endef") {
      m_in_define = text != "endef";
      return;
    }
    if (m_in_define) return put_recipe(line.text);
    if (assignment_of(text, assignment)) return put_assignment(assignment);
    for (const std::string_view function : {"$(eval", "$(shell", "$(info ", "$(warning ", "$(error "})
      if (text.starts_with(function)) return put_recipe(text);
    for (const std::string_view word : {"include ", "-include ", "sinclude "})
      if (text.starts_with(word)) return put_include(text.substr(word.size()));
    if (text.starts_with("load ") || text.starts_with("-load ")) return put_include(text.substr(text.find(' ') + 1));
    if (text.starts_with("vpath ")) return put_search(trimmed(text.substr(6)));
    put_rule(line.text);
  }

  /// `target: prerequisites ; recipe`, `target: NAME = value`
  void put_rule(std::string_view text) {
    const auto colon = text.find(':');
    m_target = m_prerequisite = {};
    m_target_text.reset();
    m_prerequisite_text.reset();
    if (colon == std::string_view::npos) return;
    const auto semicolon = std::min(text.find(';', colon), text.size());
    Assignment assignment;
    const auto rest = text.substr(colon + 1, semicolon - colon - 1);
    if (assignment_of(trimmed(rest), assignment)) return put_assignment(assignment);
    // Where test data becomes something else it matters what; of all other rules it does not.
    if (const auto name = first_word(rest); is_test_data_file(name)) {
      m_target = only_word(text.substr(0, colon));
      m_prerequisite = name;
    }
    if (semicolon < text.size()) put_recipe(text.substr(semicolon + 1));
  }
  /// It is put in for every `$@` and `$<`: none is that long, nor are all of them.
  static constexpr std::size_t k_longest_name = 512;
  static constexpr std::size_t k_most_names_put = 8U << 20;
  static bool is_plain_name(std::string_view word, std::string_view without) {
    return word.size() <= k_longest_name && word.find_first_of(without) == std::string_view::npos;
  }
  static std::string_view first_word(std::string_view text) {
    text = trimmed(text);
    while (text.starts_with(':')) text = trimmed(text.substr(1));
    const auto word = text.substr(0, text.find_first_of(" \t\n|"));
    return is_plain_name(word, "%\\") ? word : std::string_view{};
  }
  static std::string_view only_word(std::string_view text) {
    const auto word = trimmed(text);
    return is_plain_name(word, " \t\n%\\") ? word : std::string_view{};
  }

  /// Of the present rule, as far as it matters; expanded once for all the places of its recipe.
  std::string_view target() {
    if (!m_target_text) m_target_text = short_name(m_target);
    return *m_target_text;
  }
  std::string_view prerequisite() {
    if (!m_prerequisite_text) m_prerequisite_text = short_name(m_prerequisite);
    return *m_prerequisite_text;
  }
  std::string short_name(std::string_view name) {
    auto whole = expanded(name, 1);
    return whole.size() <= k_longest_name ? whole : std::string{};
  }

  void put_recipe(std::string_view text) {
    while (!text.empty() && (text[0] == '@' || text[0] == '-' || text[0] == '+' || text[0] == ' ' || text[0] == '\t'))
      text.remove_prefix(1);
    if (text.starts_with('#')) return;
    if (m_shell.empty()) m_out.put_lines(expanded(text, 0));
    else put_program(expanded(text, 0));
    m_out.separate();
  }

  /// A line that is handed to another language than that of a shell.
  void put_program(std::string_view text) {
    m_out.put(m_shell);
    m_out.put(m_shell.find("python") != std::string_view::npos ? " -c '" : " -e '");
    for (const char c : text) m_out.put_lines(c == '\'' ? std::string_view{"'\\''"} : std::string_view{&c, 1});
    m_out.put('\'');
  }

  void put_assignment(const Assignment& assignment) {
    m_out.put(shell_name(assignment.name));
    m_out.put(assignment.append ? "+=" : "=");
    if (assignment.command) {
      m_out.put("$(");
      m_out.put_lines(expanded(assignment.value, 0));
      m_out.put(')');
    } else {
      // Double quotes keep the value in one piece; those in it are text.
      m_out.put('"');
      std::string value;
      for (const char c : expanded(assignment.value, k_deepest_expansion)) {
        if (c == '"' || c == '`' || c == '\\') value += '\\';
        value += c;
      }
      m_out.put_lines(value);
      m_out.put('"');
    }
    m_out.separate();
  }

  /// Not handed to a shell, whichever that is.
  void put_include(std::string_view names) {
    m_out.put("make_include ");
    m_out.put_lines(expanded(names.substr(0, names.find('(') < names.find('$') ? names.find('(') : names.size()), 0));
    m_out.separate();
  }

  /// `vpath PATTERN DIRECTORIES`
  void put_search(std::string_view text) {
    const auto blank = text.find_first_of(" \t");
    if (blank == std::string_view::npos) return;
    m_out.put("VPATH=\"");
    m_out.put_lines(expanded(trimmed(text.substr(blank)), k_deepest_expansion));
    m_out.put('"');
    m_out.separate();
  }

  /// Make's references as shell ones.
  std::string expanded(std::string_view text, unsigned depth) {
    std::string result;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '\\' && i + 1 < text.size() && text[i + 1] == '\n' && i + 2 < text.size() && text[i + 2] == '\t') {
        result += "\\\n";
        i += 2;
      } else if (text[i] != '$' || i + 1 >= text.size()) {
        result += text[i];
      } else if (text[i + 1] == '$') {
        result += '$';
        ++i;
      } else if (text[i + 1] == '(' || text[i + 1] == '{') {
        const bool round = text[i + 1] == '(';
        const auto end = end_of_reference(text, i + 2, round ? '(' : '{', round ? ')' : '}');
        put_reference(result, text.substr(i + 2, end - i - 2), depth);
        i = end;
      } else {
        ++i;  // $@, $<: names of files being made
        const bool reads = text[i] == '<' || text[i] == '^';
        const auto name = depth > 0 ? std::string_view{} : reads ? prerequisite() : text[i] == '@' ? target() : "";
        m_names_put += name.size();
        if (name.empty() || m_names_put > k_most_names_put) result += reads ? "${make_prerequisite}" : "${make_target}";
        else result += name;
      }
      if (result.size() > k_longest_expansion * 4 && depth > 0) return result;
    }
    return result;
  }

  /// Of a message that is printed: no shell gets it, but for the commands whose output it has in it.
  void put_commands_in(std::string& result, std::string_view text, unsigned depth) {
    if (depth >= k_deepest_expansion) return;
    for (std::size_t i = 0; i + 1 < text.size(); ++i) {
      if (text[i] != '$') continue;
      ++i;
      if (text[i] != '(' && text[i] != '{') continue;
      const auto end = end_of_reference(text, i + 1, text[i], text[i] == '(' ? ')' : '}');
      const auto inside = text.substr(i + 1, end - i - 1);
      if (inside.starts_with("shell ") || inside.starts_with("shell\t"))
        result += " $(" + expanded(trimmed(inside.substr(6)), depth + 1) + ") ";
      else put_commands_in(result, inside, depth + 1);
      i = end;
    }
  }

  void put_reference(std::string& result, std::string_view inside, unsigned depth) {
    const auto blank = inside.find_first_of(" \t");
    const auto function = inside.substr(0, blank);
    if (blank != std::string_view::npos) {
      const auto arguments = trimmed(inside.substr(blank));
      if (function == "file" && arguments.starts_with('<'))
        result += "$(cat " + expanded(trimmed(arguments.substr(1)), depth + 1) + ")";
      else if (function == "subst" || function == "patsubst")
        result += "$(" + std::string{function} + " " + expanded(arguments, depth + 1) + ")";
      else if (function == "shell") result += "$(" + expanded(arguments, depth + 1) + ")";
      else if (function == "wildcard" || function == "abspath" || function == "realpath" || function == "strip" ||
               function == "firstword")
        result += expanded(arguments, depth + 1);
      else if (function == "info" || function == "warning" || function == "error")
        put_commands_in(result, arguments, depth);
      else if (function == "eval" || function == "if" || function == "or" || function == "and")
        result += ' ' + expanded(arguments, depth + 1) + ' ';
      else if (function == "call" || function == "foreach") result += "${make_unknown}";
      else result += "${make_unknown}";
      return;
    }
    const auto colon = inside.find(':');
    const std::string name{inside.substr(0, colon)};
    const auto textual = m_textual.find(name);
    if (textual != m_textual.end() && depth < k_deepest_expansion && m_expanding.insert(name).second) {
      if (m_expanded < k_longest_expansion * 64) {
        const auto value = expanded(textual->second, depth + 1);
        m_expanded += value.size();
        result += value;
      }
      m_expanding.erase(name);
      return;
    }
    result += "${" + shell_name(name) + "}";
  }

  std::string_view m_text;
  ShellTextBuilder& m_out;
  std::size_t m_at = 0;
  std::uint32_t m_line = 1;
  bool m_in_define = false;
  std::string_view m_target;                                       ///< of the present rule, if it is one name
  std::string_view m_prerequisite;                                 ///< its first
  std::optional<std::string> m_target_text, m_prerequisite_text;   ///< what they come to, once it was asked for
  std::size_t m_names_put = 0;                                     ///< bytes of them
  std::string_view m_shell;                                        ///< that recipes are handed to; empty: a shell
  std::map<std::string, std::string_view, std::less<>> m_textual;  ///< variables that hold shell syntax
  std::vector<std::string> m_includes;
  std::set<std::string> m_expanding;
  std::size_t m_expanded = 0;
};

}  // namespace

void rewrite_make(std::string_view content, const MakeVariables& included, ShellTextBuilder& out) {
  MakeRewriter{content, out}.run(included);
}

MakeOutline outline_make(std::string_view content) {
  ShellTextBuilder unused{0};
  return MakeRewriter{content, unused}.outline();
}

}  // namespace assay::inspect
