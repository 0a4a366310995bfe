#include "inspect/script/program_flow.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <unordered_map>
#include <unordered_set>

#include "base/text.hpp"
#include "inspect/script/program_text.hpp"
#include "inspect/script/source.hpp"

namespace assay::inspect {

namespace {

constexpr std::size_t k_most_names = 8;
constexpr std::size_t k_most_data_names = 24;
constexpr std::size_t k_longest_name = 200;
constexpr std::size_t k_most_variables = 256;
constexpr std::size_t k_most_lines_of_statement = 8;

/// Runs a text, or a file, as a program.
constexpr std::array<std::string_view, 38> k_evaluators{"exec(",
                                                        "eval(",
                                                        "eval ",
                                                        "Function(",
                                                        "marshal.loads(",
                                                        "marshal.load(",
                                                        "runpy.",
                                                        "CDLL(",
                                                        "exec_module(",
                                                        "pickle.load(",
                                                        "pickle.loads(",
                                                        "getattr(__builtins__",
                                                        "vm.runInNewContext(",
                                                        "vm.runInThisContext(",
                                                        "vm.runInContext(",
                                                        "vm.Script(",
                                                        "load_module(",
                                                        "compileFunction(",
                                                        "._compile(",
                                                        "SourceFileLoader(",
                                                        "SourcelessFileLoader(",
                                                        "ExtensionFileLoader(",
                                                        "spec_from_file_location(",
                                                        "load_source(",
                                                        "load_compiled(",
                                                        "load_dynamic(",
                                                        "execfile(",
                                                        "zipimporter(",
                                                        "instance_eval",
                                                        "class_eval",
                                                        "module_eval",
                                                        "dlopen(",
                                                        "Fiddle.",
                                                        "dofile(",
                                                        "loadfile(",
                                                        "dyn.load(",
                                                        "import_module(",
                                                        "__import__("};

/// Runs a text as a command of the system.
constexpr std::array<std::string_view, 20> k_starters{
    "os.system",  "system(", "system ", "popen(",      "Popen(",      "subprocess.",   "execSync(",
    "spawnSync(", "spawn(",  "exec(",   "exec ",       "check_call(", "check_output(", "qx{",
    "%x",         "Open3.",  "execve(", "shell_exec(", "getoutput(",  "passthru("};

constexpr std::array<std::string_view, 13> k_readers{"read",   "binread",    "get_data",   "mmap",  "fromfile",
                                                     "slurp",  "decompress", "Decompress", "unzip", "inflate",
                                                     "gunzip", "<STDIN>",    "loadtxt"};

constexpr std::array<std::string_view, 8> k_search_paths{
    "sys.path", "use lib", "@INC", "$:", "$LOAD_PATH", "addsitedir", "NODE_PATH", "package.path"};

bool is_word(char c) noexcept {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

re2::StringPiece piece(std::string_view text) {
  return {text.data(), text.size()};
}
std::string_view view(const re2::StringPiece& text) {
  return {text.data(), text.size()};
}

/// What stands between two literals that together are a path: `"tests" / "data"`, `join("tests", "data")`,
/// `Path("tests").joinpath("data")`.
bool joins_a_path(std::string_view between) {
  static const RE2 k_joins{R"(\)?[ \t]*(?:/|,|\.joinpath\(|\+[ \t]*os\.sep[ \t]*\+)[ \t]*)"};
  return RE2::FullMatch(piece(between), k_joins);
}

/// Names found so far: so many, and some more where they are those of test data.
class NameList {
 public:
  void add(std::string_view name) {
    // perl opens "<FILE".
    while (!name.empty() && (name[0] == '<' || name[0] == '+')) name.remove_prefix(1);
    if (name.size() <= 2 || name.size() >= k_longest_name || name.find_first_of("./") == std::string_view::npos) return;
    const bool room = m_names.size() < k_most_names || (m_names.size() < k_most_data_names && is_test_data_file(name));
    if (room && std::find(m_names.begin(), m_names.end(), name) == m_names.end()) m_names.emplace_back(name);
  }
  std::vector<std::string> take() { return std::move(m_names); }

 private:
  std::vector<std::string> m_names;
};

/// Statements as far as lines, semicolons and open brackets tell.
template <typename Use>
void each_statement(std::string_view program, Use use) {
  std::size_t begin = 0, lines = 0;
  int depth = 0;
  for (std::size_t at = 0; at <= program.size(); ++at) {
    const char c = at < program.size() ? program[at] : '\n';
    depth += c == '(' || c == '[' ? 1 : c == ')' || c == ']' ? -1 : 0;
    // A block is not part of the call that it is given to.
    const bool opens_block = c == '\n' && at > 0 && program[at - 1] == '{';
    const bool ends =
        (c == '\n' && (depth <= 0 || opens_block || ++lines >= k_most_lines_of_statement)) || (c == ';' && depth <= 0);
    if (!ends && at < program.size()) continue;
    use(program.substr(begin, at - begin), begin);
    begin = at + 1;
    lines = 0;
    depth = 0;
  }
}

class DataFollower {
 public:
  explicit DataFollower(std::string_view program) : m_program(program) {}

  ProgramFlow follow() {
    // Functions may stand behind what calls them.
    for (int round = 0; round < 2 && !m_flow.executes; ++round) {
      m_function = {};
      each_statement(m_program, [&](std::string_view statement, std::size_t at) {
        if (!m_flow.executes) take(statement, at);
      });
    }
    return std::move(m_flow);
  }

 private:
  /// How much of the test data a statement or a variable has.
  enum class Has : std::uint8_t { nothing, name, content };

  void take(std::string_view statement, std::size_t at) {
    const auto first = statement.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos || statement[first] == '#' || statement.substr(first).starts_with("//")) return;
    note_function(statement, at == 0 || m_program[at - 1] == '\n');
    note_alias(statement);
    const auto names = statement.find_first_of("'\"(") != std::string_view::npos ? names_in_program(statement)
                                                                                 : std::vector<std::string>{};
    note_search_path(statement, names);
    auto has = Has::nothing;
    for (const auto& name : names)
      if (is_test_data_file(name)) has = Has::name;
    has = std::max(has, variables_in(statement));
    note_parameters(statement);
    if (runs_by_name(statement, names, has)) return executes(at);
    if (has == Has::nothing) return;
    if (reads(statement)) has = Has::content;
    if (evaluates(statement) || starts_with_content(statement, has)) return executes(at);
    give(statement, has);
  }

  bool evaluates(std::string_view statement) const {
    const auto stands = [&](std::string_view word) {
      return find_whole_word(statement, word) != std::string_view::npos;
    };
    return std::any_of(k_evaluators.begin(), k_evaluators.end(), stands) ||
           std::any_of(m_evaluators.begin(), m_evaluators.end(), stands);
  }

  /// `import SourceFileLoader as L`, `run = os.system`: another name for what executes.
  void note_alias(std::string_view statement) {
    static const RE2 k_import{R"(\b(\w+)\s+as\s+(\w+)\s*(?:,|$))"};
    static const RE2 k_given{R"(^\s*(?:(?:var|let|const|my)\s+)?\$?(\w+)\s*=\s*\\?&?((?:\w+\.)*\w+)\s*$)"};
    re2::StringPiece first, second;
    const bool imports = statement.find("import") != std::string_view::npos &&
                         RE2::PartialMatch(piece(statement), k_import, &first, &second);
    if (imports) std::swap(first, second);
    else if (!RE2::PartialMatch(piece(statement), k_given, &first, &second)) return;
    const auto is_named = [&](std::string_view word) {
      const auto name = view(second);
      if (!word.starts_with(name) && !(imports && word.ends_with(std::string{name} + "("))) return false;
      return imports || word.size() == name.size() || word[name.size()] == '(';
    };
    if (m_evaluators.size() + m_starting.size() > k_most_variables) return;
    if (std::any_of(k_evaluators.begin(), k_evaluators.end(), is_named)) m_evaluators.insert(view(first));
    else if (std::any_of(k_starters.begin(), k_starters.end(), is_named)) m_starting.insert(view(first));
  }

  void executes(std::size_t at) {
    m_flow.executes = true;
    m_flow.execution = at;
  }

  static bool reads(std::string_view statement) {
    static const RE2 k_handle{R"(<\$?\w+>)"};
    return std::any_of(k_readers.begin(), k_readers.end(),
                       [&](auto word) { return statement.find(word) != std::string_view::npos; }) ||
           RE2::PartialMatch(piece(statement), k_handle);
  }

  /// The most that a variable in it holds.
  Has variables_in(std::string_view text) const {
    auto has = Has::nothing;
    if (m_variables.empty()) return has;
    each_word(text, [&](std::string_view word, std::size_t) {
      if (const auto it = m_variables.find(word); it != m_variables.end()) has = std::max(has, it->second);
    });
    return has;
  }

  template <typename Use>
  static void each_word(std::string_view text, Use use) {
    for (std::size_t at = 0; at < text.size();) {
      auto end = at;
      while (end < text.size() && is_word(text[end])) ++end;
      if (end > at) use(text.substr(at, end - at), at);
      at = std::max(end, at + 1);
    }
  }

  /// Where a command of the system is started, the rest of the statement; with what a function of the program's own is
  /// given that starts what it gets.
  std::string_view behind_starter(std::string_view statement) const {
    auto begin = std::string_view::npos;
    for (const auto word : k_starters) begin = std::min(begin, find_whole_word(statement, word));
    begin = std::min(begin, statement.find('`'));
    if (!m_starting.empty())
      each_word(statement, [&](std::string_view word, std::size_t at) {
        if (word != m_function && m_starting.contains(word)) begin = std::min(begin, at);
      });
    return begin == std::string_view::npos ? std::string_view{} : statement.substr(begin);
  }

  bool starts_with_content(std::string_view statement, Has has) const {
    if (has != Has::content) return false;
    const auto rest = behind_starter(statement);
    if (rest.empty()) return false;
    bool given = false;
    each_word(rest, [&](std::string_view word, std::size_t at) {
      const auto it = m_variables.find(word);
      // What a program gets on its standard input is no command.
      const bool fed = at >= 6 && (rest.substr(at - 6, 6) == "input=" || rest.substr(at - 6, 6) == "stdin=");
      given = given || (it != m_variables.end() && it->second == Has::content && !fed);
    });
    if (given) return true;
    // All in one statement: the name of the file stands behind, and is read there.
    const auto names = names_in_program(rest);
    return reads(rest) &&
           std::any_of(names.begin(), names.end(), [](const auto& name) { return is_test_data_file(name); });
  }

  /// `do "FILE"`, `require("FILE")`, `load FILE`: words that mean other things where no name follows them.
  bool runs_by_name(std::string_view statement, const std::vector<std::string>& names, Has has) {
    static const RE2 k_runs{
        R"((?:^|[\s;({=])(?:load|require|require_relative|do|source|include|register)\s*\(?\s*(?:["']([^"'\n]+)["']|\$?(\w+)\s*[);\n]|\$?(\w+)\s*$))"};
    if (statement.find("sys.path") != std::string_view::npos &&
        std::any_of(names.begin(), names.end(), [](std::string_view name) {
          return is_test_data_file(name) && ends_with_any(name, {".zip", ".egg", ".whl", ".pyz"});
        }))
      return true;
    re2::StringPiece literal, argument, last;
    if (!RE2::PartialMatch(piece(statement), k_runs, &literal, &argument, &last)) return false;
    if (!literal.empty()) return is_program_data(view(literal));
    const auto variable = m_variables.find(argument.empty() ? view(last) : view(argument));
    return has != Has::nothing && variable != m_variables.end();
  }

