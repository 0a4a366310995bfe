// Comments, strings and code of a source text told apart, for the languages that releases are written and built in. Not
// a compiler's lexer: it needs to be right about what a person takes for a comment, it takes linear time, and whatever
// the text is it ends.
#pragma once
#include <cstdint>
#include <functional>
#include <string_view>

namespace assay::inspect {

enum class Language : std::uint8_t { none, c, shell, m4, python, javascript, make, cmake };

std::string_view to_string(Language language) noexcept;

/// Qt calls its translations as TypeScript is called; they are XML, which no TypeScript begins as.
bool is_translation(std::string_view path, std::string_view text) noexcept;

/// By the file's name, and where that says nothing by the interpreter on its first line.
Language language_of(std::string_view path, std::string_view text) noexcept;

enum class TokenKind : std::uint8_t { code, comment, string };

std::string_view to_string(TokenKind kind) noexcept;

/// A run of one kind. Code is given line by line, comments and strings as a whole, with their delimiters.
struct Token {
  TokenKind kind = TokenKind::code;
  std::uint64_t offset = 0;
  std::uint64_t line = 1;  ///< on which it begins
  std::string_view text;
};

/// Call `see` for each token of `text`, in order; together they are `text`.
void tokenise(Language language, std::string_view text, const std::function<void(const Token&)>& see);

}  // namespace assay::inspect
