#include "inspect/script/program_flow.hpp"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/text.hpp"
#include "inspect/script/interpreter_words.hpp"
#include "inspect/script/program_literals.hpp"
#include "inspect/script/program_words.hpp"
#include "inspect/script/source.hpp"

namespace assay::inspect {

namespace {

constexpr std::size_t k_most_names = 8;
constexpr std::size_t k_most_data_names = 256;
constexpr std::size_t k_most_held = 8;  ///< files that a variable is known to stand for

constexpr std::array<std::string_view, 13> k_readers{"read",   "binread",    "get_data",   "mmap",  "fromfile",
                                                     "slurp",  "decompress", "Decompress", "unzip", "inflate",
                                                     "gunzip", "<STDIN>",    "loadtxt"};

constexpr std::array<std::string_view, 8> k_search_paths{
    "sys.path", "use lib", "@INC", "$:", "$LOAD_PATH", "addsitedir", "NODE_PATH", "package.path"};

/// Could be the name of a file: the name of a directory need have nothing of it.
bool may_be_file(std::string_view name) {
  return name.size() > 2 && name.find_first_of("./") != std::string_view::npos;
}

/// Does one of these words of a command run a program that is given to it?
bool runs_its_arguments(std::string_view literal) {
  bool runs = false;
  for (std::size_t at = 0; at < literal.size() && !runs;) {
    const auto end = std::min(literal.find_first_of(" \t\"';|&", at), literal.size());
    const auto name = path_basename(literal.substr(at, end - at));
    runs = is_shell(name) || is_language(name) || is_prefix(name) || has_program_sources(name) ||
           is_one_of(name, {"xargs", "find", "ssh", "eval", "su", "chroot", "unshare", "docker", "cmd", "cmd.exe",
                            "powershell", "osascript", "start", "parallel", "watch", "systemd-run"});
    at = end + 1;
  }
  return runs;
}

/// `run(["cc", "-c", line])`, `system("cmp", line)`: what stands in a list behind the name of a program is an argument and
/// no command, unless that program runs what it is given.
bool is_plain_list(std::string_view call) {
  static const RE2 k_list{R"(^[\w.]*\s*\(?\s*\[?\s*["'][\w./+-]+["']\s*,)"};
  static const RE2 k_shell{R"(\bshell\b)"};
  if (!RE2::PartialMatch(call, k_list) || RE2::PartialMatch(call, k_shell)) return false;
  for (auto at = call.find_first_of("'\""); at != std::string_view::npos; at = call.find_first_of("'\"", at + 1)) {
    const auto end = std::min(call.find(call[at], at + 1), call.size());
    if (runs_its_arguments(call.substr(at + 1, end - at - 1))) return false;
    at = end;
  }
  return true;
}

class DataFollower {
 public:
  DataFollower(std::string_view program, ScriptKind language)
      : m_program(program), m_language(language), m_words(language) {}

  ProgramFlow follow() {
    // Functions may stand behind what calls them.
    for (int round = 0; round < 2; ++round) {
      m_function = {};
      m_parameters.clear();
      each_statement(m_program, [&](std::string_view statement, std::size_t at) { take(statement, at); });
    }
    if (m_runs_more)
      for (std::size_t i = 0; i < m_files.size(); ++i) list(i);
    if (m_flow.executes)
      for (const auto& [at, statement] : m_kept) (m_flow.statements += statement) += '\n';
    return std::move(m_flow);
  }

 private:
  /// How much of the test data a statement or a variable has.
  enum class Has : std::uint8_t { nothing, name, content };
  struct Data {
    Has has = Has::nothing;
    std::vector<std::size_t> files;
    bool more = false;  ///< than these
  };

  void take(std::string_view statement, std::size_t at) {
    const auto first = statement.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos || statement[first] == '#' || statement.substr(first).starts_with("//")) return;
    m_statement = {at, statement};
    note_function(statement, at == 0 || m_program[at - 1] == '\n');
    if (m_words.note(statement)) keep();
    const auto known = m_constants.put_into(statement);
    const auto names =
        known.find_first_of("'\"`(") != std::string::npos ? names_in_program(known) : std::vector<std::string>{};
    note_directories(statement, known);
    m_constants.note(statement, known);
    auto data = variables_in(statement);
    note_names(statement, names, data);
    note_parameters(statement);
    if (runs_by_name(statement, names, data)) return executes(at, data);
    if (data.has == Has::nothing) return;
    if (reads(statement)) data.has = Has::content;
    if (evaluates(statement) || starts_with_content(statement, data.has) || starts_interpreter(statement))
      return executes(at, data);
    give(statement, data);
  }