  /// Data by that name, there or in a directory that is searched. JSON is data to whoever requires it.
  bool is_program_data(std::string_view name) {
    if (name.ends_with(".json")) return false;
    if (is_test_data_file(name)) return true;
    for (const auto& directory : m_directories) {
      auto path = directory + "/" + std::string{name};
      if (!is_test_data_file(path)) continue;
      m_flow.files.push_back(std::move(path));
      return true;
    }
    return false;
  }

  void note_search_path(std::string_view statement, const std::vector<std::string>& names) {
    const bool searches = std::any_of(k_search_paths.begin(), k_search_paths.end(),
                                      [&](auto word) { return statement.find(word) != std::string_view::npos; });
    for (const auto& name : names)
      if (searches && m_directories.size() < k_most_names && is_in_test_data(name + "/")) m_directories.push_back(name);
  }

  void note_function(std::string_view statement, bool begins_line) {
    static const RE2 k_function{R"(^\s*(?:async\s+)?(?:def|function|sub)\s+(\w+)\s*(?:\(([^)\n]*)\))?)"};
    re2::StringPiece name, parameters;
    if (!RE2::PartialMatch(piece(statement), k_function, &name, &parameters)) {
      // What stands at the margin is in no function any more.
      if (begins_line && std::string_view{" \t})]\r\n"}.find(statement[0]) == std::string_view::npos) {
        m_function = {};
        m_parameters.clear();
      }
      return;
    }
    m_function = view(name);
    m_parameters.clear();
    each_word(view(parameters), [&](std::string_view word, std::size_t) { m_parameters.insert(word); });
  }

