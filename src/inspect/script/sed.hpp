// The part of sed and grep that build scripts use on names and on bytes (POSIX.1-2017 XCU sed, grep).
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "inspect/script/byte_map.hpp"
#include "inspect/script/pattern.hpp"

namespace assay::inspect {

/// A parsed sed program: s, y, p, d, q, r, = with line and pattern addresses.
class SedProgram {
 public:
  /// True if it changes nothing and prints everything: nothing but `r FILE` of a file that is not there, or no command.
  bool only_reads() const noexcept;
  /// The maps of its `y` commands.
  std::vector<ByteMap> byte_maps() const;
  /// What it prints; nothing if that is more than `max_output` bytes.
  std::optional<std::string> run(std::string_view input, std::uint64_t max_output) const;

  struct Address {
    enum class Kind : std::uint8_t { none, line, last, pattern } kind = Kind::none;
    std::uint64_t line = 0;
    std::shared_ptr<Regex> pattern;
  };
  struct Command {
    Address first, second;
    bool negated = false;
    char name = 0;
    std::shared_ptr<Regex> pattern;  ///< of s
    std::string replacement;
    bool all = false;
    bool print = false;
    ByteMap map;  ///< of y
    std::size_t block_end = 0;
  };

 private:
  friend std::optional<SedProgram> parse_sed(std::string_view program, bool extended, bool quiet);
  std::vector<Command> m_commands;
  bool m_quiet = false;
};

/// Nothing if the program uses what is not followed (branches, hold space).
std::optional<SedProgram> parse_sed(std::string_view program, bool extended, bool quiet);

/// What a program has a shell execute: the lines that it reads (`s/…/…/e`, `e`), and commands that it holds itself
/// (`1e COMMAND`, `s/…/COMMAND/e`).
struct SedExecution {
  bool lines = false;
  std::vector<std::string> commands{};
  bool any() const noexcept { return lines || !commands.empty(); }
};
SedExecution sed_execution(std::string_view program);

/// A word of a sed command that is a program or names a file to edit; not that of `-f`.
struct SedWord {
  std::size_t index = 0;
  bool program = false;
  std::string_view text;  ///< of a program: without its option
};
std::vector<SedWord> sed_words(const std::vector<std::string_view>& words);

/// A grep command.
struct GrepCommand {
  std::string re2;             ///< the pattern as RE2 takes it
  std::string shown;           ///< as written
  bool recursive = false;      ///< -r, -R
  bool binary = false;         ///< -a
  bool names_only = false;     ///< -l, -L
  bool only_matching = false;  ///< -o
  bool byte_offset = false;    ///< -b
  bool ignore_case = false;
  bool whole_word = false;
  bool invert = false;
  bool quiet = false;
  std::vector<std::size_t> files;  ///< operands behind the pattern, indices into the arguments
};

/// Nothing if there is no pattern or it cannot be said in RE2.
std::optional<GrepCommand> parse_grep(const std::vector<std::string>& arguments);

}  // namespace assay::inspect