  void executes(std::size_t at, const Data& data) {
    keep();
    if (!std::exchange(m_flow.executes, true)) m_flow.execution = at;
    for (const auto file : data.files) list(file);
    m_runs_more = m_runs_more || data.more;
  }
  /// The statement has to do with what is followed, in its function.
  void keep() {
    m_kept.insert(m_statement);
    if (!m_function.empty()) m_kept.insert(m_head);
  }
  void list(std::size_t file) {
    if (!std::exchange(m_files[file].second, true)) m_flow.files.push_back(m_files[file].first);
  }

  std::size_t number_of(const std::string& name) {
    const auto [it, is_new] = m_numbers.try_emplace(name, m_files.size());
    if (is_new) m_files.emplace_back(name, false);
    return it->second;
  }
  static void add(Data& data, std::size_t file) {
    if (std::find(data.files.begin(), data.files.end(), file) != data.files.end()) return;
    if (data.files.size() < k_most_held) data.files.push_back(file);
    else data.more = true;
  }
  static void add(Data& data, const Data& other) {
    data.has = std::max(data.has, other.has);
    data.more = data.more || other.more;
    for (const auto file : other.files) add(data, file);
  }

  static bool reads(std::string_view statement) {
    static const RE2 k_handle{R"(<\$?\w+>)"};
    return std::any_of(k_readers.begin(), k_readers.end(),
                       [&](auto word) { return statement.find(word) != std::string_view::npos; }) ||
           RE2::PartialMatch(statement, k_handle);
  }

  /// What the variables in it hold.
  Data variables_in(std::string_view text) {
    Data data;
    if (m_variables.empty()) return data;
    each_word(text, [&](std::string_view word, std::size_t) {
      if (const auto it = m_variables.find(word); it != m_variables.end()) add(data, it->second);
    });
    return data;
  }

  /// Names of data in the statement; where a variable in it is a directory of data, what they are in there.
  void note_names(std::string_view statement, const std::vector<std::string>& names, Data& data) {
    const auto note = [&](const std::string& name) {
      if (!is_test_data_file(name)) return;
      data.has = std::max(data.has, Has::name);
      add(data, number_of(name));
    };
    std::for_each(names.begin(), names.end(), note);
    if (names.empty() || m_directory_names.empty()) return;
    std::size_t joined = 0;
    each_word(statement, [&](std::string_view word, std::size_t) {
      const auto it = m_directory_names.find(word);
      if (it == m_directory_names.end() || ++joined > k_most_held) return;
      const bool is_put_in = m_constants.know(word);
      for (const auto& name : names) {
        // f"{d}/x.bin", "$d/x.bin"
        if (is_put_in && name.find_first_of("}$") == std::string::npos) continue;
        auto rest = std::string_view{name}.substr(name.rfind('}') + 1);
        if (rest.starts_with('$')) rest.remove_prefix(std::min(rest.find('/'), rest.size()));
        rest.remove_prefix(std::min(rest.find_first_not_of('/'), rest.size()));
        if (!is_in_test_data(name) && !rest.empty()) note(fmt::format("{}/{}", it->second, rest));
      }
    });
  }

  bool evaluates(std::string_view statement) const {
    return m_words.find_evaluator(statement) != std::string_view::npos ||
           find_own(m_evaluating, statement) != std::string_view::npos;
  }

  /// The first call of such a function of the program's own.
  std::size_t find_own(const std::unordered_set<std::string_view>& functions, std::string_view statement) const {
    auto begin = std::string_view::npos;
    if (!functions.empty())
      each_word(statement, [&](std::string_view word, std::size_t at) {
        if (word != m_function && functions.contains(word)) begin = std::min(begin, at);
      });
    return begin;
  }

