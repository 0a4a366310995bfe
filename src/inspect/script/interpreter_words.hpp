// What the parts of the interpreter share: names of commands, and values as text. Internal to interpreter*.cpp.
#pragma once
#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/text.hpp"
#include "inspect/script/describing.hpp"
#include "inspect/script/shell.hpp"
#include "inspect/script/values.hpp"

namespace assay::inspect {

inline constexpr unsigned k_deepest = 40;
inline constexpr std::size_t k_longest_eval = 256 * 1024;

inline bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) noexcept {
  return std::find(words.begin(), words.end(), word) != words.end();
}

inline bool is_shell(std::string_view name) noexcept {
  return is_one_of(name, {"sh", "bash", "dash", "ksh", "zsh", "ash", "mksh"});
}
/// Is it `program` in one of its versions (python3.11-dbg, perl5.36-x86_64-linux-gnu, luajit), and no program that is called after it
/// (python-pure-benchmark)?
inline bool is_version_of(std::string_view program, std::string_view name) noexcept {
  if (!name.starts_with(program)) return false;
  auto rest = name.substr(program.size());
  if (rest.starts_with('-')) rest.remove_prefix(1);
  return rest.empty() || (rest[0] >= '0' && rest[0] <= '9') || rest == "dbg" ||
         name.find_first_of("-_") == std::string_view::npos;
}
inline bool is_language(std::string_view name) noexcept {
  return is_version_of("python", name) || is_version_of("perl", name) || is_version_of("lua", name) ||
         is_one_of(name, {"ruby",    "node",  "nodejs", "deno",    "bun",    "php",    "tclsh",  "wish",
                          "expect",  "guile", "julia",  "Rscript", "groovy", "elixir", "ocaml",  "racket",
                          "escript", "pwsh",  "csh",    "tcsh",    "fish",   "octave", "gnuplot"});
}
inline bool is_compiler(std::string_view name) noexcept {
  return is_one_of(name, {"cc", "gcc", "clang", "c99", "g++", "c++", "clang++", "tcc", "as", "libtool"});
}
/// Commands that bring what a server sends.
inline bool is_fetcher(std::string_view name) noexcept {
  return is_one_of(name, {"curl", "wget", "fetch", "lynx", "aria2c", "nc", "ncat"});
}
/// Commands that run another one given to them.
inline bool is_prefix(std::string_view name) noexcept {
  return is_one_of(name, {"exec", "command", "builtin", "nohup", "nice", "time", "env", "sudo", "busybox", "timeout",
                          "stdbuf", "fakeroot", "setsid", "ionice"});
}
/// Take such a command off, with its options and what belongs to them.
inline void drop_prefix(Values& words) {
  const std::string name{path_basename(*words.front().text)};
  const std::string_view with_value = name == "timeout"                    ? "ks"
                                      : name == "nice" || name == "ionice" ? "n"
                                      : name == "env"                      ? "uC"
                                      : name == "exec"                     ? "a"
                                                                           : "";
  words.erase(words.begin());
  while (words.size() > 1) {
    const std::string word = *words.front().text;
    if (!word.starts_with('-') && assigned_name(word).empty()) break;
    words.erase(words.begin());
    if (word.size() == 2 && word[0] == '-' && with_value.find(word[1]) != std::string_view::npos && words.size() > 1)
      words.erase(words.begin());
  }
  const auto first = words.front().text->empty() ? '\0' : words.front().text->front();
  if (name == "timeout" && words.size() > 1 && first >= '0' && first <= '9') words.erase(words.begin());
}

