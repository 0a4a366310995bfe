#include "pack_builder.hpp"

#include <algorithm>

namespace assay::test {

namespace {

const std::string k_checksum(32, '\x5a');

std::string be32(std::uint64_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(static_cast<char>(value >> shift));
  return bytes;
}

std::string varint(std::uint64_t value) {
  std::string bytes;
  do {
    bytes.push_back(static_cast<char>((value & 0x7f) | (value > 0x7f ? 0x80 : 0)));
    value >>= 7;
  } while (value != 0);
  return bytes;
}

}  // namespace

std::string zlib_stored(std::string_view content) {
  std::string stream{"\x78\x01"};
  std::uint32_t a = 1, b = 0;
  for (const char c : content) {
    a = (a + static_cast<unsigned char>(c)) % 65521;
    b = (b + a) % 65521;
  }
  do {
    const auto block = content.substr(0, 65535);
    content.remove_prefix(block.size());
    const auto size = static_cast<std::uint16_t>(block.size());
    const auto inverse = static_cast<std::uint16_t>(~size);
    stream.push_back(content.empty() ? '\1' : '\0');
    for (const auto number : {size, inverse}) {
      stream.push_back(static_cast<char>(number & 0xff));
      stream.push_back(static_cast<char>(number >> 8));
    }
    stream += block;
  } while (!content.empty());
  return stream + be32(b << 16 | a);
}

std::string delta(std::uint64_t base_size, std::uint64_t result_size, std::string_view commands) {
  return varint(base_size) + varint(result_size) + std::string{commands};
}

std::uint64_t PackBuilder::add(Kind kind, std::uint64_t size, std::string_view stream, std::string_view between) {
  const auto offset = next_offset();
  m_entries.push_back(static_cast<char>(kind << 4 | (size & 0x0f) | (size > 0x0f ? 0x80 : 0)));
  if (size > 0x0f) m_entries += varint(size >> 4);
  m_entries += between;
  m_entries += stream;
  return offset;
}

std::uint64_t PackBuilder::add_delta_before(std::uint64_t distance, std::string_view delta) {
  std::string bytes{static_cast<char>(distance & 0x7f)};
  while ((distance >>= 7) != 0) bytes.insert(bytes.begin(), static_cast<char>(0x80 | (--distance & 0x7f)));
  return add(ofs_delta, delta.size(), zlib_stored(delta), bytes);
}

std::string PackBuilder::pack() const {
  return "PACK" + be32(2) + be32(m_offsets.size()) + m_entries + k_checksum;
}

std::string PackBuilder::index() const {
  std::string ids, crcs, offsets, fanout;
  for (unsigned first = 0; first < 256; ++first)
    fanout +=
        be32(static_cast<std::uint64_t>(std::count_if(m_offsets.begin(), m_offsets.end(), [&](const auto& object) {
          return static_cast<unsigned char>(object.first[0]) <= first;
        })));
  for (const auto& [id, offset] : m_offsets) {
    ids += id;
    crcs += be32(0);
    offsets += be32(offset);
  }
  return "\xfftOc" + be32(2) + fanout + ids + crcs + offsets + k_checksum + k_checksum;
}

}  // namespace assay::test
