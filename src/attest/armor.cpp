#include "attest/armor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "attest/encoding.hpp"
#include "base/text.hpp"

namespace assay::attest {

namespace {

constexpr std::string_view k_begin = "-----BEGIN PGP ";
constexpr std::string_view k_end = "-----END PGP ";
constexpr std::string_view k_signed_message = "-----BEGIN PGP SIGNED MESSAGE-----";
constexpr std::string_view k_signature = "-----BEGIN PGP SIGNATURE-----";
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

constexpr unsigned k_signature_packet = 2, k_marker_packet = 10;

struct PacketLength {
  std::size_t head, body;
};

std::size_t big_endian(ByteView bytes) {
  std::size_t value = 0;
  for (const auto byte : bytes) value = value << 8 | byte;
  return value;
}

/// Of the packet that `bytes` begin with (RFC 4880, section 4.2); nothing if it is cut short or of a form that only what is
/// streamed has, which signatures are not.
std::optional<PacketLength> packet_length(ByteView bytes) {
  const bool new_format = (bytes[0] & 0x40) != 0;
  const auto follows = [&](std::size_t head, std::size_t digits) -> std::optional<PacketLength> {
    if (bytes.size() < head + digits) return std::nullopt;
    return PacketLength{head + digits, big_endian(bytes.subspan(head, digits))};
  };
  if (!new_format) {
    const auto kind = bytes[0] & 3U;
    return kind == 3 ? std::nullopt : follows(1, std::size_t{1} << kind);
  }
  if (bytes.size() < 2) return std::nullopt;
  const std::size_t first = bytes[1];
  if (first < 192) return PacketLength{2, first};
  if (first == 255) return follows(2, 4);
  if (first >= 224 || bytes.size() < 3) return std::nullopt;
  return PacketLength{3, ((first - 192) << 8) + bytes[2] + 192};
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

namespace {

/// The seconds after a key's creation at which a signature lets it expire; nothing if it says none, or is of another version
/// than 4 or about a subkey.
std::optional<std::size_t> expiration_in(ByteView signature) {
  constexpr std::size_t k_head = 6, k_key_expiration = 9;
  constexpr std::uint8_t k_version = 4, k_first_certification = 0x10, k_last_certification = 0x13, k_direct = 0x1F;
  if (signature.size() < k_head || signature[0] != k_version) return std::nullopt;
  const auto type = signature[1];
  if ((type < k_first_certification || type > k_last_certification) && type != k_direct) return std::nullopt;
  const auto size = big_endian(signature.subspan(4, 2));
  if (size > signature.size() - k_head) return std::nullopt;
  for (auto rest = signature.subspan(k_head, size); !rest.empty();) {
    const std::size_t first = rest[0];
    const std::size_t head = first < 192 ? 1 : first < 255 ? 2 : 5;
    if (rest.size() < head) return std::nullopt;
    const auto length = head == 1   ? first
                        : head == 2 ? ((first - 192) << 8) + rest[1] + 192
                                    : big_endian(rest.subspan(1, 4));
    if (length == 0 || length > rest.size() - head) return std::nullopt;
    const auto part = rest.subspan(head, length);
    if ((part[0] & 0x7F) == k_key_expiration && part.size() == 5) return big_endian(part.subspan(1));
    rest = rest.subspan(head + length);
  }
  return std::nullopt;
}

}  // namespace

std::vector<std::int64_t> primary_key_expirations(ByteView packets) {
  constexpr unsigned k_public_key_packet = 6;
  std::vector<std::int64_t> times;
  std::int64_t created = 0;
  while (!packets.empty()) {
    const auto type = packet_type(packets);
    const auto length = type ? packet_length(packets) : std::nullopt;
    if (!length || length->body > packets.size() - length->head) break;
    const auto body = packets.subspan(length->head, length->body);
    if (*type == k_public_key_packet && body.size() > 5)
      created = static_cast<std::int64_t>(big_endian(body.subspan(1, 4)));
    if (*type == k_signature_packet)
      if (const auto seconds = expiration_in(body); seconds && *seconds != 0)
        times.push_back(created + static_cast<std::int64_t>(*seconds));
    packets = packets.subspan(length->head + length->body);
  }
  return times;
}

Result<void> expect_signatures(ByteView packets, std::size_t most) {
  std::size_t count = 0;
  while (!packets.empty()) {
    const auto type = packet_type(packets);
    const auto length = type ? packet_length(packets) : std::nullopt;
    if (!length || length->body > packets.size() - length->head)
      return malformed("what is to be signatures is no sequence of OpenPGP packets");
    if (*type != k_signature_packet && *type != k_marker_packet)
      return malformed("holds other OpenPGP packets than signatures: it is no detached signature");
    if (*type == k_signature_packet && ++count > most)
      return Error{ErrorCode::format, fmt::format("holds more than {} signatures", most), {}, {}};
    packets = packets.subspan(length->head + length->body);
  }
  if (count == 0) return malformed("holds no signature");
  return {};
}

bool is_openpgp(std::string_view text) noexcept {
  return text.find(k_begin) != std::string_view::npos || packet_type(as_bytes(text)).has_value();
}

bool is_clear_signed(std::string_view text) noexcept {
  return text.starts_with(k_signed_message);
}

bool is_one_block(std::string_view text) {
  constexpr std::string_view k_first = "-----BEGIN ", k_last = "-----END ", k_dashes = "-----";
  const auto lines = split_lines(text);
  const auto head = lines.empty() ? std::string_view{} : trimmed(lines.front());
  if (!head.starts_with(k_first) || head.size() < k_first.size() + k_dashes.size()) return false;
  const auto label = head.substr(k_first.size());
  if (label.find(k_dashes) != label.size() - k_dashes.size()) return false;
  const auto end = std::find_if(lines.begin(), lines.end(), [&](auto line) { return line.starts_with(k_last); });
  return end != lines.end() && trimmed(*end) == std::string{k_last}.append(label) &&
         std::all_of(end + 1, lines.end(), [](auto line) { return trimmed(line).empty(); });
}

Result<Bytes> signature_of_clear_signed(std::string_view text) {
  // Lines of the message that begin with a hyphen are written with "- " before them (RFC 4880, section 7.1).
  std::size_t messages = 0, signatures = 0, at = 0, line_number = 0;
  bool in_header = true;
  for (const auto line : split_lines(text)) {
    if (line.starts_with(k_signed_message) && trimmed(line) != k_signed_message)
      return malformed("has something behind the line that begins it");
    messages += line.starts_with(k_signed_message) ? 1U : 0U;
    // Whoever reads the file without a verifier may take what stands outside of what is signed for a part of it.
    in_header = in_header && !trimmed(line).empty();
    if (in_header && line_number++ > 0 && !line.starts_with("Hash: "))
      return malformed("has another header than \"Hash\" before what is signed");
    if (!line.starts_with(k_signature)) continue;
    ++signatures;
    at = static_cast<std::size_t>(line.data() - text.data());
  }
  if (messages != 1 || signatures != 1) return malformed("is not one signed message with one signature block");
  // A block that does not end is said to be that.
  const auto signature = dearmor(text.substr(at));
  if (signature && !is_one_block(text.substr(at)))
    return malformed("goes on behind its signature, or within its armor: that part is signed by nobody");
  return signature;
}

}  // namespace assay::attest
