#include "inspect/blob/trial.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "inspect/blob/code.hpp"
#include "inspect/walk_streams.hpp"

namespace assay::inspect {

namespace {

using namespace std::string_view_literals;

struct Bounds {
  std::uint64_t largest_blob;
  std::uint64_t work;  ///< bytes transformed and decoded, all blobs together
};
constexpr std::array k_bounds{Bounds{1U << 20, 32ULL << 20}, Bounds{8U << 20, 512ULL << 20},
                              Bounds{64U << 20, 16ULL << 30}};
constexpr std::uint64_t k_decoded_most = 8U << 20;
constexpr std::uint64_t k_decoder_memory = 80ULL << 20;
constexpr int k_layers = 3;  ///< compression within compression after a try
constexpr std::size_t k_least_blob = 32;

const Bounds& bounds_of(Effort effort) {
  return k_bounds[static_cast<std::size_t>(effort)];
}

std::string hex_of_key(const Bytes& key) {
  return to_hex(ByteView{key}.first(std::min<std::size_t>(key.size(), 16)));
}

Bytes exclusive_or(ByteView bytes, const Bytes& key) {
  Bytes out(bytes.begin(), bytes.end());
  for (std::size_t i = 0; i < out.size(); ++i) out[i] ^= key[i % key.size()];
  return out;
}

template <typename Function>
Bytes map_bytes(ByteView bytes, Function function) {
  Bytes out(bytes.size());
  std::transform(bytes.begin(), bytes.end(), out.begin(), function);
  return out;
}

std::uint8_t reverse_bits(std::uint8_t byte) noexcept {
  unsigned value = byte;
  value = (value & 0xF0U) >> 4 | (value & 0x0FU) << 4;
  value = (value & 0xCCU) >> 2 | (value & 0x33U) << 2;
  value = (value & 0xAAU) >> 1 | (value & 0x55U) << 1;
  return static_cast<std::uint8_t>(value);
}

/// An executable by more than four bytes: chance brings those forth once in a while, over thousands of tries.
bool is_strict_code(ByteView bytes, CodeVerdict& verdict) {
  verdict = judge_code(bytes);
  if (!verdict.is_code) return false;
  if (verdict.what == "ELF")
    return bytes.size() >= 52 && bytes[4] >= 1 && bytes[4] <= 2 && bytes[5] >= 1 && bytes[5] <= 2 && bytes[6] == 1;
  return verdict.what == "PE" || verdict.what == "script" || verdict.what == "shell script";
}

/// zlib's frame (RFC 1950) as one of gzip (RFC 1952), which there is a decoder for: what is within is the same. That the
/// checksum at the end is another one is of no account here. Empty if it is none.
Bytes as_gzip(ByteView bytes) {
  constexpr std::uint8_t k_header[] = {0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF};
  const bool is_zlib =
      bytes.size() > 2 && bytes[0] == 0x78 && (bytes[0] * 256 + bytes[1]) % 31 == 0 && (bytes[1] & 0x20) == 0;
  if (!is_zlib) return {};
  Bytes framed{std::begin(k_header), std::end(k_header)};
  framed.insert(framed.end(), bytes.begin() + 2, bytes.end());
  return framed;
}

/// Decode and look, layer by layer. The bytes before `layers` were transformed, so that code in them counts as well
/// unless `as_they_are`.
std::optional<TrialHit> look_at(ByteView bytes, std::vector<Transformation> steps, bool as_they_are) {
  Bytes held;
  for (int layer = 0; layer <= k_layers; ++layer) {
    CodeVerdict verdict;
    if (!as_they_are && is_strict_code(bytes, verdict))
      return TrialHit{std::move(steps), {bytes.begin(), bytes.end()}, verdict.what};
    as_they_are = false;
    const auto framed = as_gzip(bytes);
    const auto filter = framed.empty() ? archive::sniff_filter(bytes) : archive::Filter::gzip;
    if (filter == archive::Filter::none) return std::nullopt;
    auto decoded = decode_streams(filter, framed.empty() ? bytes : ByteView{framed}, k_decoded_most, k_decoder_memory);
    // A first stream that fails may still have given a script; noise that happens to decode is not code.
    if (decoded.content.size() < k_least_blob) return std::nullopt;
    held = std::move(decoded.content);
    bytes = held;
    steps.push_back({Step::decompress, framed.empty() ? std::string{archive::to_string(filter)} : "zlib", {}});
  }
  return std::nullopt;
}

/// Magic numbers whose differences from byte to byte survive an exclusive or with one byte.
constexpr std::array k_magics{
    "\xFD"
    "7zXZ\0"sv,
    "\x1F\x8B\x08"sv,
    "BZh91AY&SY"sv,
    "\x28\xB5\x2F\xFD"sv,
    "\x7F"
    "ELF"sv,
    "#!/bin/"sv,
    "#!/usr/"sv,
    "PK\3\4"sv};

/// The key under which `content` begins with `magic`; 0 if there is none.
std::uint8_t key_for(ByteView content, std::string_view magic) {
  if (content.size() < magic.size()) return 0;
  const auto key = static_cast<std::uint8_t>(content[0] ^ static_cast<std::uint8_t>(magic[0]));
  for (std::size_t i = 1; i < magic.size(); ++i)
    if ((content[i] ^ key) != static_cast<std::uint8_t>(magic[i])) return 0;
  return key;
}

ByteView slice_of(ByteView content, const HarvestedSlice& slice) {
  const auto size = static_cast<std::uint64_t>(content.size());
  const auto begin = slice.from_end ? size - std::min(size, slice.offset) : std::min(size, slice.offset);
  const auto length = std::min(size - begin, slice.length.value_or(size));
  return content.subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(length));
}

}  // namespace

