// Text that carries bytes: blocks of base64 or hexadecimal digits, in comments too. Only what decodes to a container, an
// executable or a script is a region; certificates, digests and pictures are not.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/text.hpp"
#include "inspect/blob/code.hpp"
#include "inspect/blob/region.hpp"

namespace assay::inspect {

namespace {

constexpr std::size_t k_least_word = 40;
constexpr std::size_t k_least_block = 64;
constexpr std::size_t k_most_block = 16U << 20;

constexpr std::array<std::int8_t, 256> k_base64 = [] {
  std::array<std::int8_t, 256> table{};
  table.fill(-1);
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t i = 0; i < digits.size(); ++i)
    table[static_cast<unsigned char>(digits[i])] = static_cast<std::int8_t>(i);
  table[static_cast<unsigned char>('=')] = 64;
  return table;
}();

bool is_digit(char c) {
  return k_base64[static_cast<unsigned char>(c)] >= 0;
}

/// RFC 4648, section 4; nothing if padding stands in the middle or a lone digit is left.
std::optional<Bytes> decode_base64(std::string_view digits) {
  Bytes bytes;
  bytes.reserve(digits.size() / 4 * 3);
  std::uint32_t group = 0;
  unsigned bits = 0;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    const auto value = k_base64[static_cast<unsigned char>(digits[i])];
    if (value == 64) {
      if (digits.find_first_not_of('=', i) != std::string_view::npos || digits.size() - i > 2) return std::nullopt;
      break;
    }
    group = group << 6 | static_cast<std::uint32_t>(value);
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push_back(static_cast<std::uint8_t>(group >> bits));
  }
  return bytes;
}

/// The longest word of digits in a line; everything around it (comment signs, quotes, line continuations) is dropped.
/// Words shorter than `least` may be missed: only every `least`-th byte is looked at, and what is around it if it is a
/// digit.
std::string_view longest_word(std::string_view line, std::size_t least) {
  std::string_view best;
  for (auto probe = least - 1; probe < line.size();) {
    if (!is_digit(line[probe])) {
      probe += least;
      continue;
    }
    auto begin = probe;
    auto end = probe + 1;
    while (begin > 0 && is_digit(line[begin - 1])) --begin;
    while (end < line.size() && is_digit(line[end])) ++end;
    if (end - begin > best.size()) best = line.substr(begin, end - begin);
    probe = end + least;
  }
  return best;
}

struct Block {
  std::string digits;
  std::size_t begin = 0;
  std::size_t end = 0;
};

bool is_worth_showing(ByteView bytes) {
  const auto family = kind_of(bytes).family;
  return family == Family::compressed || family == Family::archive || judge_code(bytes).is_code;
}

void conclude(const Block& block, std::vector<Region>& regions) {
  if (block.digits.size() < k_least_block || block.digits.size() > k_most_block || regions.size() >= k_regions_most)
    return;
  auto bytes = from_hex(block.digits);
  const bool hex = bytes.has_value();
  if (!hex) bytes = decode_base64(block.digits);
  if (!bytes || !is_worth_showing(*bytes)) return;
  const std::string decoder = hex ? "hex" : "base64";
  regions.push_back({fmt::format("{}.{}", decoder, block.begin),
                     fmt::format("a block of {} digits at byte {}", decoder, block.begin), block.begin,
                     block.end - block.begin, true, *std::move(bytes), decoder});
}

}  // namespace

std::vector<Region> find_text_regions(const RegionInput& input) {
  std::vector<Region> regions;
  if (input.kind.family != Family::text) return regions;
  const auto text = as_text(input.content);
  Block block;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    const auto line = text.substr(at, end - at);
    // A block's last line may be short; a block's first never is.
    const bool first = block.digits.empty();
    const auto word = longest_word(line, first ? k_least_word : 2);
    if (word.size() >= k_least_word) {
      if (first) block.begin = at;
      block.digits += word;
      block.end = end;
    } else if (!first) {
      if (word.size() >= 2 && line.size() <= word.size() + 8) block.digits += word;
      conclude(block, regions);
      block = {};
    }
    at = end + 1;
  }
  if (!block.digits.empty()) conclude(block, regions);
  return regions;
}

}  // namespace assay::inspect
