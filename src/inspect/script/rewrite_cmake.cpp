#include <algorithm>
#include <cctype>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "inspect/script/rewrite.hpp"

namespace assay::inspect {

namespace {

/// One argument of a CMake command: cmake-language(7), "Command Arguments".
struct Argument {
  std::string text;  ///< as shell text: quoted where it was quoted, `${X}` as it stands
  std::string bare;  ///< without quotes
  std::uint32_t line = 0;
};

class CmakeRewriter {
 public:
  CmakeRewriter(std::string_view text, ShellTextBuilder& out) : m_text(text), m_out(out) {}

  void run() {
    while (m_at < m_text.size()) {
      skip_blank();
      if (m_at >= m_text.size()) return;
      const auto begin = m_at;
      while (m_at < m_text.size() &&
             (std::isalnum(static_cast<unsigned char>(m_text[m_at])) != 0 || m_text[m_at] == '_'))
        ++m_at;
      const auto name = ascii_lower(m_text.substr(begin, m_at - begin));
      if (m_at == begin) {
        advance();
        continue;
      }
      skip_blank();
      if (m_at < m_text.size() && m_text[m_at] == '(') take_command(name);
    }
  }

 private:
  void advance() {
    if (m_text[m_at] == '\n') ++m_line;
    ++m_at;
  }
  void advance_to(std::size_t end) {
    while (m_at < std::min(end, m_text.size())) advance();
  }

  void skip_blank() {
    while (m_at < m_text.size()) {
      if (m_text[m_at] == '#') {
        if (const auto end = bracket_end(m_at + 1)) advance_to(end);
        else
          while (m_at < m_text.size() && m_text[m_at] != '\n') ++m_at;
      } else if (std::isspace(static_cast<unsigned char>(m_text[m_at])) != 0) {
        advance();
      } else {
        return;
      }
    }
  }

  /// The end of the bracket argument `[==[ … ]==]` that begins at `at`; 0 if there is none.
  std::size_t bracket_end(std::size_t at) const {
    if (at >= m_text.size() || m_text[at] != '[') return 0;
    auto equals = at + 1;
    while (equals < m_text.size() && m_text[equals] == '=') ++equals;
    if (equals >= m_text.size() || m_text[equals] != '[') return 0;
    const auto closer = "]" + std::string(equals - at - 1, '=') + "]";
    const auto end = m_text.find(closer, equals + 1);
    return end == std::string_view::npos ? m_text.size() : end + closer.size();
  }

  Argument take_quoted() {
    Argument argument{"\"", {}, m_line};
    ++m_at;
    while (m_at < m_text.size() && m_text[m_at] != '"') {
      if (m_text[m_at] == '\\' && m_at + 1 < m_text.size()) {
        const char next = m_text[m_at + 1];
        if (next == '\n') {
          ++m_line;
        } else if (next == '"' || next == '\\' || next == '$' || next == '`') {
          argument.text += {'\\', next};
          argument.bare += next;
        } else if (next == 't' || next == 'n' || next == 'r') {
          const char real = next == 't' ? '\t' : next == 'n' ? '\n' : '\r';
          argument.text += real;
          argument.bare += real;
        } else {
          argument.text += next;
          argument.bare += next;
        }
        m_at += 2;
        continue;
      }
      if (m_text[m_at] == '`') argument.text += '\\';
      argument.text += m_text[m_at];
      argument.bare += m_text[m_at];
      advance();
    }
    if (m_at < m_text.size()) ++m_at;
    argument.text += '"';
    return argument;
  }

  Argument take_unquoted() {
    Argument argument{{}, {}, m_line};
    while (m_at < m_text.size()) {
      const char c = m_text[m_at];
      if (std::isspace(static_cast<unsigned char>(c)) != 0 || c == '(' || c == ')' || c == '#' || c == '"') break;
      argument.bare += c;
      // What a shell would take for syntax is a plain character here, save for pipes and redirections of their own, which
      // custom commands hand on.
      if (c == '\\' && m_at + 1 < m_text.size()) {
        argument.text += {'\\', m_text[m_at + 1]};
        argument.bare.back() = m_text[m_at + 1];
        advance();
      } else if (c == ';' || c == '&' || c == '\'' || c == '`') {
        argument.text += {'\\', c};
      } else {
        argument.text += c;
      }
      advance();
    }
    // A pipe or redirection of its own is handed on by custom commands; within a word it is a plain character.
    const bool is_operator = argument.bare == "|" || argument.bare == "<" || argument.bare == ">" ||
                             argument.bare == ">>" || argument.bare == "&&" || argument.bare == "||";
    if (is_operator) argument.text = argument.bare;
    else if (argument.bare.find_first_of("|<>") != std::string::npos) argument.text = "\"" + argument.bare + "\"";
    return argument;
  }

