// Variables by which a build, or a program that it starts, chooses what it runs: the command that CC names, the file that
// a shell reads first, the directories that commands, modules and packages are looked for in.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "inspect/script/compiler_options.hpp"
#include "inspect/script/describing.hpp"
#include "inspect/script/interpreter.hpp"
#include "inspect/script/interpreter_words.hpp"

namespace assay::inspect {

namespace {

constexpr std::size_t k_most_tokens = 4096;
constexpr std::size_t k_longest_value = 64 * 1024;

/// Hold a command that make, configure, CMake or another program starts.
constexpr std::string_view k_commands[] = {"CC",
                                           "CXX",
                                           "CPP",
                                           "CXXCPP",
                                           "LD",
                                           "AR",
                                           "AS",
                                           "NM",
                                           "RANLIB",
                                           "STRIP",
                                           "OBJCOPY",
                                           "OBJDUMP",
                                           "LEX",
                                           "FLEX",
                                           "YACC",
                                           "BISON",
                                           "FC",
                                           "F77",
                                           "GO",
                                           "CARGO",
                                           "RUSTC",
                                           "RUSTDOC",
                                           "HOSTCC",
                                           "HOSTCXX",
                                           "HOSTLD",
                                           "BUILD_CC",
                                           "CC_FOR_BUILD",
                                           "INSTALL",
                                           "MAKE",
                                           "LIBTOOL",
                                           "SHELL",
                                           "CONFIG_SHELL",
                                           "PKG_CONFIG",
                                           "M4",
                                           "PERL",
                                           "PYTHON",
                                           "PYTHON3",
                                           "RUBY",
                                           "NODE",
                                           "MAKEINFO",
                                           "AUTOCONF",
                                           "AUTOMAKE",
                                           "ACLOCAL",
                                           "AUTOHEADER",
                                           "EDITOR",
                                           "PAGER",
                                           "LESSOPEN",
                                           "MANPAGER",
                                           "GIT_SSH",
                                           "GIT_PAGER",
                                           "GIT_EDITOR",
                                           "GIT_SSH_COMMAND",
                                           "GIT_EXTERNAL_DIFF",
                                           "RSYNC_RSH",
                                           "RUSTC_WRAPPER",
                                           "CCACHE_PREFIX"};

/// Name files that are executed before anything else, or instead of it.
constexpr std::string_view k_startup[] = {"BASH_ENV",
                                          "ENV",
                                          "ZDOTDIR",
                                          "PYTHONSTARTUP",
                                          "LD_PRELOAD",
                                          "LD_AUDIT",
                                          "MAKEFILES",
                                          "CONFIG_SITE",
                                          "DYLD_INSERT_LIBRARIES",
                                          "RUBYOPT",
                                          "PERL5OPT",
                                          "PERL5DB",
                                          "NODE_OPTIONS",
                                          "JAVA_TOOL_OPTIONS",
                                          "JDK_JAVA_OPTIONS",
                                          "_JAVA_OPTIONS",
                                          "LUA_INIT",
                                          "R_PROFILE",
                                          "R_PROFILE_USER",
                                          "R_TESTS",
                                          "VIMINIT",
                                          "CMAKE_TOOLCHAIN_FILE",
                                          "CMAKE_PROJECT_INCLUDE",
                                          "CMAKE_PROJECT_INCLUDE_BEFORE",
                                          "CMAKE_USER_MAKE_RULES_OVERRIDE"};

/// Name files of settings, some of which name what is run.
struct Settings {
  std::string_view variable;
  std::string_view reader;
};
constexpr Settings k_settings[] = {{"OPENSSL_CONF", "openssl"},  {"GIT_CONFIG", "git"}, {"GIT_CONFIG_GLOBAL", "git"},
                                   {"GIT_CONFIG_SYSTEM", "git"}, {"R_ENVIRON", "R"},    {"R_ENVIRON_USER", "R"}};

/// Of a compiler, an assembler or a linker: what else is called so (TESTFLAGS, TARFLAGS) is for other programs.
constexpr std::string_view k_flags[] = {"CFLAGS",  "CXXFLAGS",  "CCFLAGS",      "CPPFLAGS",   "LDFLAGS",
                                        "ASFLAGS", "OBJCFLAGS", "OBJCXXFLAGS",  "FFLAGS",     "F77FLAGS",
                                        "GOFLAGS", "RUSTFLAGS", "LINKFLAGS",    "LINK_FLAGS", "DFLAGS",
                                        "C_FLAGS", "CXX_FLAGS", "LINKER_FLAGS", "ASM_FLAGS",  "COMPILE_FLAGS"};

struct SearchPath {
  std::string_view variable;
  std::string_view taken;  ///< names, or patterns, of what is taken from a directory on it, between blanks
  std::string_view what;
};
constexpr std::string_view k_tools =
    "cc gcc g++ c++ clang clang++ cpp as ld ar nm ranlib strip sh bash sed awk gawk grep egrep tr cat cp mv rm ls "
    "mkdir "
    "install make gmake cmake ninja perl python python3 ruby node m4 autoconf automake libtool pkg-config git xz gzip "
    "tar "
    "cargo rustc go java javac npm";
constexpr std::string_view k_compiler_parts = "as ld cc1 cc1plus collect2 lto-wrapper gcc cpp ld.bfd ld.gold specs";
constexpr SearchPath k_search_paths[] = {
    {"PATH", k_tools, "the commands of the system"},
    {"COMPILER_PATH", k_compiler_parts, "the parts of the compiler"},
    {"GCC_EXEC_PREFIX", k_compiler_parts, "the parts of the compiler"},
    {"-B", k_compiler_parts, "the parts of the compiler"},
    {"PYTHONPATH", "sitecustomize.py usercustomize.py", "the modules of Python"},
    {"PYTHONHOME", "sitecustomize.py usercustomize.py", "the modules of Python"},
    {"PERL5LIB", "strict.pm warnings.pm Config.pm sitecustomize.pl vars.pm", "the modules of Perl"},
    {"PERLLIB", "strict.pm warnings.pm Config.pm sitecustomize.pl vars.pm", "the modules of Perl"},
    {"RUBYLIB", "rubygems.rb set.rb rbconfig.rb", "the libraries of Ruby"},
    {"NODE_PATH", "*.node", "the modules of node"},
    {"PKG_CONFIG_PATH", "*.pc", "what pkg-config knows of the system"},
    {"PKG_CONFIG_LIBDIR", "*.pc", "what pkg-config knows of the system"},
    {"LD_LIBRARY_PATH", "*.so *.so.*", "the libraries of the system"},
    {"LIBRARY_PATH", "*.so *.a", "the libraries of the system"},
    {"CLASSPATH", "*.jar *.class", "the classes of Java"},
    {"--sourcedirectory", "Makefile makefile configure CMakeLists.txt meson.build setup.py", "the sources to build"},
    {"core.hooksPath",
     "pre-commit prepare-commit-msg commit-msg post-commit post-checkout post-merge post-rewrite pre-push pre-rebase "
     "applypatch-msg pre-applypatch post-applypatch pre-merge-commit pre-receive update post-receive post-update "
     "reference-transaction fsmonitor-watchman post-index-change sendemail-validate",
     "the hooks of git"},
    {"VPATH", "", "the sources"}};
/// Options in such a variable that name a module: it is looked for on the path.
struct ModuleOption {
  std::string_view path;
  std::string_view variable;
  std::string_view options;
  std::string_view suffix;
};
constexpr ModuleOption k_module_options[] = {
    {"PERL5LIB", "PERL5OPT", "Mmd", ".pm"}, {"PERLLIB", "PERL5OPT", "Mmd", ".pm"}, {"RUBYLIB", "RUBYOPT", "r", ".rb"}};

template <std::size_t N>
bool is_listed(std::string_view name, const std::string_view (&list)[N]) {
  return std::find(std::begin(list), std::end(list), name) != std::end(list);
}

bool names_command(std::string_view name) {
  if (name.starts_with("CMAKE_")) name.remove_prefix(6);
  return is_listed(name, k_commands) || ends_with_any(name, {"_COMPILER", "_LAUNCHER", "_WRAPPER", "_LINKER"}) ||
         name.starts_with("RULE_LAUNCH_");
}
bool names_startup(std::string_view name) {
  return is_listed(name, k_startup) || (name.starts_with("CMAKE_PROJECT_") && name.ends_with("_INCLUDE"));
}
/// CFLAGS, HOSTCFLAGS, libx_la_LDFLAGS, CMAKE_C_FLAGS_RELEASE, CMAKE_EXE_LINKER_FLAGS_INIT
bool holds_flags(std::string_view name) {
  // CMake's go on behind it, with a configuration.
  if (const auto at = name.rfind("FLAGS"); name.starts_with("CMAKE_") && at != std::string_view::npos)
    name = name.substr(0, at + 5);
  return std::any_of(std::begin(k_flags), std::end(k_flags),
                     [&](std::string_view known) { return name.ends_with(known); });
}
std::string_view settings_reader(std::string_view name) {
  const auto* it = std::find_if(std::begin(k_settings), std::end(k_settings),
                                [&](const Settings& settings) { return settings.variable == name; });
  return it == std::end(k_settings) ? std::string_view{} : it->reader;
}
/// Data of tests, and no note for who reads them or for git.
bool is_fixture(std::string_view path) {
  const auto name = path_basename(path);
  return is_test_data_file(path) && !name.starts_with('.') && !name.starts_with("README") &&
         !ends_with_any(name, {".md", ".rst", ".adoc"});
}
const SearchPath* search_path(std::string_view name) {
  const auto* it = std::find_if(std::begin(k_search_paths), std::end(k_search_paths),
                                [&](const SearchPath& path) { return path.variable == name; });
  return it == std::end(k_search_paths) ? nullptr : it;
}

std::vector<std::string_view> tokens_of(std::string_view text, std::string_view separators) {
  std::vector<std::string_view> tokens;
  text = text.substr(0, k_longest_value);
  for (std::size_t at = 0; at < text.size() && tokens.size() < k_most_tokens;) {
    const auto end = std::min(text.find_first_of(separators, at), text.size());
    if (end > at) tokens.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return tokens;
}

}  // namespace

bool Interpreter::governs(std::string_view name) {
  if (name.size() < 2) return false;
  if (std::islower(static_cast<unsigned char>(name[0])) != 0) return holds_flags(name);
  return search_path(name) != nullptr || names_command(name) || names_startup(name) || holds_flags(name) ||
         !settings_reader(name).empty();
}

/// Every such variable that the script gives a value to.
void Interpreter::visit_settings(const ScriptUnit& unit) {
  std::set<std::string_view> seen;
  for (const auto& [name, definition] : unit.all_definitions()) {
    if (!governs(name) || !seen.insert(name).second) continue;
    Frame frame;
    frame.unit = &unit;
    m_width = k_most_values;
    m_steps = 0;
    m_calls.clear();
    m_local_variables.clear();
    bool is_defined = false;
    const auto line = definition.loop != nullptr ? definition.loop->line : definition.word.line;
    examine_setting(name, defined(name, frame.deeper(), is_defined), frame.at(line));
    m_all_steps += m_steps;
    m_unit_steps += m_steps;
  }
}

/// `NAME=VALUE` before a command, or as an operand of env, make or configure.
void Interpreter::visit_settings(const Command& command, const Frame& frame) {
  if (command.kind != CommandKind::simple) return;
  const auto examine = [&](const ShellWord& word) {
    const auto name = assigned_name(word.raw);
    if (!name.empty() && governs(name))
      examine_setting(name, expand_whole({word.raw.substr(word.raw.find('=') + 1), word.line}, frame.deeper()), frame);
  };
  for (const auto& word : command.words)
    if (const std::string_view option = "--sourcedirectory="; word.raw.starts_with(option))
      for (const auto& value : expand_whole({word.raw.substr(option.size()), word.line}, frame.deeper()))
        examine_directory(option.substr(0, option.size() - 1), value, *value.text, frame);
  if (frame.depth > 0) std::for_each(command.assignments.begin(), command.assignments.end(), examine);
  if (command.words.size() > 1) std::for_each(command.words.begin() + 1, command.words.end(), examine);
  visit_git_settings(command, frame);
}

/// `git -c NAME=VALUE …`, `git config NAME VALUE`.
void Interpreter::visit_git_settings(const Command& command, const Frame& frame) {
  const auto& words = command.words;
  const auto git = std::find_if(words.begin(), words.end(), [](const ShellWord& word) {
    return is_one_of(path_basename(word.raw), {"git", "$GIT", "${GIT}"});
  });
  if (git == words.end()) return;
  bool configures = false;
  for (auto word = git + 1; word != words.end(); ++word) {
    const auto equals = word->raw.find('=');
    const auto value = [&](std::string_view raw) { return expand_whole({raw, word->line}, frame.deeper()); };
    const auto name = unquoted(word->raw.substr(0, equals));
    if ((word - 1)->raw == "-c" && equals != std::string_view::npos) {
      // A quote that begins in front of the name ends behind the value.
      const bool quoted = is_one_of(word->raw.substr(0, 1), {"'", "\""});
      const auto raw = word->raw.substr(equals + 1);
      examine_git_setting(name, value(quoted && !raw.empty() ? raw.substr(0, raw.size() - 1) : raw), frame);
    } else if (word->raw == "config") {
      configures = true;
    } else if (configures && !word->raw.starts_with('-') && name.find('.') != std::string::npos &&
               word + 1 != words.end()) {
      ++word;
      return examine_git_setting(unquoted((word - 1)->raw), value(word->raw), frame);
    }
  }
}

void Interpreter::examine_git_setting(const std::string& name, const Values& values, const Frame& frame) {
  for (const auto& value : values) {
    const auto begin = std::min(value.text->find_first_not_of("! "), value.text->size());
    const Value plain{std::make_shared<const std::string>(value.text->substr(begin)), value.known, value.trace,
                      value.line};
    switch (git_setting(name, *value.text)) {
      case GitSetting::describes:
        break;
      case GitSetting::runs:
        examine_command_setting(name, plain, frame);
        break;
      case GitSetting::includes:
        if (const auto content = test_data(plain, *plain.text, frame); content && !only_describes("git", *content))
          arrive(diverted(*content, fmt::format("names it in {}", name), frame), true, "has what it names run", frame);
        break;
      case GitSetting::searches:
        examine_directory("core.hooksPath", plain, *plain.text, frame);
        examine_directory("core.hooksPath", plain, *plain.text + "/hooks", frame);
        break;
    }
  }
}

void Interpreter::examine_setting(std::string_view name, const Values& values, const Frame& frame) {
  for (const auto& value : values) {
    if (value.text->size() > k_longest_value) {
      note_too_long(k_longest_value, frame);
      continue;
    }
    if (names_command(name)) examine_command_setting(name, value, frame);
    if (names_startup(name))
      for (const auto token : tokens_of(*value.text, " \t\n:;=,@"))
        // `-rFILE`
        if (const auto content =
                test_data(value, token.substr(token[0] == '-' ? std::min<std::size_t>(2, token.size()) : 0), frame))
          arrive(diverted(*content, fmt::format("names it in {}", name), frame), true,
                 "has it executed before anything else", frame);
    if (const auto reader = settings_reader(name); !reader.empty())
      if (const auto content = test_data(value, *value.text, frame); content && !only_describes(reader, *content))
        arrive(diverted(*content, fmt::format("names it in {}", name), frame), true, "has what it names run", frame);
    if (holds_flags(name)) examine_flags(name, value, frame);
    if (search_path(name) != nullptr)
      for (const auto token : tokens_of(*value.text, " \t\n:;")) examine_directory(name, value, token, frame);
  }
}

/// `CC = sh tests/x`, or a command that was read from a file.
void Interpreter::examine_command_setting(std::string_view name, const Value& value, const Frame& frame) {
  if (value.carries_content())
    return arrive(diverted(value, fmt::format("takes {} from it", name), frame), true, "runs the result as a command",
                  frame);
  const auto tokens = tokens_of(*value.text, " \t\n");
  const bool data =
      std::any_of(tokens.begin(), tokens.end(), [&](auto token) { return test_data(value, token, frame).has_value(); });
  if (!data) return;
  const auto before = m_arrivals.size();
  run_text(*value.text, value.line != 0 ? value.line : frame.line, nullptr, frame);
  for (auto i = before; i < m_arrivals.size(); ++i)
    m_arrivals[i].value = diverted(m_arrivals[i].value, fmt::format("has that done by whatever runs {}", name), frame);
  if (m_arrivals.size() == before)
    if (const auto content = test_data(value, tokens.front(), frame))
      arrive(diverted(*content, fmt::format("names it in {}", name), frame), true, "runs it as a command", frame);
}

/// `-include F`, `-specs=F`, `@F`, `-Bdirectory` among the flags of a compiler.
void Interpreter::examine_flags(std::string_view name, const Value& value, const Frame& frame) {
  const auto tokens = tokens_of(*value.text, " \t\n\"'");
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (tokens[i].starts_with("-B")) {
      examine_directory("-B", value,
                        tokens[i].size() > 2 || i + 1 >= tokens.size() ? tokens[i].substr(2) : tokens[i + 1], frame);
      continue;
    }
    const auto file = compiler_file(i > 0 ? tokens[i - 1] : std::string_view{}, tokens[i]);
    if (file.name.empty()) continue;
    const auto content = test_data(value, file.name, frame);
    if (content && !(file.script && only_describes("ld", *content)))
      arrive(diverted(*content, fmt::format("names it in {}", name), frame), true, "has the compiler use it", frame);
  }
}

/// The content of the file of that name if it is data of the tests.
std::optional<Value> Interpreter::test_data(const Value& value, std::string_view name, const Frame& frame) {
  if (name.find('/') == std::string_view::npos || name.size() > 512) return std::nullopt;
  const auto& entries = resolve(name, frame);
  if (entries.size() != 1 || !is_test_data_file(entries.front()->path)) return std::nullopt;
  return file_content({std::make_shared<const std::string>(name), value.known, value.trace, value.line}, frame);
}

Value Interpreter::diverted(Value value, std::string what, const Frame& frame) const {
  value.trace = extended(step(StepKind::divert, std::move(what), frame), {value.trace});
  return value;
}

/// A directory of the tests on a path that something is looked for on, if what is looked for stands there.
void Interpreter::examine_directory(std::string_view variable, const Value& value, std::string_view name,
                                    const Frame& frame) {
  name = name.substr(std::min(name.rfind(k_unknown_part) + 1, name.size()));
  if (name.empty()) return;
  for (const auto& directory : {normalised_path(frame.unit->directory(), name), normalised_path({}, name)}) {
    if (directory.empty() || !is_in_test_data(directory + "/")) continue;
    if (is_in_test_data(frame.unit->path())) return;
    const auto* path = search_path(variable);
    const auto taken = first_taken(variable, directory, frame);
    if (!taken) continue;
    auto content = file_content(Value::of(*taken, value.trace, value.line), frame);
    if (!content.carries_content()) continue;
    content.trace = extended(
        step(StepKind::shadow, fmt::format("puts {} in front of {} with {}", directory, path->what, variable), frame),
        {content.trace});
    return arrive(std::move(content), true, "runs it in the place of another", frame);
  }
}

/// A file in `directory` that what searches it would take.
std::optional<std::string> Interpreter::first_taken(std::string_view variable, const std::string& directory,
                                                    const Frame& frame) {
  for (const auto name : tokens_of(search_path(variable)->taken, " ")) {
    if (name[0] != '*') {
      if (const auto* entry = m_tree.find(directory + "/" + std::string{name})) return entry->path;
      continue;
    }
    for (const auto* entry : m_tree.find_below(directory, {}, name))
      if (path_dirname(entry->path) == directory) return entry->path;
  }
  if (variable == "VPATH" && is_in_test_data(directory)) {
    // Sources of tests are compiled by tests; what lies beside their data is no source.
    const TreeEntry* first = nullptr;
    bool data = false;
    for (const auto* entry : m_tree.find_below(directory, {}, {})) {
      if (path_dirname(entry->path) != directory) continue;
      if (first == nullptr) first = entry;
      data = data || is_fixture(entry->path);
    }
    if (data) return first->path;
  }
  for (const auto& option : k_module_options) {
    if (option.path != variable) continue;
    bool is_defined = false;
    for (const auto& value : defined(option.variable, frame.deeper(), is_defined))
      for (auto token : tokens_of(*value.text, " \t")) {
        if (token.size() < 3 || token[0] != '-' || option.options.find(token[1]) == std::string_view::npos) continue;
        std::string module{token.substr(2, token.find('=', 2) - 2)};
        for (auto at = module.find("::"); at != std::string::npos; at = module.find("::")) module.replace(at, 2, "/");
        if (const auto* entry = m_tree.find(fmt::format("{}/{}{}", directory, module, option.suffix)))
          return entry->path;
      }
  }
  return std::nullopt;
}

}  // namespace assay::inspect
