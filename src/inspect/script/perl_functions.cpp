#include "inspect/script/perl_functions.hpp"

#include <algorithm>
#include <cctype>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/search.hpp"
#include "inspect/script/program_words.hpp"

namespace assay::inspect {

namespace {

constexpr auto k_nowhere = std::string_view::npos;

struct Function {
  std::string_view name;       ///< without the package in front of it
  std::size_t definition = 0;  ///< where that name stands
  std::size_t begin = 0;       ///< of the body
  std::size_t end = 0;
};

/// Names in capitals are perl's own (perlsub(1)): DESTROY, AUTOLOAD, TIEHASH, BEGIN. `use` calls import, `no` unimport.
bool is_called_by_perl(std::string_view name) {
  const bool capitals = std::none_of(name.begin(), name.end(), [](unsigned char c) { return std::islower(c) != 0; });
  return capitals || name == "import" || name == "unimport";
}

/// Where the brace is that closes the one at `open`, as far as quotes and comments of its lines tell; nothing if the text ends before.
std::optional<std::size_t> closing_brace(std::string_view text, std::size_t open) {
  std::size_t depth = 0;
  char quote = 0;
  for (auto at = open; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '\n' || c == quote) quote = 0;
    else if (c == '\\') ++at;
    else if (quote != 0) continue;
    else if (c == '"' || c == '\'') quote = c;
    else if (c == '#' && std::string_view{" \t\n{;"}.find(text[at - 1]) != k_nowhere)
      at = std::min(text.find('\n', at), text.size()) - 1;
    else if (c == '{') ++depth;
    else if (c == '}' && --depth == 0) return at;
  }
  return std::nullopt;
}

/// The function whose `sub` stands at `at`, of which nothing reaches behind `limit`. Its end has to be plain to see: one line that ends in
/// the brace which closes the body, or a line that begins with it.
std::optional<Function> function_at(std::string_view program, std::size_t at, std::size_t limit) {
  const auto text = program.substr(0, limit);
  Function function;
  function.definition = text.find_first_not_of(" \t", at + std::string_view{"sub"}.size());
  if (function.definition == k_nowhere) return std::nullopt;
  auto end = function.definition;
  for (; end < text.size() && (is_word(text[end]) || text[end] == ':'); ++end)
    if (text[end] == ':') function.definition = end + 1;
  function.name = text.substr(function.definition, end - function.definition);
  const auto open = text.find('{', end);
  // A prototype or a signature may stand between.
  if (function.name.empty() || open == k_nowhere || text.substr(end, open - end).find_first_of(";}#") != k_nowhere)
    return std::nullopt;
  const auto close = closing_brace(text, open);
  if (!close) return std::nullopt;
  const auto line_end = std::min(text.find('\n', open), text.size());
  const auto behind = text.find_first_not_of(" \t\r", *close + 1);
  const bool begins_line = text[*close - 1] == '\n';
  const bool ends_line = *close < line_end && (behind == k_nowhere || text[behind] == '\n');
  if (!begins_line && !ends_line) return std::nullopt;
  function.begin = open + 1;
  function.end = *close;
  return function;
}

std::vector<Function> functions_of(std::string_view program) {
  constexpr std::string_view k_begin = "\nsub ";
  std::vector<Function> functions;
  auto at = program.starts_with("sub ") ? 0 : find_word(program, k_begin);
  while (at < program.size()) {
    const auto begin = program[at] == '\n' ? at + 1 : at;
    const auto next = std::min(find_word(program, k_begin, begin), program.size());
    if (auto function = function_at(program, begin, next)) functions.push_back(*function);
    at = next;
  }
  return functions;
}

/// The program up to a manual that stands behind all of it: that names what it describes.
std::string_view without_manual(std::string_view program) {
  const auto manual = std::min(find_word(program, "\n=head1 "), find_word(program, "\n=encoding "));
  const bool is_last =
      manual != k_nowhere && find_word(program, "\n=cut\n", manual) >= program.find_last_not_of(" \t\n") - 5;
  return is_last ? program.substr(0, manual) : program;
}

/// Which of the functions are named anywhere but where they are defined, and in the list of what a module exports.
std::unordered_map<std::string_view, bool> calls_in(std::string_view program, const std::vector<Function>& functions) {
  constexpr std::size_t k_longest_list = 4096;
  std::unordered_map<std::string_view, bool> called;
  std::unordered_set<std::size_t> definitions;
  for (const auto& function : functions) {
    called.emplace(function.name, is_called_by_perl(function.name));
    definitions.insert(function.definition);
  }
  std::size_t list = k_nowhere, statement = 0;  // where `@EXPORT` stood last, and where the present statement begins
  program = without_manual(program);
  for (std::size_t at = 0; at < program.size();) {
    if (!is_word(program[at])) {
      if (program[at] == ';') statement = at;
      ++at;
      continue;
    }
    const auto begin = at;
    while (at < program.size() && is_word(program[at])) ++at;
    const auto word = program.substr(begin, at - begin);
    if (word.starts_with("EXPORT") && begin > 0 && program[begin - 1] == '@') list = begin;
    const bool exported = list != k_nowhere && list >= statement && begin - list <= k_longest_list;
    if (exported || definitions.contains(begin)) continue;
    if (const auto it = called.find(word); it != called.end()) it->second = true;
  }
  return called;
}

}  // namespace

std::string without_uncalled_functions(std::string_view program,
                                       const std::function<bool(std::string_view body)>& keeps) {
  std::string rest{program};
  const auto functions = functions_of(program);
  const auto called = calls_in(program, functions);
  for (const auto& function : functions) {
    if (called.at(function.name) || keeps(program.substr(function.begin, function.end - function.begin))) continue;
    for (auto i = function.begin; i < function.end; ++i)
      if (rest[i] != '\n') rest[i] = ' ';
  }
  return rest;
}

}  // namespace assay::inspect
