#include "attest/armor.hpp"

#include <optional>

#include "attest/encoding.hpp"
#include "base/text.hpp"

namespace assay::attest {

namespace {

constexpr std::string_view k_begin = "-----BEGIN PGP ";
constexpr std::string_view k_end = "-----END PGP ";
constexpr std::size_t k_max_armor = 64U << 20;

Error malformed(const char* message) {
  return {ErrorCode::format, message, {}, {}};
}

std::string_view trimmed(std::string_view line) {
  const auto end = line.find_last_not_of(" \t\r");
  return end == std::string_view::npos ? std::string_view{} : line.substr(0, end + 1);
}

std::uint32_t checksum_of(const Bytes& bytes) {
  return std::uint32_t{bytes[0]} << 16 | std::uint32_t{bytes[1]} << 8 | std::uint32_t{bytes[2]};
}

/// The block whose lines start at `at`, behind its BEGIN line; `at` is moved behind its END line.
Result<Bytes> read_block(const std::vector<std::string_view>& lines, std::size_t& at) {
  while (at < lines.size() && !trimmed(lines[at]).empty()) ++at;  // headers: "Version:", "Comment:"
  std::string body;
  std::optional<Bytes> checksum;
  for (++at; at < lines.size(); ++at) {
    const auto line = trimmed(lines[at]);
    if (line.starts_with(k_end)) {
      ++at;
      auto bytes = from_base64(body);
      if (!bytes) return malformed("armor holds something that is no canonical base64");
      if (checksum && checksum_of(*checksum) != crc24(*bytes)) return malformed("armor's checksum (CRC-24) is wrong");
      return *std::move(bytes);
    }
    if (line.starts_with('=') && line.size() == 5) {
      checksum = from_base64(line.substr(1));
      if (!checksum || checksum->size() != 3) return malformed("armor's checksum is malformed");
    } else {
      body += line;
    }
  }
  return malformed("armor does not end");
}

}  // namespace

std::uint32_t crc24(ByteView bytes) noexcept {
  std::uint32_t crc = 0xB704CE;
  for (const auto byte : bytes) {
    crc ^= std::uint32_t{byte} << 16;
    for (int bit = 0; bit < 8; ++bit) {
      crc <<= 1;
      if ((crc & 0x1000000) != 0) crc ^= 0x1864CFB;
    }
  }
  return crc & 0xFFFFFF;
}

Result<Bytes> dearmor(std::string_view text) {
  if (text.size() > k_max_armor) return Error{ErrorCode::limit, "armored text of more than 64 MiB", {}, {}};
  if (text.find(k_begin) == std::string_view::npos) {
    const auto bytes = as_bytes(text);
    return Bytes{bytes.begin(), bytes.end()};
  }
  const auto lines = split_lines(text);
  Bytes out;
  for (std::size_t at = 0; at < lines.size();) {
    if (!lines[at++].starts_with(k_begin)) continue;
    ASSAY_TRY(const auto block, read_block(lines, at));
    out.insert(out.end(), block.begin(), block.end());
  }
  return out;
}

std::optional<unsigned> packet_type(ByteView bytes) noexcept {
  if (bytes.empty() || (bytes[0] & 0x80) == 0) return std::nullopt;
  return (bytes[0] & 0x40) != 0 ? bytes[0] & 0x3FU : (bytes[0] >> 2) & 0x0FU;
}

bool is_openpgp(std::string_view text) noexcept {
  return text.find(k_begin) != std::string_view::npos || packet_type(as_bytes(text)).has_value();
}

bool is_clear_signed(std::string_view text) noexcept {
  return text.starts_with("-----BEGIN PGP SIGNED MESSAGE-----");
}

}  // namespace assay::attest