/// Programs that take commands from what they are given: on their standard input, in a file behind an option, or in one
/// that a command text names (`sqlite3 a.db ".read FILE"`).
struct ProgramSource {
  std::string_view program;
  std::string_view option;  ///< is followed by a file with a program; empty: none
  bool input = false;       ///< reads commands from its standard input
};
inline constexpr ProgramSource k_program_sources[] = {{"awk", "-f"},
                                                      {"gawk", "-f"},
                                                      {"mawk", "-f"},
                                                      {"nawk", "-f"},
                                                      {"sed", "-f"},
                                                      {"gsed", "-f"},
                                                      {"make", "-f"},
                                                      {"gmake", "-f"},
                                                      {"bmake", "-f"},
                                                      {"pmake", "-f"},
                                                      {"remake", "-f"},
                                                      {"m4", "-f"},
                                                      {"cmake", "-P"},
                                                      {"cmake", "-C"},
                                                      {"ld", "-T"},
                                                      {"ld", "--script="},
                                                      {"ld", "--script"},
                                                      {"ld", "-plugin"},
                                                      {"ld", "--plugin="},
                                                      {"ld", "--plugin"},
                                                      {"ld", "-dynamic-linker"},
                                                      {"ld", "@"},
                                                      {"ld", "--dynamic-linker="},
                                                      {"ld", "--dynamic-linker"},
                                                      {"ninja", "-f"},
                                                      {"samu", "-f"},
                                                      {"ant", "-f"},
                                                      {"ant", "-buildfile"},
                                                      {"scons", "-f"},
                                                      {"just", "-f"},
                                                      {"rake", "-f"},
                                                      {"jam", "-f"},
                                                      {"mvn", "-f"},
                                                      {"task", "-t"},
                                                      {"gradle", "-b"},
                                                      {"gradle", "-I"},
                                                      {"dc", "-f", true},
                                                      {"ex", "-S", true},
                                                      {"ex", "-u", true},
                                                      {"vi", "-S", true},
                                                      {"vim", "-S", true},
                                                      {"vim", "-s", true},
                                                      {"vim", "-u", true},
                                                      {"nvim", "-S", true},
                                                      {"nvim", "-u", true},
                                                      {"ed", "", true},
                                                      {"red", "", true},
                                                      {"emacs", "-l"},
                                                      {"emacs", "--load"},
                                                      {"emacs", "--script"},
                                                      {"emacs", "-load"},
                                                      {"gdb", "-x", true},
                                                      {"lldb", "-s", true},
                                                      {"at", "-f", true},
                                                      {"batch", "", true},
                                                      {"sqlite3", "-init", true},
                                                      {"psql", "-f", true},
                                                      {"premake5", "--file="},
                                                      {"xmake", "-F"}};

inline bool has_program_sources(std::string_view name) noexcept {
  return std::any_of(std::begin(k_program_sources), std::end(k_program_sources),
                     [&](const ProgramSource& source) { return source.program == name; });
}
inline bool takes_commands(std::string_view name) noexcept {
  return std::any_of(std::begin(k_program_sources), std::end(k_program_sources),
                     [&](const ProgramSource& source) { return source.program == name && source.input; });
}
/// The option of that program that `word` begins with; empty for other words.
inline std::string_view program_option(std::string_view name, std::string_view word) noexcept {
  for (const auto& source : k_program_sources)
    if (source.program == name && !source.option.empty() && word.starts_with(source.option)) return source.option;
  return {};
}
/// FILE of `.read FILE`, `source FILE` and the like, in a text of commands; empty for other texts.
inline std::string_view file_to_run(std::string_view commands) noexcept {
  for (const std::string_view verb : {".read ", "\\i ", "source ", "so ", "+so ", "load ", "run "}) {
    const auto at = commands.find(verb);
    if (at != 0 && (at == std::string_view::npos || commands[at - 1] != '(')) continue;
    auto rest = commands.substr(at + verb.size());
    rest.remove_prefix(std::min(rest.find_first_not_of(" \"'"), rest.size()));
    return rest.substr(0, rest.find_first_of(" \"';)"));
  }
  return {};
}

/// Is it a text that only describes, for `reader`? Not if it is not known.
inline bool only_describes(std::string_view reader, const Value& content) {
  return content.known && only_describes(reader, std::string_view{*content.text});
}