  std::vector<Argument> take_arguments() {
    std::vector<Argument> arguments;
    unsigned depth = 1;
    ++m_at;
    for (;;) {
      skip_blank();
      if (m_at >= m_text.size()) return arguments;
      const char c = m_text[m_at];
      if (c == ')') {
        ++m_at;
        if (--depth == 0) return arguments;
      } else if (c == '(') {
        ++m_at;
        ++depth;
      } else if (c == '"') {
        arguments.push_back(take_quoted());
      } else if (const auto end = bracket_end(m_at)) {
        const auto begin = m_text.find('[', m_at + 1) + 1;
        const auto width = begin - m_at;
        auto inside = std::string{m_text.substr(begin, end > begin + width ? end - begin - width : 0)};
        arguments.push_back({single_quoted(inside), inside, m_line});
        advance_to(end);
      } else {
        const auto before = m_at;
        arguments.push_back(take_unquoted());
        if (m_at == before) advance();
      }
    }
  }

  void take_command(const std::string& name) {
    const auto line = m_line;
    const auto arguments = take_arguments();
    m_out.set_line(line);
    if (name == "execute_process" || name == "exec_program") put_process(arguments);
    else if (name == "add_custom_command" || name == "add_custom_target" || name == "add_test") put_custom(arguments);
    else if (name == "set") put_set(arguments);
    else if (name == "file") put_file(arguments);
    else if (name == "string") put_string(arguments);
    else if (name == "include" && !arguments.empty()) put_words({"source", arguments[0].text});
    else if (name == "set_property" || name == "set_target_properties") put_properties(arguments);
    else if (name == "math") put_math(arguments);
    else if (name == "load_cache") put_cache(arguments);
    else if (name == "configure_file" && arguments.size() >= 2) put_words({"cp", arguments[0].text, arguments[1].text});
    else if (name == "fetchcontent_declare" || name == "fetchcontent_populate" || name == "externalproject_add")
      put_subproject(arguments);
    else if (name == "cmake_language" && arguments.size() >= 3 && arguments[0].bare == "EVAL")
      put_words({"eval", arguments[2].text});
  }

  void put_words(const std::vector<std::string>& words) {
    for (const auto& word : words) {
      m_out.put_lines(word);
      m_out.put(' ');
    }
    m_out.separate();
  }

  static bool is_option(std::string_view word) {
    static constexpr std::string_view k_options[] = {"COMMAND",
                                                     "WORKING_DIRECTORY",
                                                     "TIMEOUT",
                                                     "RESULT_VARIABLE",
                                                     "RESULTS_VARIABLE",
                                                     "OUTPUT_VARIABLE",
                                                     "ERROR_VARIABLE",
                                                     "INPUT_FILE",
                                                     "OUTPUT_FILE",
                                                     "ERROR_FILE",
                                                     "OUTPUT_QUIET",
                                                     "ERROR_QUIET",
                                                     "ENCODING",
                                                     "ECHO_OUTPUT_VARIABLE",
                                                     "DEPENDS",
                                                     "COMMENT",
                                                     "VERBATIM",
                                                     "OUTPUT",
                                                     "BYPRODUCTS",
                                                     "MAIN_DEPENDENCY",
                                                     "COMMAND_ERROR_IS_FATAL",
                                                     "TARGET",
                                                     "PRE_BUILD",
                                                     "PRE_LINK",
                                                     "POST_BUILD",
                                                     "APPEND",
                                                     "USES_TERMINAL",
                                                     "OUTPUT_STRIP_TRAILING_WHITESPACE",
                                                     "IMPLICIT_DEPENDS",
                                                     "DEPFILE",
                                                     "JOB_POOL",
                                                     "COMMAND_EXPAND_LISTS",
                                                     "SOURCES",
                                                     "NAME",
                                                     "ERROR_STRIP_TRAILING_WHITESPACE",
                                                     "COMMAND_ECHO",
                                                     "ARGS",
                                                     "CONFIGURATIONS"};
    return std::find(std::begin(k_options), std::end(k_options), word) != std::end(k_options);
  }

