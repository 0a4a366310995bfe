#include "base/base64.hpp"

namespace assay {

std::string to_base64(ByteView bytes) {
  constexpr std::string_view k_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto at = [&](std::size_t k) { return i + k < bytes.size() ? std::uint32_t{bytes[i + k]} : 0U; };
    const std::uint32_t group = at(0) << 16 | at(1) << 8 | at(2);
    const auto valid = bytes.size() - i;
    for (std::size_t digit = 0; digit < 4; ++digit)
      out += digit > valid ? '=' : k_digits[group >> (18 - 6 * digit) & 0x3F];
  }
  return out;
}

}  // namespace assay
