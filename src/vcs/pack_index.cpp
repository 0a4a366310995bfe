#include "vcs/pack_index.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "vcs/big_endian.hpp"

namespace assay::vcs {

namespace {

constexpr std::size_t k_fanout_at = 8;
constexpr std::size_t k_ids_at = k_fanout_at + std::size_t{256} * 4;
constexpr std::uint32_t k_large_offset = 0x80000000U;

Error damaged(std::string why, const std::string& where) {
  return {ErrorCode::format, "the index of a pack is damaged: " + std::move(why), where,
          "make it anew: `git index-pack` with the .pack file beside it"};
}

/// Do both begin with the same hexadecimal digits? As memcmp(), over half bytes.
int compare_digits(const std::uint8_t* a, const std::uint8_t* b, std::size_t digits) noexcept {
  if (const int order = std::memcmp(a, b, digits / 2); order != 0 || digits % 2 == 0) return order;
  return (a[digits / 2] >> 4) - (b[digits / 2] >> 4);
}

}  // namespace

Result<PackIndex> PackIndex::parse(ByteView file, std::size_t id_size, const std::string& where) {
  constexpr std::uint8_t k_magic[] = {0xff, 't', 'O', 'c'};
  PackIndex index;
  index.m_file = file;
  index.m_id_size = id_size;
  if (file.size() < k_ids_at + 2 * id_size) return damaged("it does not begin as one", where);
  if (!std::equal(std::begin(k_magic), std::end(k_magic), file.begin())) {
    if (index.lay_out_first_version()) return index;
    return damaged("it does not begin as one", where);
  }
  if (const auto version = read_be32(&file[4]); version != 2)
    return damaged(fmt::format("version {} at offset 4 is not known", version), where);
  index.m_layout.fanout_at = k_fanout_at;
  for (unsigned i = 1; i < 256; ++i)
    if (index.fanout(i) < index.fanout(i - 1))
      return damaged(fmt::format("its fan-out falls at offset {}", k_fanout_at + std::size_t{i} * 4), where);
  index.m_count = index.fanout(255);
  // Ids, CRC-32 and offsets of all, 64-bit offsets of some, two checksums.
  const auto fixed = k_ids_at + index.m_count * (id_size + 8) + 2 * id_size;
  const auto large = file.size() - std::min(file.size(), fixed);
  if (file.size() < fixed || large % 8 != 0 || large / 8 > index.m_count)
    return damaged(fmt::format("{} bytes cannot hold the {} objects that it claims", file.size(), index.m_count),
                   where);
  index.m_large = large / 8;
  index.m_layout = {k_fanout_at, k_ids_at, id_size, k_ids_at + index.m_count * (id_size + 4), 4};
  return index;
}

/// No magic, and each id behind its offset. Gits before 1.6 wrote it, for SHA-1 alone.
bool PackIndex::lay_out_first_version() {
  constexpr std::size_t k_entries_at = std::size_t{256} * 4;
  if (m_id_size != 20) return false;
  for (unsigned i = 1; i < 256; ++i)
    if (fanout(i) < fanout(i - 1)) return false;
  m_count = fanout(255);
  m_layout = {0, k_entries_at + 4, 4 + m_id_size, k_entries_at, 4 + m_id_size};
  return m_file.size() == k_entries_at + m_count * (4 + m_id_size) + 2 * m_id_size;
}

std::uint32_t PackIndex::fanout(unsigned first) const noexcept {
  return read_be32(&m_file[m_layout.fanout_at + std::size_t{first} * 4]);
}

ByteView PackIndex::id_at(std::size_t place) const noexcept {
  return m_file.subspan(m_layout.ids_at + place * m_layout.id_step, m_id_size);
}

ByteView PackIndex::pack_checksum() const noexcept {
  return m_file.subspan(m_file.size() - 2 * m_id_size, m_id_size);
}

std::uint64_t PackIndex::offset_at(std::size_t place) const noexcept {
  const auto small = read_be32(&m_file[m_layout.offsets_at + place * m_layout.offset_step]);
  const bool first_version = m_layout.offset_step != 4;
  if (first_version || (small & k_large_offset) == 0) return small;
  const std::size_t large = small & ~k_large_offset;
  return large < m_large ? read_be64(&m_file[m_layout.offsets_at + m_count * 4 + large * 8]) : UINT64_MAX;
}

std::optional<std::uint64_t> PackIndex::find(ByteView id) const noexcept {
  if (id.size() != m_id_size) return std::nullopt;
  const auto [begin, end] = matching(id, 2 * m_id_size);
  if (begin == end) return std::nullopt;
  return offset_at(begin);
}

std::pair<std::size_t, std::size_t> PackIndex::matching(ByteView id, std::size_t digits) const noexcept {
  if (id.size() != m_id_size || digits < 2) return {0, 0};
  const std::size_t first = id[0] == 0 ? 0 : fanout(id[0] - 1U);
  const std::size_t last = fanout(id[0]);
  const auto before = [&](std::size_t begin, std::size_t end, int least) {
    while (begin < end) {
      const auto middle = begin + (end - begin) / 2;
      if (compare_digits(id_at(middle).data(), id.data(), digits) < least) begin = middle + 1;
      else end = middle;
    }
    return begin;
  };
  const auto begin = before(first, last, 0);
  // The only one, nearly always.
  if (begin == last || compare_digits(id_at(begin).data(), id.data(), digits) != 0) return {begin, begin};
  return {begin, before(begin + 1, last, 1)};
}

}  // namespace assay::vcs