  /// The words of every COMMAND, and what the other options say.
  struct Process {
    std::vector<std::string> commands;
    std::string output_variable;
    std::string output_file;
    std::string input_file;
  };
  static Process process_of(const std::vector<Argument>& arguments) {
    Process process;
    std::string option;
    for (const auto& argument : arguments) {
      if (argument.text == argument.bare && is_option(argument.bare)) {
        if (argument.bare == "ARGS") continue;
        option = argument.bare;
        if (option == "COMMAND") process.commands.emplace_back();
      } else if (option == "COMMAND") {
        process.commands.back() += argument.text + ' ';
        if (process.commands.back().ends_with(" -E tar ")) process.commands.back() = "tar ";
        if (process.commands.back().ends_with(" -E cat ")) process.commands.back() = "cat ";
        if (process.commands.back().ends_with(" -E env ")) process.commands.back() = "env ";
        if (process.commands.back().ends_with(" -E copy ")) process.commands.back() = "cp ";
      } else if (option == "OUTPUT_VARIABLE") {
        process.output_variable = argument.bare;
      } else if (option == "OUTPUT_FILE") {
        process.output_file = argument.text;
      } else if (option == "INPUT_FILE") {
        process.input_file = argument.text;
      }
    }
    return process;
  }

  void put_process(const std::vector<Argument>& arguments) {
    const auto process = process_of(arguments);
    if (process.commands.empty()) return;
    if (!process.output_variable.empty()) m_out.put(process.output_variable + "=$(");
    for (std::size_t i = 0; i < process.commands.size(); ++i) {
      if (i > 0) m_out.put(" | ");
      m_out.put_lines(process.commands[i]);
      if (i == 0 && !process.input_file.empty()) m_out.put_lines("< " + process.input_file + " ");
    }
    if (!process.output_file.empty()) m_out.put_lines("> " + process.output_file);
    if (!process.output_variable.empty()) m_out.put(')');
    m_out.separate();
  }

  void put_custom(const std::vector<Argument>& arguments) {
    for (const auto& command : process_of(arguments).commands) put_words({command});
  }

  void put_set(const std::vector<Argument>& arguments) {
    if (arguments.size() < 2) return;
    auto name = arguments[0].bare;
    if (name.starts_with("ENV{") && name.ends_with('}')) name = name.substr(4, name.size() - 5);
    if (!is_variable(name)) return;
    m_out.put(name + "=");
    for (std::size_t i = 1; i < arguments.size() && i < 64; ++i) {
      if (arguments[i].bare == "CACHE" || arguments[i].bare == "PARENT_SCOPE") break;
      if (i > 1) m_out.put("\" \"");
      const auto& text = arguments[i].text;
      m_out.put_lines(text.starts_with('"') || text.starts_with('\'') ? text : "\"" + text + "\"");
    }
    m_out.separate();
  }
  /// Those that name a command which is put in front of the compiler's, or runs the linker.
  void put_properties(const std::vector<Argument>& arguments) {
    for (std::size_t i = 1; i + 1 < arguments.size(); ++i) {
      const auto& name = arguments[i].bare;
      if (!is_variable(name) || (!name.starts_with("RULE_LAUNCH_") && !name.ends_with("_LAUNCHER"))) continue;
      m_out.put(name + "=");
      m_out.put_lines(quoted_form(arguments[i + 1].text));
      m_out.separate();
    }
  }

  /// `math(EXPR x "0x${h} ^ 0x5a")`: a number that nobody computes here, made of those in it.
  void put_math(const std::vector<Argument>& arguments) {
    if (arguments.size() < 3 || !is_variable(arguments[1].bare)) return;
    m_out.put(arguments[1].bare + "=$(cmake_math ");
    m_out.put_lines(quoted_form(arguments[2].text));
    m_out.put(')');
    m_out.separate();
  }

  /// `load_cache(DIRECTORY READ_WITH_PREFIX P A B)`
  void put_cache(const std::vector<Argument>& arguments) {
    if (arguments.size() < 4 || arguments[1].bare != "READ_WITH_PREFIX") return;
    for (std::size_t i = 3; i < arguments.size() && i < 64; ++i) {
      if (!is_variable(arguments[2].bare + arguments[i].bare)) continue;
      m_out.put(arguments[2].bare + arguments[i].bare + "=$(cat ");
      m_out.put_lines(arguments[0].text + "/CMakeCache.txt");
      m_out.put(')');
      m_out.separate();
    }
  }

  /// What is unpacked and built as a part of this build.
  void put_subproject(const std::vector<Argument>& arguments) {
    for (std::size_t i = 0; i + 1 < arguments.size(); ++i)
      if (arguments[i].bare == "URL") put_words({"cmake_subproject", arguments[i + 1].text});
  }

  static bool is_variable(std::string_view name) {
    return !name.empty() && std::isdigit(static_cast<unsigned char>(name[0])) == 0 &&
           std::all_of(name.begin(), name.end(),
                       [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; });
  }