  /// Where a command of the system is started, the rest of the statement; with what a function of the program's own is
  /// given that starts what it gets.
  std::string_view behind_starter(std::string_view statement) const {
    const auto begin = std::min(m_words.find_starter(statement), find_own(m_starting, statement));
    return begin == std::string_view::npos ? std::string_view{} : statement.substr(begin);
  }

  /// What a program gets on its standard input is no command: `input = data`, `{input: data}`.
  static bool is_fed(std::string_view before) {
    static const RE2 k_fed{R"(\b(?:input|stdin)\s*[=:]\s*$)"};
    constexpr std::size_t k_before = 40;
    return RE2::PartialMatch(before.substr(before.size() - std::min(before.size(), k_before)), k_fed);
  }

  bool starts_with_content(std::string_view statement, Has has) const {
    if (has != Has::content) return false;
    const auto rest = behind_starter(statement);
    if (rest.empty() || is_plain_list(rest)) return false;
    bool given = false;
    each_word(rest, [&](std::string_view word, std::size_t at) {
      const auto it = m_variables.find(word);
      given = given || (it != m_variables.end() && it->second.has == Has::content && !is_fed(rest.substr(0, at)));
    });
    if (given) return true;
    // All in one statement: the name of the file stands behind, and is read there.
    const auto names = names_in_program(rest);
    return reads(rest) &&
           std::any_of(names.begin(), names.end(), [](const auto& name) { return is_test_data_file(name); });
  }

