// Textual forms that evidence is written in, read strictly: what has two spellings has two digests, so only the canonical
// one is taken.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/base64.hpp"
#include "base/bytes.hpp"

namespace assay::attest {

/// Decode canonical base64 (RFC 4648 sections 3.2 to 3.5): nothing if padding is missing, a character is none of the
/// alphabet (white space included), or unused bits are not zero.
std::optional<Bytes> from_base64(std::string_view text);
using assay::to_base64;  // its inverse

/// The same over lines: line ends are allowed, nothing else is. For armors.
std::optional<Bytes> from_base64_lines(std::string_view text);

/// Seconds since the epoch of an RFC 3339 time; fractions are dropped. Nothing if it is malformed or no such day exists.
std::optional<std::int64_t> parse_time(std::string_view text);

/// RFC 3339 in UTC without fractions: "2024-03-29T16:00:00Z".
std::string format_time(std::int64_t seconds);

/// A closed interval of time; no `end` means for ever.
struct TimeRange {
  std::int64_t start = 0;
  std::optional<std::int64_t> end;
  bool contains(std::int64_t time) const noexcept { return time >= start && (!end || time <= *end); }
  std::string to_string() const;
};

/// One body of a PEM text (RFC 7468) by its label: "CERTIFICATE", "PUBLIC KEY". The first one; nothing if there is none or
/// it is malformed.
std::optional<Bytes> from_pem(std::string_view text, std::string_view label);
std::string to_pem(ByteView der, std::string_view label);

/// An unsigned decimal number without sign or superfluous zeros.
std::optional<std::uint64_t> parse_unsigned(std::string_view text);

}  // namespace assay::attest