struct CommandOption {
  std::string_view program;
  std::string_view option;
};
/// Options whose value is a command that the program runs, most of them on what it reads.
inline constexpr CommandOption k_command_options[] = {{"tar", "--checkpoint-action=exec="},
                                                      {"tar", "--use-compress-program"},
                                                      {"tar", "--to-command"},
                                                      {"tar", "--info-script"},
                                                      {"tar", "--new-volume-script"},
                                                      {"tar", "-I"},
                                                      {"split", "--filter"},
                                                      {"sort", "--compress-program"},
                                                      {"rsync", "--rsh"},
                                                      {"script", "-c"},
                                                      {"flock", "-c"}};

/// What `word` names with such an option: the command, or nothing where it is the next word; no value for other words.
inline std::optional<std::string_view> command_in(std::string_view program, std::string_view word) noexcept {
  for (const auto& known : k_command_options)
    if (known.program == program && word.starts_with(known.option)) {
      word.remove_prefix(known.option.size());
      return word.starts_with('=') ? word.substr(1) : word;
    }
  return std::nullopt;
}

/// COMMANDS of `>(COMMANDS)`; empty for other words.
inline std::string_view process_text(std::string_view word) noexcept {
  const bool is_process = word.size() > 3 && word.starts_with(">(") && word.back() == ')';
  return is_process ? word.substr(2, word.size() - 3) : std::string_view{};
}

/// `(a b c)` as the value of an assignment.
inline bool is_array(std::string_view raw) noexcept {
  return raw.size() > 2 && raw.front() == '(' && raw.back() == ')';
}

/// Commands that print nothing of interest.
inline bool is_silent(std::string_view name) noexcept {
  return is_one_of(name,
                   {"test",  "[",    "[[",      ":",      "true",   "false",    "cd",    "mkdir",   "rmdir", "rm",
                    "cp",    "mv",   "ln",      "chmod",  "chown",  "touch",    "exit",  "return",  "break", "continue",
                    "shift", "set",  "unset",   "umask",  "export", "readonly", "local", "declare", "read",  "wait",
                    "sleep", "kill", "install", "ranlib", "strip",  "hash",     "type",  "ulimit",  "alias"});
}

inline std::string shown(std::string_view text, std::size_t most = 120) {
  return text.size() > most ? std::string{text.substr(0, most)} + "…" : std::string{text};
}

/// `before` followed by `value`; what is big and whole is shared instead of copied. The longer part says where the whole
/// was written down.
Value concatenated(const Value& before, const Value& value);

inline Trace joined(const Values& values) {
  Trace trace;
  for (const auto& value : values) trace = join(trace, value.trace);
  return trace;
}

/// The words of an eval as the one text it evaluates.
inline Value eval_text(const Values& words) {
  std::string text;
  std::uint32_t line = 0;
  bool known = true;
  for (const auto& word : words) {
    if (text.size() > k_longest_eval) break;
    text += (text.empty() ? "" : " ") + *word.text;
    if (line == 0) line = word.line;
    known = known && word.known;
  }
  return {std::make_shared<const std::string>(std::move(text)), known, joined(words), line};
}

inline std::uint64_t context_of(std::uint64_t before, std::string_view name, std::string_view value) {
  const std::uint64_t parts[] = {before, xxh3(as_bytes(name)), xxh3(as_bytes(value))};
  return xxh3(as_bytes(std::string_view{reinterpret_cast<const char*>(parts), sizeof parts}));
}

inline std::vector<std::string> texts_of(const Values& values) {
  std::vector<std::string> texts;
  texts.reserve(values.size());
  for (const auto& value : values)
    texts.push_back(value.text->size() > 64 * 1024 ? value.text->substr(0, 64 * 1024) : *value.text);
  return texts;
}

}  // namespace assay::inspect
