// Shell text taken apart into lists, pipelines and commands, the way POSIX.1-2017 XCU 2 describes, with what bash adds
// where scripts use it. Tolerant: a closer without an opener is skipped, a quotation without an end goes on to the end
// (or the next hard separator), nothing is an error. One pass, no back-tracking; nesting deeper than a bound is flattened.
#pragma once
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "inspect/script/source.hpp"

namespace assay::inspect {

/// A word as written, quotes and expansions and all.
struct ShellWord {
  std::string_view raw;
  std::uint32_t line = 0;
};

enum class RedirectKind : std::uint8_t { in, out, append, here_document, here_string, duplicate };

struct Redirect {
  RedirectKind kind = RedirectKind::in;
  int fd = -1;              ///< as written; -1 if not
  ShellWord target;         ///< the file; of a here-document its delimiter
  std::string_view body{};  ///< of a here-document
  std::uint32_t body_line = 0;
  bool literal = false;  ///< of a here-document: the delimiter was quoted, nothing in the body is expanded
};

struct Pipeline;

enum class CommandKind : std::uint8_t {
  simple,
  group,  ///< { … }, ( … ), if, while, until, case: `body` runs, sharing one standard input and output. `name` is
          ///< the reserved word it begins with, if it is one of the middle three; what it asks stands first in `body`
  loop,   ///< for: as a group, `name` is the variable and `words` its values
  function,  ///< a definition of `name`; `body` runs when it is called
};

struct Command {
  CommandKind kind = CommandKind::simple;
  std::string_view name{};
  std::vector<ShellWord> assignments;  ///< NAME=value, NAME+=value in front of the command or alone
  std::vector<ShellWord> words;
  std::vector<Redirect> redirects;
  std::vector<Pipeline> body;
  std::uint32_t line = 0;
};

struct Pipeline {
  std::vector<Command> stages;
};

struct ShellScript {
  std::vector<Pipeline> pipelines;
  bool truncated = false;  ///< there were too many commands; the rest was left out
};

/// Parse `text`, which must outlive the result.
ShellScript parse_shell(const ShellText& text);
/// The same for a piece of text that stands on one line of its script.
ShellScript parse_shell(std::string_view text, std::uint32_t line);

/// Length of the word or quotation that begins at `at`: how far `'…'`, `"…"`, `` `…` ``, `$(…)`, `${…}` reach. At least 1.
std::size_t quoted_length(std::string_view text, std::size_t at) noexcept;

/// `raw` with quotes taken off and escapes undone, expansions left as they are.
std::string unquoted(std::string_view raw);

/// The name of `NAME=…`, `NAME+=…`; empty if `raw` is no assignment.
std::string_view assigned_name(std::string_view raw) noexcept;

}  // namespace assay::inspect
