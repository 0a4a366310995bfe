// The tokens of an awk program (POSIX.1-2017 XCU awk, "Lexical Conventions"). Internal to awk_lexer.cpp and awk_parser.cpp.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assay::inspect::awk {

/// A `call` is a name with its parenthesis right behind it; a line end is a newline or a semicolon.
enum class Kind : std::uint8_t { end, number, string, regex, word, call, sign, line_end };

struct Token {
  Kind kind = Kind::end;
  std::string text;  ///< of strings and patterns what is between the quotes, escapes undone
};

/// The last token is the `end`. Nothing if the program cannot be split.
std::optional<std::vector<Token>> tokens_of(std::string_view text);

}  // namespace assay::inspect::awk
