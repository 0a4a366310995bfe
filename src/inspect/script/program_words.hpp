// The words by which a program in Python, perl, Ruby, JavaScript or R runs a text or a file, under whatever name it calls
// them.
#pragma once
#include <cctype>
#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "inspect/script/source.hpp"

namespace assay::inspect {

inline bool is_word(char c) noexcept {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

/// `use(word, offset)` for each word of `text`.
template <typename Use>
void each_word(std::string_view text, Use use) {
  for (std::size_t at = 0; at < text.size();) {
    auto end = at;
    while (end < text.size() && is_word(text[end])) ++end;
    if (end > at) use(text.substr(at, end - at), at);
    at = end > at ? end : at + 1;
  }
}

/// The first place of `word`, from `from` on, where it is no part of a longer one; npos if there is none.
std::size_t find_whole_word(std::string_view text, std::string_view word, std::size_t from = 0);

/// `use(statement, offset)` for each statement as far as lines, semicolons and open brackets tell.
template <typename Use>
void each_statement(std::string_view program, Use use) {
  constexpr std::size_t k_most_lines_of_statement = 8;
  std::size_t begin = 0, lines = 0;
  int depth = 0, block = 0;  // brackets that are open, and that were where a block began
  // The next line begins with what is done to the value of this one.
  const auto goes_on = [&](std::size_t end) {
    const auto next = program.find_first_not_of(" \t", end + 1);
    return next != std::string_view::npos && program[next] == '.';
  };
  // `function (error, data) {`, `data => {`, but not Ruby's `{ |data|`.
  const auto begins_function = [&](std::size_t at) {
    const auto before = program.substr(begin, at - begin);
    const auto last = before.find_last_not_of(" \t");
    if (last == std::string_view::npos || (before[last] != ')' && !before.substr(0, last + 1).ends_with("=>")))
      return false;
    const auto next = program.find_first_not_of(" \t", at + 1);
    return next == std::string_view::npos || program[next] != '|';
  };
  for (std::size_t at = 0; at <= program.size(); ++at) {
    const char c = at < program.size() ? program[at] : '\n';
    depth += c == '(' || c == '[' ? 1 : c == ')' || c == ']' ? -1 : 0;
    if (c == '{' || c == '}') block = c == '{' ? depth : 0;
    // A block is not part of the call that it is given to.
    const bool opens_block = c == '\n' && at > 0 && program[at - 1] == '{';
    const bool breaks =
        c == '\n' && (opens_block || (depth <= 0 && !goes_on(at)) || ++lines >= k_most_lines_of_statement);
    const bool ends = breaks || (c == ';' && depth <= block) || (c == '{' && begins_function(at));
    if (!ends && at < program.size()) continue;
    use(program.substr(begin, at - begin), begin);
    begin = at + 1;
    lines = 0;
    depth = block = 0;
  }
}

/// What a program runs things with: known words of its language, and the names that it gives to them. `exec(`, `eval(` and
/// `system(` are methods of many things that run nothing: behind a dot they count where what stands in front of it is known
/// to run; `eval `, `system ` and `%x` where an expression begins, and not in a literal.
class RunningWords {
 public:
  /// Of a language that is not known (ScriptKind::none) all words count.
  explicit RunningWords(ScriptKind language) : m_language(language) {}

  /// Learn the names that a statement gives: `from subprocess import run as r`, `const cp = require("child_process")`,
  /// `e = exec`. True if it gave one. The text has to live as long as this.
  bool note(std::string_view statement);

  /// The first word that runs a text, or a file, as a program; npos if there is none.
  std::size_t find_evaluator(std::string_view text) const;
  /// The first word that runs a text as a command of the system; npos if there is none.
  std::size_t find_starter(std::string_view text) const;

  /// The first of the words that tell wherever they stand in a program, and whether one of them evaluates.
  struct Telling {
    std::size_t at = std::string_view::npos;
    bool evaluates = false;
  };
  Telling find_telling(std::string_view program) const;

 private:
  struct Word;
  struct Named {
    std::string_view rest;  ///< behind the name: ".system"; empty where the name alone is enough
    bool evaluates = false;
    bool starts = false;
  };
  static const std::vector<Word>& words();
  bool is_spoken(const Word& word) const noexcept;
  bool is_perl() const noexcept;
  std::size_t find(std::string_view text, const Word& word) const;
  template <typename Wanted>
  std::size_t find_named(std::string_view text, Wanted wanted) const;
  bool name(std::string_view qualified, std::string_view other);
  bool note_imports(std::string_view statement);
  bool is_receiver(std::string_view word) const;
  bool is_received(std::string_view text, std::size_t dot) const;

  ScriptKind m_language;
  std::unordered_map<std::string_view, std::vector<Named>> m_named;
  std::unordered_set<std::string_view> m_receivers;  ///< names of modules that run things
};

}  // namespace assay::inspect
