// What the parts of the interpreter share: names of commands, and values as text. Internal to interpreter*.cpp.
#pragma once
#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/text.hpp"
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
inline bool is_language(std::string_view name) noexcept {
  return name.starts_with("python") || name.starts_with("perl") ||
         is_one_of(name, {"ruby", "node", "php", "lua", "tclsh"});
}
inline bool is_compiler(std::string_view name) noexcept {
  return is_one_of(name, {"cc", "gcc", "clang", "c99", "g++", "c++", "tcc", "as"});
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

/// The option that is followed by a file with a program; empty for commands that have none.
inline std::string_view program_option(std::string_view name) noexcept {
  if (is_one_of(name, {"awk", "gawk", "mawk", "nawk", "sed", "gsed", "make", "gmake", "m4"})) return "-f";
  if (name == "cmake") return "-P";
  return name == "ld" ? "-T" : "";
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