  /// Does the function start, or evaluate, what it is given?
  void note_parameters(std::string_view statement) {
    static const RE2 k_arguments{R"(\bmy\s*\(?\s*\$(\w+)[^=]*=\s*(?:@_|shift\b|\$_\[))"};
    re2::StringPiece argument;
    if (!m_function.empty() && RE2::PartialMatch(piece(statement), k_arguments, &argument))
      m_parameters.insert(view(argument));
    if (m_parameters.empty() || m_starting.size() > k_most_variables) return;
    auto rest = behind_starter(statement);
    for (const std::string_view word : {std::string_view{"exec("}, std::string_view{"eval("}})
      if (const auto at = find_whole_word(statement, word); rest.empty() && at != std::string_view::npos)
        rest = statement.substr(at);
    each_word(rest, [&](std::string_view word, std::size_t) {
      if (m_parameters.contains(word)) m_starting.insert(m_function);
    });
  }

  /// What the statement gives a value to, or returns, holds as much as it does.
  void give(std::string_view statement, Has has) {
    static const RE2 k_given{
        R"(^\s*(?:(?:my|our|local|var|let|const|final|def|val|for|static|with)\s+)*[$@%*(]*(?:\w+(?:\.|->))*(\w+)(?:\s*:\s*[\w\[\]., ]+)?\s*(?:[-+.|]?=[^=~>]|<-|\s+in\s))"};
    static const RE2 k_alias{R"(\bas\s+(\w+)\s*:)"};
    static const RE2 k_opened{R"(\bopen\s*\(?\s*(?:my\s+)?\$?(\w+)\s*,)"};
    static const RE2 k_block{R"(\|\s*(\w+)\s*\|)"};
    for (const auto* pattern : {&k_given, &k_alias, &k_opened, &k_block}) {
      re2::StringPiece name;
      if (RE2::PartialMatch(piece(statement), *pattern, &name)) hold(view(name), has);
    }
    if (!m_function.empty() && find_whole_word(statement, "return") != std::string_view::npos) hold(m_function, has);
  }
  void hold(std::string_view name, Has has) {
    if (m_variables.size() >= k_most_variables) return;
    auto& held = m_variables[name];
    held = std::max(held, has);
  }