  void put_file(const std::vector<Argument>& arguments) {
    if (arguments.size() < 3) return;
    const auto& mode = arguments[0].bare;
    if ((mode == "READ" || mode == "STRINGS") && is_variable(arguments[2].bare)) {
      std::string offset, limit;
      bool hex = false;
      for (std::size_t i = 3; i < arguments.size(); ++i) {
        if (arguments[i].bare == "OFFSET" && i + 1 < arguments.size()) offset = arguments[i + 1].text;
        if (arguments[i].bare == "LIMIT" && i + 1 < arguments.size()) limit = arguments[i + 1].text;
        if (arguments[i].bare == "HEX") hex = true;
      }
      m_out.put(arguments[2].bare + "=$(cat ");
      m_out.put_lines(arguments[1].text);
      if (!offset.empty()) m_out.put_lines(" | dd bs=1 skip=" + offset);
      if (!limit.empty()) m_out.put_lines(" | head -c " + limit);
      if (hex) m_out.put(" | xxd -p");
      m_out.put(')');
      m_out.separate();
    } else if (mode == "WRITE" || mode == "APPEND" || mode == "GENERATE") {
      put_words({"printf", "%s", arguments[2].text, mode == "APPEND" ? ">>" : ">", arguments[1].text});
    } else if (mode == "ARCHIVE_EXTRACT") {
      for (std::size_t i = 1; i + 1 < arguments.size(); ++i)
        if (arguments[i].bare == "INPUT") put_words({"tar", "xf", arguments[i + 1].text});
    } else if (mode == "COPY" || mode == "RENAME" || mode == "COPY_FILE") {
      put_words({"cp", arguments[1].text, arguments.back().text});
    }
  }

  /// Where string() puts what it makes of its arguments, and from where on those stand; 0 for other modes.
  static std::size_t output_of(const std::vector<Argument>& arguments) {
    const auto& mode = arguments[0].bare;
    if (mode == "ASCII") return arguments.size() - 1;
    if (mode == "SUBSTRING" && arguments.size() == 5) return 4;
    const bool edits = mode == "HEX" || mode == "TOLOWER" || mode == "TOUPPER" || mode == "STRIP" ||
                       mode == "CONFIGURE" || mode == "REVERSE" || mode == "GENEX_STRIP" || mode == "REPEAT";
    return edits && arguments.size() >= 3 ? (mode == "REPEAT" ? 3 : 2) : 0;
  }

  /// string(): REPLACE and the like are sed's business; the rest changes bytes in ways that are not computed.
  void put_string(const std::vector<Argument>& arguments) {
    if (arguments.size() < 3) return;
    const auto& mode = arguments[0].bare;
    if (const auto output = output_of(arguments); output > 0 && output < arguments.size()) {
      if (!is_variable(arguments[output].bare)) return;
      m_out.put(arguments[output].bare + "=$(" + (mode == "ASCII" ? "cmake_ascii" : "cmake_string"));
      for (std::size_t i = 1; i < output && i < 64; ++i) m_out.put_lines(" " + quoted_form(arguments[i].text));
      m_out.put(')');
      return m_out.separate();
    }
    if (arguments.size() < 4 && mode != "APPEND" && mode != "CONCAT") return;
    if (mode == "REPLACE") {
      m_out.put(arguments[3].bare + "=$(cmake_replace ");
      for (const auto i : {std::size_t{1}, std::size_t{2}}) m_out.put_lines(arguments[i].text + " ");
    } else if (mode == "REGEX" && arguments.size() >= 6 && arguments[1].bare == "REPLACE") {
      m_out.put(arguments[4].bare + "=$(cmake_regex_replace ");
    } else if (mode == "APPEND" || mode == "CONCAT") {
      if (!is_variable(arguments[1].bare)) return;
      m_out.put(arguments[1].bare + (mode == "APPEND" ? "+=" : "="));
      for (std::size_t i = 2; i < arguments.size() && i < 64; ++i) m_out.put_lines(quoted_form(arguments[i].text));
      return m_out.separate();
    } else {
      return;
    }
    for (std::size_t i = mode == "REPLACE" ? 4 : 5; i < arguments.size() && i < 16; ++i)
      m_out.put_lines(arguments[i].text + " ");
    m_out.put(')');
    m_out.separate();
  }
  static std::string quoted_form(const std::string& text) {
    return text.starts_with('"') || text.starts_with('\'') ? text : "\"" + text + "\"";
  }

  std::string_view m_text;
  ShellTextBuilder& m_out;
  std::size_t m_at = 0;
  std::uint32_t m_line = 1;
};

}  // namespace

void rewrite_cmake(std::string_view content, ShellTextBuilder& out) {
  CmakeRewriter{content, out}.run();
}

}  // namespace assay::inspect
