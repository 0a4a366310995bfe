// Characters that make a source look like another source than it is: "Trojan Source" (CVE-2021-42574, CVE-2021-42694).
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "inspect/text/lexer.hpp"

namespace assay::inspect {

enum class Deception : std::uint8_t {
  reordered,   ///< a bidirectional control that is open where its token or line ends, or that stands in code
  invisible,   ///< a character that leaves no mark in code, or many in a row in a string or comment
  confusable,  ///< an identifier that looks like another one, or that passes for an ASCII word
};

struct Deceit {
  Deception what = Deception::reordered;
  std::uint64_t line = 1;
  TokenKind where = TokenKind::code;
  std::string message;    ///< "U+202E is still open at the end of a comment"; ours, with names escaped for display
  std::string line_text;  ///< raw, cut
};

/// What is deceptive about `text`. Linear time; at most `k_most_deceits` of them, and nothing for a text without a byte
/// beyond ASCII.
std::vector<Deceit> find_deceits(Language language, std::string_view text);

inline constexpr std::size_t k_most_deceits = 100;

/// A quick look, fit for every file of a release: false only if find_deceits() has nothing to say of `text`.
bool may_deceive(std::string_view text) noexcept;

}  // namespace assay::inspect