std::string_view to_string(Step step) noexcept {
  switch (step) {
    case Step::decompress:
      return "decompress";
    case Step::unpack:
      return "unpack";
    case Step::region:
      return "take a part";
    case Step::text_decode:
      return "decode text";
    case Step::byte_map:
      return "map bytes";
    case Step::exclusive_or:
      return "exclusive or";
    case Step::bit_reverse:
      return "reverse the bits of each byte";
    case Step::nibble_swap:
      return "swap the halves of each byte";
    case Step::byte_reverse:
      return "reverse the order of bytes";
    case Step::slice:
      return "cut";
  }
  return "decompress";
}

std::optional<Effort> parse_effort(std::string_view text) noexcept {
  if (text == "low") return Effort::low;
  if (text == "normal") return Effort::normal;
  if (text == "high") return Effort::high;
  return std::nullopt;
}

Trier::Trier(const Harvest& harvest, Effort effort)
    : m_harvest(harvest), m_effort(effort), m_budget(bounds_of(effort).work) {
  add_harvested(harvest);
  if (effort != Effort::low) add_fixed();
}

void Trier::add_harvested(const Harvest& harvest) {
  for (const auto& [map, place] : harvest.byte_maps)
    m_operations.push_back(
        {{Step::byte_map, place.text, place}, [&map = map](ByteView bytes) { return map.apply(bytes); }});
  for (const auto& [key, place] : harvest.xor_keys)
    if (!key.empty())
      m_operations.push_back({{Step::exclusive_or, hex_of_key(key), place},
                              [&key = key](ByteView bytes) { return exclusive_or(bytes, key); }});
}

void Trier::add_fixed() {
  m_operations.push_back({{Step::bit_reverse, "", {}}, [](ByteView bytes) { return map_bytes(bytes, reverse_bits); }});
  m_operations.push_back({{Step::nibble_swap, "", {}}, [](ByteView bytes) {
                            return map_bytes(bytes,
                                             [](std::uint8_t b) { return static_cast<std::uint8_t>(b << 4 | b >> 4); });
                          }});
  m_operations.push_back({{Step::byte_reverse, "", {}}, [](ByteView bytes) {
                            return Bytes{bytes.rbegin(), bytes.rend()};
                          }});
}

bool Trier::is_candidate(const Node& node) const {
  if (node.content.size() < k_least_blob) return false;
  const auto family = node.kind.family;
  if (family == Family::data) return true;
  if (!node.damage.empty()) return true;
  return m_effort == Effort::high && family != Family::text && family != Family::executable;
}

bool Trier::afford(std::uint64_t bytes) {
  if (bytes <= m_budget) {
    m_budget -= bytes;
    return true;
  }
  ++m_not_afforded;
  return false;
}

std::optional<TrialHit> Trier::try_on(const Node& node) {
  if (node.content.size() > bounds_of(m_effort).largest_blob) {
    ++m_too_large;
    return std::nullopt;
  }
  if (auto hit = try_operations(node.content, {})) return hit;
  if (m_effort != Effort::low)
    if (auto hit = try_single_byte_key(node.content)) return hit;
  return try_slices(node.content);
}

std::optional<TrialHit> Trier::try_operations(ByteView content, const std::vector<Transformation>& before) {
  for (const auto& operation : m_operations) {
    if (!afford(content.size())) continue;
    const auto transformed = operation.apply(content);
    auto steps = before;
    steps.push_back(operation.step);
    if (auto hit = look_at(transformed, std::move(steps), false)) return hit;
  }
  return std::nullopt;
}

std::optional<TrialHit> Trier::try_single_byte_key(ByteView content) const {
  for (const auto magic : k_magics) {
    const auto key = key_for(content, magic);
    if (key == 0) continue;
    const auto transformed = exclusive_or(content, {key});
    if (auto hit = look_at(transformed, {{Step::exclusive_or, fmt::format("0x{:02x}", key), {}}}, false)) return hit;
  }
  return std::nullopt;
}

std::optional<TrialHit> Trier::try_slices(ByteView content) {
  for (const auto& slice : m_harvest.slices) {
    const auto part = slice_of(content, slice);
    if (part.size() < k_least_blob || part.size() == content.size() || !afford(part.size())) continue;
    std::vector<Transformation> steps{{Step::slice, slice.place.text, slice.place}};
    if (auto hit = look_at(part, steps, false)) return hit;
    if (m_effort == Effort::low) {
      ++m_slices_left;
    } else if (auto hit = try_operations(part, steps)) {
      return hit;
    }
  }
  return std::nullopt;
}

std::vector<std::string> Trier::left_out() const {
  std::vector<std::string> sentences;
  if (m_too_large > 0)
    sentences.push_back(
        fmt::format("{} of more than {} bytes", count_of(m_too_large, "blob"), bounds_of(m_effort).largest_blob));
  if (m_not_afforded > 0)
    sentences.push_back(
        fmt::format("{} past a sum of {} bytes", count_of(m_not_afforded, "try", "tries"), bounds_of(m_effort).work));
  if (m_slices_left > 0)
    sentences.push_back(fmt::format("{} with a byte map or key as well", count_of(m_slices_left, "cut part")));
  if (m_effort == Effort::low) sentences.emplace_back("keys of one byte, bit reversal, nibble swap and byte reversal");
  return sentences;
}

}  // namespace assay::inspect
