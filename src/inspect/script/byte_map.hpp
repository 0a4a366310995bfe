// Byte maps as tr(1) means them (POSIX.1-2017 tr, with GNU's octal ranges, `-t` and padding of the second set), and
// those of sed's and perl's `y///`.
#pragma once
#include <array>
#include <bitset>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"

namespace assay::inspect {

/// What happens to each of the 256 byte values.
struct ByteMap {
  std::array<std::uint8_t, 256> to{};  ///< the byte it becomes
  std::bitset<256> deleted;            ///< it is left out
  std::bitset<256> squeezed;           ///< runs of it (as output) become one

  /// The map that changes nothing.
  static ByteMap identity() noexcept;
  Bytes apply(ByteView bytes) const;
  bool is_identity() const noexcept;
  /// Number of byte values it changes or deletes.
  std::size_t changed() const noexcept;
  /// True for the maps that honest scripts use on text: letter case, line ends, blanks, path separators, deletion or
  /// replacement of unwanted characters by one and the same. Such a map hides nothing and decodes nothing.
  bool is_textual() const noexcept;
  auto operator==(const ByteMap& other) const noexcept -> bool {
    return to == other.to && deleted == other.deleted && squeezed == other.squeezed;
  }
};

/// The map that `tr` with these arguments (options and sets, without the word `tr`) applies; nothing if tr would refuse
/// them or they are not understood.
std::optional<ByteMap> parse_tr(const std::vector<std::string>& arguments);

/// The map of `y/from/to/`; nothing if the two are not of one length. Escapes and ranges count where `ranges` (perl).
std::optional<ByteMap> parse_transliteration(std::string_view from, std::string_view to, bool ranges);

}  // namespace assay::inspect
