#include "inspect/line_traits.hpp"

#include <algorithm>
#include <string>

#include "base/text.hpp"

namespace assay::inspect {

namespace {

/// The line cut into commands of words, the way a shell would at first glance: quotes are looked through (m4 and make
/// quote in ways of their own), and `|`, `;`, `&`, backquotes and parentheses separate commands.
struct Command {
  std::vector<std::string_view> words;
  char before = 0;  ///< the separator in front of it
  char after = 0;   ///< and behind it
};

bool is_separator(char c) {
  return c == '|' || c == ';' || c == '&' || c == '`' || c == '(' || c == ')';
}
bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '"' || c == '\'' || c == '[' || c == ']' || c == ',';
}

std::vector<Command> split_commands(std::string_view line) {
  std::vector<Command> commands(1);
  std::size_t start = std::string_view::npos;
  const auto flush = [&](std::size_t end) {
    if (start != std::string_view::npos) commands.back().words.push_back(line.substr(start, end - start));
    start = std::string_view::npos;
  };
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (is_separator(c)) {
      flush(i);
      commands.back().after = c;
      commands.push_back({{}, c, 0});
    } else if (is_blank(c)) {
      flush(i);
    } else if (start == std::string_view::npos) {
      start = i;
    }
  }
  flush(line.size());
  return commands;
}

bool is_shell_word(std::string_view word) {
  static constexpr std::string_view k_shells[] = {
      "sh",        "bash",    "dash", "ksh", "zsh", "/bin/sh", "$SHELL", "${SHELL}", "$CONFIG_SHELL", "${CONFIG_SHELL}",
      "/bin/bash", "$(SHELL)"};
  return std::find(std::begin(k_shells), std::end(k_shells), word) != std::end(k_shells);
}

bool has_flag(const Command& command, std::string_view letters, std::initializer_list<std::string_view> longs) {
  for (const auto word : command.words) {
    if (word.size() >= 2 && word[0] == '-' && word[1] != '-' &&
        word.find_first_of(letters, 1) != std::string_view::npos)
      return true;
    if (std::find(longs.begin(), longs.end(), word) != longs.end()) return true;
  }
  return false;
}

bool is_decoder(const Command& command, std::string_view name) {
  if (name == "xzcat" || name == "zcat" || name == "bzcat" || name == "gunzip" || name == "unxz" || name == "bunzip2" ||
      name == "lzcat" || name == "lunzip" || name == "zstdcat")
    return true;
  const bool codec = name == "xz" || name == "gzip" || name == "bzip2" || name == "lzma" || name == "lzip" ||
                     name == "zstd" || name == "base64" || name == "base32" || name == "uudecode";
  if (codec) return name == "uudecode" || has_flag(command, "dD", {"--decode", "--decompress"});
  if (name == "openssl") return has_flag(command, "d", {"-d"});
  if (name == "xxd") return has_flag(command, "r", {"-r"});
  return false;
}

bool has_octal_range(const Command& command) {
  return std::any_of(command.words.begin(), command.words.end(), [](std::string_view word) {
    const auto slash = word.find('\\');
    return slash != std::string_view::npos && slash + 1 < word.size() && word[slash + 1] >= '0' &&
           word[slash + 1] <= '7' && word.find('-') != std::string_view::npos;
  });
}

constexpr LineTrait k_eval_of_pipe{"pipe-to-eval", "evaluates what a pipe delivers", 5};
constexpr LineTrait k_pipe_to_shell{"pipe-to-shell", "pipes into a shell", 5};
constexpr LineTrait k_decoder{"decoder", "decodes or decompresses data", 4};
constexpr LineTrait k_octal_tr{"octal-tr", "maps bytes with octal ranges", 5};
constexpr LineTrait k_tree_grep{"binary-grep", "searches files recursively or as binary", 4};
constexpr LineTrait k_carve{"carve", "cuts bytes out of a file by offset", 4};
constexpr LineTrait k_sed_read{"sed-read", "uses sed to read a file", 4};
constexpr LineTrait k_reads_tests{"reads-tests", "reads from the test directory", 3};
constexpr LineTrait k_fetch{"fetch", "fetches from the network", 4};
constexpr LineTrait k_eval{"eval", "evaluates a variable", 1};
constexpr LineTrait k_byte_map{"byte-map", "maps bytes with tr", 1};
constexpr LineTrait k_edits_build{"edits-build", "edits files of the build in place", 3};

void command_traits(const Command& command, std::vector<LineTrait>& traits) {
  if (command.words.empty()) return;
  const auto name = path_basename(command.words.front());
  const bool piped = command.before == '|';
  // `bash | sh)` and `sh | dash)` are alternatives of a case pattern, not pipes.
  const bool case_pattern = command.after == ')' && command.words.size() == 1;
  if (piped && !case_pattern && name == "eval") traits.push_back(k_eval_of_pipe);
  if (piped && !case_pattern && is_shell_word(command.words.front())) traits.push_back(k_pipe_to_shell);
  if (is_decoder(command, name)) traits.push_back(k_decoder);
  if (name == "tr") traits.push_back(has_octal_range(command) ? k_octal_tr : k_byte_map);
  if ((name == "grep" || name == "egrep") && has_flag(command, "raR", {"--text", "--recursive"}))
    traits.push_back(k_tree_grep);
  if ((name == "head" || name == "tail") && has_flag(command, "c", {"--bytes"})) traits.push_back(k_carve);
  if (name == "dd" &&
      std::any_of(command.words.begin(), command.words.end(), [](auto word) { return word.starts_with("skip="); }))
    traits.push_back(k_carve);
  if (name == "sed" && command.words.size() >= 2 && command.words[1].starts_with("r") &&
      !command.words[1].starts_with("r="))
    traits.push_back(k_sed_read);
  if (name == "sed" && has_flag(command, "i", {"--in-place"})) traits.push_back(k_edits_build);
  if (name == "curl" || name == "wget" || name == "nc" || name == "ncat") traits.push_back(k_fetch);
  if (name == "eval") traits.push_back(k_eval);
}

}  // namespace

std::vector<LineTrait> traits_of_line(std::string_view line) {
  // Longer lines are data; what they do is not told by their words.
  constexpr std::size_t k_longest = 64 * 1024;
  line = line.substr(0, k_longest);
  std::vector<LineTrait> traits;
  const auto start = line.find_first_not_of(" \t");
  if (start == std::string_view::npos || line[start] == '#' || line.substr(start).starts_with("dnl ")) return traits;
  for (const auto& command : split_commands(line)) command_traits(command, traits);
  if (line.find("srcdir/test") != std::string_view::npos || line.find("srcdir}/test") != std::string_view::npos)
    traits.push_back(k_reads_tests);
  return traits;
}

unsigned line_weight(std::string_view line) {
  unsigned weight = 0;
  for (const auto& trait : traits_of_line(line)) weight += trait.weight;
  return weight;
}

}  // namespace assay::inspect