  std::string_view m_program;
  ProgramFlow m_flow;
  std::unordered_map<std::string_view, Has> m_variables;
  std::unordered_set<std::string_view>
      m_starting;  ///< functions that start what they are given, and other names of what starts
  std::unordered_set<std::string_view> m_evaluators;  ///< other names of what evaluates
  std::string_view m_function;
  std::unordered_set<std::string_view> m_parameters;  ///< of the present function
  std::vector<std::string> m_directories;
};

/// Names test data at all, or a directory of it: without, there is nothing to follow.
bool may_name_data(std::string_view program) {
  const auto names = names_in_program(program);
  return std::any_of(names.begin(), names.end(),
                     [](const auto& name) { return is_test_data_file(name) || is_in_test_data(name + "/"); });
}

}  // namespace

ProgramFlow follow_data(std::string_view program) {
  if (!may_name_data(program)) return {};
  return DataFollower{program}.follow();
}

std::vector<std::string> names_in_program(std::string_view program) {
  NameList names;
  std::string path;
  std::size_t path_end = 0;
  for (std::size_t at = program.find_first_of("'\""); at != std::string_view::npos;
       at = program.find_first_of("'\"", at + 1)) {
    const auto end = program.find_first_of(std::string{program[at], '\n'}, at + 1);
    if (end == std::string_view::npos || program[end] == '\n') continue;
    const auto name = program.substr(at + 1, end - at - 1);
    const bool plain = name.find_first_of(" \t()>|;*\\") == std::string_view::npos;
    if (plain && path_end > 0 && joins_a_path(program.substr(path_end, at - path_end)) && path.size() < k_longest_name)
      (path += '/') += name;
    else path = plain ? name : std::string_view{};
    path_end = path.empty() ? 0 : end + 1;
    if (plain) names.add(name);
    names.add(path);
    at = end;
  }
  // perl's q(…)
  for (std::size_t at = program.find("q("); at != std::string_view::npos; at = program.find("q(", at + 2)) {
    const auto rest = program.substr(at + 2, k_longest_name);
    const auto name = rest.substr(0, rest.find_first_of(") \t\n"));
    if (name.find('/') != std::string_view::npos) names.add(name);
  }
  return names.take();
}

}  // namespace assay::inspect
