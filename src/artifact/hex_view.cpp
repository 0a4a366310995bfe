#include "artifact/hex_view.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "artifact/content.hpp"

namespace assay::artifact {

namespace {

constexpr std::size_t k_row = 16;

std::string row(char mark, ByteView bytes, std::uint64_t offset) {
  std::string hex, text;
  const auto part = offset < bytes.size() ? bytes.subspan(static_cast<std::size_t>(offset)) : ByteView{};
  for (std::size_t i = 0; i < std::min(part.size(), k_row); ++i) {
    hex += fmt::format("{:02x}{}", part[i], i % 2 == 1 ? " " : "");
    text += part[i] >= 0x20 && part[i] < 0x7f ? static_cast<char>(part[i]) : '.';
  }
  return fmt::format("{}{:08x}  {:<40} {}\n", mark, offset, hex, text);
}

}  // namespace

std::string hex_view(ByteView a, ByteView b, std::size_t rows) {
  std::string out;
  std::uint64_t at = 0;
  const auto end = std::max(a.size(), b.size());
  for (std::size_t shown = 0;; ++shown) {
    at = first_difference(a, b, at);
    if (at >= std::min(a.size(), b.size()) && (a.size() == b.size() || shown > 0)) return out;
    if (shown >= rows)
      return out + fmt::format("… cut: further rows differ from {:#x} on; --diff PATH shows them\n", at);
    at = at / k_row * k_row;
    out += row('-', a, at) + row('+', b, at);
    at += k_row;
    if (at >= end) return out;
  }
}

}  // namespace assay::artifact
