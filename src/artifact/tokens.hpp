// Tokens that builds leave in text: dates, paths, identifiers, versions. A scanner says what a stretch of text looks
// like, never whether it is harmless: that is for the causes to judge, with both sides at hand.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assay::artifact {

enum class TokenKind : std::uint8_t {
  date,   ///< a point in time in any of the usual notations, epoch seconds included
  clock,  ///< a time of day alone
  year,   ///< a year alone
  path,   ///< an absolute path
  uuid,
  digest,     ///< hexadecimal or base64 of the length of a usual digest
  revision,   ///< a shorter hexadecimal id, as of a commit
  compiler,   ///< what a compiler says about itself
  kernel,     ///< a kernel release
  account,    ///< user@host
  temporary,  ///< a name made by mkstemp and its like
  address,    ///< a pointer's value
  locale,     ///< a locale's name
  version,    ///< dotted numbers
  number,     ///< digits
  random,     ///< a long word without meaning: symbol suffixes, seeds
};

std::string_view to_string(TokenKind kind) noexcept;

struct Token {
  std::size_t begin = 0;
  std::size_t size = 0;
  TokenKind kind = TokenKind::number;
};

/// The tokens of one line or string, in order, not overlapping; where two notations fit, the more specific one.
std::vector<Token> scan_tokens(std::string_view text);

/// How a token stands in its line, as far as that decides what it may mean.
enum class Setting : std::uint8_t {
  other,
  alone,         ///< nothing before it and no other word behind it
  hash_comment,  ///< the line is a comment to a shell
  c_comment,     ///< the line is a comment to C and its kin
};

/// `line` may be cut at its end after `k_line_shown` bytes.
inline constexpr std::size_t k_line_shown = 200;
Setting setting_of(std::string_view line, std::string_view token);

/// A point in time as it was written.
struct DateValue {
  std::int64_t epoch = 0;           ///< seconds, UTC if a zone was written, else as if it were
  std::int64_t precision = 1;       ///< seconds that one step of the notation stands for: 1, 60, 86400
  std::optional<int> zone_minutes;  ///< the written offset
};

/// Read a date token in any notation that scan_tokens() knows; nothing if it is none.
std::optional<DateValue> parse_date(std::string_view text);

/// Days since 1970-01-01 of a civil date.
std::int64_t days_from_civil(int year, unsigned month, unsigned day) noexcept;
/// The year in which the moment lies, UTC.
int year_of(std::int64_t epoch) noexcept;
/// "2022-12-26 15:30:00 UTC".
std::string format_epoch(std::int64_t epoch);

}  // namespace assay::artifact