  /// `system("sh $file")`, `run(["python3", file])`: the name is enough where an interpreter stands right in front of it.
  bool starts_interpreter(std::string_view statement) const {
    static const RE2 k_interpreter{
        R"((?:\b(?:sh|bash|dash|ksh|zsh|python[\d.]*|perl|ruby|node|php)|\bsys\.executable|\bprocess\.execPath|\$\^X)(?:\s+-\w+|["']\s*,\s*["']-\w+)*\s*["'`]?\s*(?:%s["'`]\s*%|[,+.\s])[\s(\[]*(?:[rbuf]?["'`])?(?:\$\{?|#?\{)?(\w+))"};
    auto rest = re2::StringPiece{behind_starter(statement)};
    re2::StringPiece argument;
    while (RE2::FindAndConsume(&rest, k_interpreter, &argument))
      if (m_variables.contains(argument)) return true;
    return false;
  }

  /// The words by which a program runs a file that is named right behind them, and that name or variable.
  const RE2* running_by_name() const {
    constexpr std::string_view k_behind = R"()\s*\(?\s*(?:["'`]([^"'`\n]+)["'`]|\$?(\w+)\s*[);\n]|\$?(\w+)\s*$))";
    const auto pattern = [&](std::string_view words) {
      return fmt::format(R"((?:^|[\s;({{=])(?:{}{})", words, k_behind);
    };
    static const RE2 k_perl{pattern("do|require")};
    static const RE2 k_ruby{pattern("load|require|require_relative")};
    static const RE2 k_javascript{pattern("require|import|load|include|register")};
    static const RE2 k_r{pattern("source|sys\\.source|load")};
    static const RE2 k_any{pattern("load|require|require_relative|do|source|include|register")};
    switch (m_language) {
      case ScriptKind::python:
        return nullptr;
      case ScriptKind::perl:
        return &k_perl;
      case ScriptKind::ruby:
        return &k_ruby;
      case ScriptKind::javascript:
        return &k_javascript;
      case ScriptKind::r:
        return &k_r;
      default:
        return &k_any;
    }
  }

  /// `do "FILE"`, `require("FILE")`, `load FILE`: words that mean other things where no name follows them.
  bool runs_by_name(std::string_view statement, const std::vector<std::string>& names, Data& data) {
    if (statement.find("sys.path") != std::string_view::npos &&
        std::any_of(names.begin(), names.end(), [](std::string_view name) {
          return is_test_data_file(name) && ends_with_any(name, {".zip", ".egg", ".whl", ".pyz"});
        }))
      return true;
    const auto* pattern = running_by_name();
    re2::StringPiece literal, argument, last;
    if (pattern == nullptr || !RE2::PartialMatch(statement, *pattern, &literal, &argument, &last)) return false;
    if (!literal.empty()) return is_program_data(literal, data);
    const auto variable = m_variables.find(argument.empty() ? last : argument);
    return data.has != Has::nothing && variable != m_variables.end();
  }

  /// Data by that name, there or in a directory that is searched. JSON is data to whoever requires it.
  bool is_program_data(std::string_view name, Data& data) {
    if (name.ends_with(".json")) return false;
    if (is_test_data_file(name)) {
      add(data, number_of(std::string{name}));
      return true;
    }
    // Whether it is data says its own name: all of them are directories of tests.
    if (m_searched.empty() || !is_test_data_file(fmt::format("{}/{}", m_searched.front(), name))) return false;
    for (const auto& directory : m_searched) list(number_of(fmt::format("{}/{}", directory, name)));
    m_searched.clear();
    return true;
  }

  /// Directories of the tests that are searched, or that a variable stands for; `known` is the statement with what is known of its
  /// variables.
  void note_directories(std::string_view statement, std::string_view known) {
    const bool searches = std::any_of(k_search_paths.begin(), k_search_paths.end(),
                                      [&](auto word) { return statement.find(word) != std::string_view::npos; });
    const auto targets = targets_of(statement);
    if (!searches && targets.empty()) return;
    each_name(known, [&](std::string_view name) {
      std::string directory{name};
      if (is_test_data_file(directory) || !is_in_test_data(directory + "/")) return;
      keep();
      for (const auto target : targets) m_directory_names.insert_or_assign(target, directory);
      if (searches) m_searched.push_back(std::move(directory));
    });
  }

  void note_function(std::string_view statement, bool begins_line) {
    static const RE2 k_function{R"(^\s*(?:async\s+)?(?:def|function|sub)\s+(\w+)\s*(?:\(([^)\n]*)\))?)"};
    re2::StringPiece name, parameters;
    if (!RE2::PartialMatch(statement, k_function, &name, &parameters)) {
      // What stands at the margin is in no function any more.
      if (begins_line && std::string_view{" \t})]\r\n"}.find(statement[0]) == std::string_view::npos) {
        m_function = {};
        m_parameters.clear();
      }
      return;
    }
    m_function = name;
    m_head = m_statement;
    m_parameters.clear();
    each_word(parameters, [&](std::string_view word, std::size_t) { m_parameters.insert(word); });
  }

  /// Does the function start, or evaluate, what it is given?
  void note_parameters(std::string_view statement) {
    static const RE2 k_arguments{R"(\bmy\s*\(?\s*\$(\w+)[^=]*=\s*(?:@_|shift\b|\$_\[))"};
    re2::StringPiece argument;
    if (!m_function.empty() && RE2::PartialMatch(statement, k_arguments, &argument)) m_parameters.insert(argument);
    if (m_parameters.empty()) return;
    const auto has_parameter = [&](std::string_view text) {
      bool has = false;
      each_word(text, [&](std::string_view word, std::size_t) { has = has || m_parameters.contains(word); });
      return has;
    };
    if (!has_parameter(statement)) return;
    const auto evaluator = m_words.find_evaluator(statement);
    const bool starts = has_parameter(behind_starter(statement));
    const bool evaluates = evaluator != std::string_view::npos && has_parameter(statement.substr(evaluator));
    if (starts) m_starting.insert(m_function);
    if (evaluates) m_evaluating.insert(m_function);
    if (starts || evaluates) keep();
    for (const auto target : targets_of(statement)) m_parameters.insert(target);
  }

  /// What the statement gives a value to.
  static std::vector<std::string_view> targets_of(std::string_view statement) {
    static const RE2 k_given{
        R"(^\s*(?:(?:my|our|local|var|let|const|final|def|val|for|static|with)\s+)*((?:[$@%*(]*(?:\w+(?:\.|->))*\w+\s*,\s*)*[$@%*(]*(?:\w+(?:\.|->))*\w+)(?:\[[^\]\n]*\]|\{[^}\n]*\})*\)?(?:\s*:\s*[\w\[\]., ]+)?\s*(?:[-+.|]?=[^=~>]|<-|\s+in\s|<<))"};
    static const RE2 k_alias{R"(\bas\s+(\w+)\s*:)"};
    static const RE2 k_opened{R"(\bopen\s*\(?\s*(?:my\s+)?\$?(\w+)\s*,)"};
    static const RE2 k_block{R"(\|\s*(\w+)\s*\|)"};
    static const RE2 k_walrus{R"((\w+)\s*:=)"};
    static const RE2 k_grown{
        R"(^\s*\$?(\w+)\.(?:append|appendleft|extend|insert|add|update|push|unshift|concat|setdefault|set)\s*\()"};
    static const RE2 k_pushed{R"(^\s*(?:push|unshift)\s*\(?\s*@(\w+))"};
    static const RE2 k_callback{
        R"((?:\bfunction\s*\w*\s*\(([\w$, ]*)\)|[(,]\s*(?:async\s*)?\(?([\w$, ]+)\)?\s*=>)\s*$)"};
    std::vector<std::string_view> targets;
    re2::StringPiece found, other;
    if (RE2::PartialMatch(statement, k_callback, &found, &other))
      each_word(found.empty() ? other : found, [&](std::string_view word, std::size_t) { targets.push_back(word); });
    if (RE2::PartialMatch(statement, k_given, &found)) {
      // `self.code`, `a, b`
      each_word(found, [&](std::string_view word, std::size_t at) {
        const auto end = at + word.size();
        const bool receives =
            end < found.size() && (found[end] == '.' || std::string_view{found}.substr(end).starts_with("->"));
        if (!receives) targets.push_back(word);
      });
    }
    for (const auto* pattern : {&k_alias, &k_opened, &k_block, &k_walrus, &k_grown, &k_pushed})
      if (RE2::PartialMatch(statement, *pattern, &found)) targets.push_back(found);
    return targets;
  }

  /// What the statement gives a value to, or returns, holds what it has.
  void give(std::string_view statement, const Data& data) {
    keep();
    for (const auto target : targets_of(statement)) add(m_variables[target], data);
    if (!m_function.empty() && find_whole_word(statement, "return") != std::string_view::npos)
      add(m_variables[m_function], data);
  }

  using Statement = std::pair<std::size_t, std::string_view>;

  std::string_view m_program;
  ScriptKind m_language;
  Statement m_statement;       ///< the present one
  Statement m_head;            ///< of the present function
  std::set<Statement> m_kept;  ///< what leads to an execution
  ProgramFlow m_flow;
  std::unordered_map<std::string_view, Data> m_variables;
  std::unordered_map<std::string_view, std::string> m_directory_names;  ///< variables that are directories of data
  std::unordered_set<std::string_view> m_starting;                      ///< functions that start what they are given
  std::unordered_set<std::string_view> m_evaluating;                    ///< functions that evaluate it
  RunningWords m_words;
  Constants m_constants;
  std::string_view m_function;
  std::unordered_set<std::string_view> m_parameters;  ///< of the present function, and what is made of them
  std::vector<std::string> m_searched;                ///< directories of data in which programs are looked for
  std::vector<std::pair<std::string, bool>> m_files;  ///< data that is named, and whether it is in m_flow
  std::unordered_map<std::string, std::size_t> m_numbers;
  bool m_runs_more = false;  ///< what it executes may come from any of them
};

/// Names test data at all, or a directory of it: without, there is nothing to follow.
bool may_name_data(std::string_view program) {
  bool names = false;
  each_name(program, [&](std::string_view name) {
    names = names || is_test_data_file(name) || is_in_test_data(std::string{name} + "/");
  });
  return names;
}

}  // namespace

ProgramFlow follow_data(std::string_view program, ScriptKind language) {
  if (!may_name_data(program)) return {};
  return DataFollower{program, language}.follow();
}

bool names_test_data(std::string_view program) {
  bool names = false;
  each_name(program, [&](std::string_view name) { names = names || is_test_data_file(name); });
  return names;
}

std::vector<std::string> names_in_program(std::string_view program) {
  std::vector<std::string> names;
  each_name(program, [&](std::string_view name) {
    if (!may_be_file(name)) return;
    const bool room = names.size() < k_most_names || (names.size() < k_most_data_names && is_test_data_file(name));
    if (room && std::find(names.begin(), names.end(), name) == names.end()) names.emplace_back(name);
  });
  return names;
}

}  // namespace assay::inspect
