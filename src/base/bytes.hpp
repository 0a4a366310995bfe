// Bytes and their textual forms. Bytes are `ByteView`; text that is known to be text is `std::string_view`.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace assay {

using ByteView = std::span<const std::uint8_t>;
using Bytes = std::vector<std::uint8_t>;

/// View the bytes of `text` (no copy; lives as long as `text`).
inline ByteView as_bytes(std::string_view text) noexcept {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// View `bytes` as characters (no copy, no validation).
inline std::string_view as_text(ByteView bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Lower-case hexadecimal of `bytes`.
std::string to_hex(ByteView bytes);

/// Decode hexadecimal of either case; nothing if the length is odd or a digit is not one.
std::optional<Bytes> from_hex(std::string_view hex);

/// XXH3-64. For caches, grouping and in-memory sets of trusted data only, never for a trust decision.
std::uint64_t xxh3(ByteView bytes) noexcept;

}  // namespace assay
