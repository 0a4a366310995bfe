// Packs, their indices and deltas of any content. The input is taken for an index, for a delta, and for the entries of a pack: a
// number of objects, two bytes of offset for each, then what follows the pack's header. What is read has the type and the size
// that its header says, whether it comes from the cache or not.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "vcs/delta.hpp"
#include "vcs/pack.hpp"

namespace {

using namespace assay;

constexpr std::uint64_t k_max_size = 1U << 20;
constexpr std::size_t k_id_size = 32;

void require(bool holds) {
  if (!holds) std::abort();
}

void put_be32(std::string& out, std::uint64_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift));
}

void check_index(ByteView input) {
  for (const std::size_t id_size : {std::size_t{20}, k_id_size}) {
    const auto index = vcs::PackIndex::parse(input, id_size, "index");
    if (!index) continue;
    require(index->pack_checksum().size() == id_size);
    for (std::size_t i = 0; i < std::min<std::size_t>(index->size(), 64); ++i) {
      const auto id = index->id_at(i);
      (void)index->find(id).has_value();
      const auto [begin, end] = index->matching(id, 7);
      require(begin <= end && end <= index->size());
    }
  }
}

void check_delta(ByteView input) {
  if (input.empty()) return;
  const auto base = input.subspan(1).first(std::min<std::size_t>(input[0], input.size() - 1));
  const auto delta = input.subspan(1 + base.size());
  const auto sizes = vcs::delta_sizes(delta);
  if (!sizes || sizes->result > k_max_size) return;
  const auto result = vcs::apply_delta(base, delta);
  require(!result || result->size() == sizes->result);
}

void check_pack(ByteView input) {
  if (input.empty()) return;
  const std::size_t count = input[0] % 16U;
  if (input.size() < 1 + 2 * count) return;
  const std::string checksum(k_id_size, '\x5a');
  std::string ids, offsets, crcs(4 * count, '\0'), fanout;
  for (unsigned first = 0; first < 256; ++first) put_be32(fanout, std::min<std::size_t>(count, first + 1));
  for (std::size_t i = 0; i < count; ++i) {
    ids += std::string(k_id_size, static_cast<char>(i));
    put_be32(offsets, std::uint64_t{input[1 + 2 * i]} << 8 | input[2 + 2 * i]);
  }
  std::string index_bytes = "\xfftOc";
  put_be32(index_bytes, 2);
  index_bytes += fanout + ids + crcs + offsets + checksum + checksum;
  std::string pack_bytes = "PACK";
  put_be32(pack_bytes, 2);
  put_be32(pack_bytes, count);
  pack_bytes += std::string{as_text(input.subspan(1 + 2 * count))} + checksum;

  const auto index = vcs::PackIndex::parse(as_bytes(index_bytes), k_id_size, "index");
  require(index.has_value());
  const auto pack = vcs::Pack::parse(as_bytes(pack_bytes), *index, "pack");
  require(pack.has_value());
  vcs::PackCache cache{1U << 16};
  for (int round = 0; round < 2; ++round)
    for (std::size_t i = 0; i < count; ++i) {
      const auto offset = index->find(index->id_at(i));
      require(offset.has_value());
      const auto object = pack->read(*offset, k_max_size, cache);
      const auto header = pack->header(*offset);
      if (!object) continue;
      require(header.has_value() && header->type == (*object)->type && header->size == (*object)->content.size());
      require(header->size <= k_max_size);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView input{data, size};
  check_index(input);
  check_delta(input);
  check_pack(input);
  return 0;
}
