#include "vcs/pack.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ranges>
#include <utility>
#include <vector>

#include "vcs/big_endian.hpp"
#include "vcs/delta.hpp"
#include "vcs/inflate.hpp"

namespace assay::vcs {

namespace {

constexpr std::size_t k_header_size = 12;
constexpr std::size_t k_longest_chain = 4096;  ///< git's own limit is 4095, its default 50
/// Git makes no delta against a base 32 times as large (builtin/pack-objects.c, try_delta()), and none of files above
/// 512 MiB (core.bigFileThreshold). A base's own base may be larger again.
constexpr std::uint64_t k_base_ratio = 32;
constexpr std::uint64_t k_any_base = 256ULL << 20;
constexpr std::uint64_t k_largest_base = 512ULL << 20;
/// A chain of deltas costs as many times its object as it is long, and is seldom longer than 250.
constexpr std::uint64_t k_work_ratio = 256;
constexpr std::uint64_t k_free_work = 16ULL << 30;
constexpr std::string_view k_too_much_work = "objects of this repository take far more work than their size";

}  // namespace

// The cache ---------------------------------------------------------------------------------------------------------

PackCache::Object PackCache::find(const void* pack, std::uint64_t offset) {
  const std::scoped_lock lock{m_mutex};
  const auto found = m_index.find({pack, offset});
  if (found == m_index.end()) return nullptr;
  m_kept.splice(m_kept.begin(), m_kept, found->second);
  return found->second->object;
}

void PackCache::put(const void* pack, std::uint64_t offset, Object object) {
  const auto size = object->content.size();
  if (size > m_capacity / 2) return;
  const std::scoped_lock lock{m_mutex};
  if (m_index.contains({pack, offset})) return;
  m_kept.push_front({{pack, offset}, std::move(object)});
  m_index.emplace(Key{pack, offset}, m_kept.begin());
  for (m_size += size; m_size > m_capacity;) {
    m_size -= m_kept.back().object->content.size();
    m_index.erase(m_kept.back().key);
    m_kept.pop_back();
  }
}

bool PackCache::may_unpack(std::uint64_t bytes) noexcept {
  m_unpacked += bytes;
  return m_unpacked.load() / k_work_ratio <= k_free_work / k_work_ratio + m_delivered.load();
}

// Entries -----------------------------------------------------------------------------------------------------------

struct Pack::Entry {
  std::uint64_t offset = 0;           ///< of the entry
  std::optional<ObjectType> type;     ///< nothing for a delta
  std::uint64_t size = 0;             ///< of what is stored: the object, or the delta
  std::optional<std::uint64_t> base;  ///< of a delta, where its base stands
  ByteView base_id;                   ///< of a delta that names its base by id
  ByteView data;                      ///< where the stream begins, to the end of the pack
};

/// From a delta to what it is made of.
struct Pack::Chain {
  std::vector<Entry> deltas;  ///< the one asked for first
  Entry root;
  PackCache::Object known;  ///< instead of the root
};

Error Pack::damaged(std::uint64_t offset, std::string_view why) const {
  return {ErrorCode::format, fmt::format("the pack is damaged: {}", why), fmt::format("{}, offset {}", m_where, offset),
          "see what `git fsck` says; a fresh clone has a pack of its own"};
}

Error Pack::beyond(std::uint64_t offset, std::string why) const {
  return {ErrorCode::limit, std::move(why), fmt::format("{}, offset {}", m_where, offset),
          "`git repack -adF` in the repository makes packs as git writes them"};
}

Result<Pack> Pack::parse(ByteView file, const PackIndex& index, std::string where) {
  Pack pack;
  pack.m_index = index;
  pack.m_where = std::move(where);
  const auto checksum = index.pack_checksum();
  if (file.size() < k_header_size + checksum.size() || as_text(file.first(4)) != "PACK")
    return pack.damaged(0, "it does not begin as one");
  if (const auto version = read_be32(&file[4]); version != 2 && version != 3)
    return pack.damaged(4, fmt::format("version {} is not known", version));
  if (const auto count = read_be32(&file[8]); count != index.size())
    return pack.damaged(8, fmt::format("it claims {} objects, its index {}", count, index.size()));
  const auto end = file.size() - checksum.size();
  if (!std::equal(checksum.begin(), checksum.end(), file.begin() + static_cast<std::ptrdiff_t>(end)))
    return pack.damaged(end, "its checksum is not the one that its index has: it is cut short, or another pack's");
  pack.m_file = file.first(end);
  return pack;
}

Result<Pack::Entry> Pack::entry_at(std::uint64_t offset) const {
  if (offset < k_header_size || offset >= m_file.size()) return damaged(offset, "there is no object at this place");
  Entry entry;
  entry.offset = offset;
  auto rest = m_file.subspan(static_cast<std::size_t>(offset));
  const auto take = [&]() -> std::optional<std::uint8_t> {
    if (rest.empty()) return std::nullopt;
    const auto byte = rest.front();
    rest = rest.subspan(1);
    return byte;
  };
  auto byte = take();
  const unsigned kind = *byte >> 4 & 7U;
  entry.size = *byte & 0x0fU;
  for (unsigned shift = 4; (*byte & 0x80) != 0; shift += 7) {
    byte = take();
    if (!byte || shift > 56) return damaged(offset, "the size of an object has no end");
    entry.size |= static_cast<std::uint64_t>(*byte & 0x7f) << shift;
  }
  if (kind == 6) {
    std::uint64_t distance = 0;
    do {
      byte = take();
      if (!byte || distance >> 56 != 0) return damaged(offset, "the distance to a base has no end");
      distance = (distance << 7 | (*byte & 0x7fU)) + ((*byte & 0x80) != 0 ? 1 : 0);
    } while ((*byte & 0x80) != 0);
    if (distance == 0 || distance > offset) return damaged(offset, "a delta's base is not before it");
    entry.base = offset - distance;
  } else if (kind == 7) {
    const auto id_size = m_index.pack_checksum().size();
    if (rest.size() < id_size) return damaged(offset, "the pack ends within the id of a base");
    entry.base_id = rest.first(id_size);
    rest = rest.subspan(id_size);
  } else if (kind >= 1 && kind <= 4) {
    constexpr std::array k_types = {ObjectType::commit, ObjectType::tree, ObjectType::blob, ObjectType::tag};
    entry.type = k_types[kind - 1];
  } else {
    return damaged(offset, fmt::format("no object is of type {}", kind));
  }
  entry.data = rest;
  return entry;
}

Result<std::uint64_t> Pack::base_of(const Entry& entry) const {
  if (entry.base) return *entry.base;
  const auto found = m_index.find(entry.base_id);
  if (!found) return damaged(entry.offset, "the base of a delta, " + to_hex(entry.base_id) + ", is not in the pack");
  return *found;
}

Result<Bytes> Pack::inflate(const Entry& entry) const {
  auto content = inflate_exactly(entry.data, entry.size);
  if (!content)
    return damaged(entry.offset, fmt::format("what is stored there is not {} bytes in zlib's form", entry.size));
  return *std::move(content);
}

Result<std::uint64_t> Pack::result_size(const Entry& entry) const {
  std::array<std::uint8_t, 20> start{};
  const auto size = inflate_start(entry.data, start);
  const auto sizes = delta_sizes(ByteView{start}.first(size));
  if (!sizes) return damaged(entry.offset, "a delta does not begin with its sizes");
  return sizes->result;
}

// Objects -----------------------------------------------------------------------------------------------------------

Result<ObjectHeader> Pack::header(std::uint64_t offset) const {
  ASSAY_TRY(Entry entry, entry_at(offset));
  std::uint64_t size = entry.size;
  if (!entry.type) {
    ASSAY_TRY(size, result_size(entry));
  }
  for (std::size_t length = 0; !entry.type; ++length) {
    if (length > k_longest_chain) return damaged(offset, "a chain of deltas has no end");
    ASSAY_TRY(const auto base, base_of(entry));
    ASSAY_TRY(entry, entry_at(base));
  }
  return ObjectHeader{*entry.type, size};
}

Result<Pack::Chain> Pack::chain_to(std::uint64_t offset, PackCache& cache) const {
  Chain chain;
  for (auto at = offset;;) {
    chain.known = cache.find(m_file.data(), at);
    if (chain.known) return chain;
    ASSAY_TRY(chain.root, entry_at(at));
    if (chain.root.type) return chain;
    if (chain.deltas.size() >= k_longest_chain) return damaged(offset, "a chain of deltas has no end");
    ASSAY_TRY(at, base_of(chain.root));
    chain.deltas.push_back(chain.root);
  }
}

/// What an entry stores: no more than `largest` bytes, and within the bound on all work. What it claims is charged before, since
/// what turns out to be damaged at its end has cost as much.
Result<Bytes> Pack::unpack(const Entry& entry, std::uint64_t largest, PackCache& cache) const {
  // A claim that cannot be true costs nothing.
  if (can_inflate_to(entry.size, entry.data.size())) {
    ASSAY_TRY_VOID(charge(entry, entry.size, largest, cache));
  }
  return inflate(entry);
}

Result<void> Pack::charge(const Entry& entry, std::uint64_t bytes, std::uint64_t largest, PackCache& cache) const {
  if (bytes > largest) return beyond(entry.offset, fmt::format("a small object is made of {} bytes", bytes));
  if (!cache.may_unpack(bytes)) return beyond(entry.offset, std::string{k_too_much_work});
  return {};
}

Result<PackCache::Object> Pack::apply(const Entry& entry, const PackedObject& base, std::uint64_t largest,
                                      PackCache& cache) const {
  ASSAY_TRY(const Bytes delta, unpack(entry, largest, cache));
  if (const auto sizes = delta_sizes(delta)) {
    ASSAY_TRY_VOID(charge(entry, sizes->result, largest, cache));
  }
  auto content = apply_delta(base.content, delta);
  if (!content) return damaged(entry.offset, "a delta does not fit what it is a delta against");
  return keep(entry, {base.type, *std::move(content)}, cache);
}

PackCache::Object Pack::keep(const Entry& entry, PackedObject object, PackCache& cache) const {
  auto kept = std::make_shared<const PackedObject>(std::move(object));
  cache.put(m_file.data(), entry.offset, kept);
  return kept;
}

Result<PackCache::Object> Pack::read(std::uint64_t offset, std::uint64_t max_size, PackCache& cache) const {
  ASSAY_TRY(const Chain chain, chain_to(offset, cache));
  std::uint64_t size = chain.known ? chain.known->content.size() : chain.root.size;
  if (!chain.deltas.empty()) {
    ASSAY_TRY(size, result_size(chain.deltas.front()));
  }
  if (size > max_size)
    return Error{ErrorCode::limit,
                 fmt::format("the object has {} bytes, more than the {} allowed", size, max_size),
                 fmt::format("{}, offset {}", m_where, offset),
                 {}};
  const auto largest = std::max(size, std::clamp(size * k_base_ratio, k_any_base, k_largest_base));
  auto object = chain.known;
  if (!object) {
    ASSAY_TRY(Bytes content, unpack(chain.root, largest, cache));
    object = keep(chain.root, {*chain.root.type, std::move(content)}, cache);
  }
  for (const auto& entry : std::views::reverse(chain.deltas)) {
    ASSAY_TRY(object, apply(entry, *object, largest, cache));
  }
  // What a delta says of its result's size at its beginning was all that was known before.
  if (object->content.size() != size) return damaged(offset, "a delta makes another size than it says");
  cache.delivered(size);
  return object;
}

}  // namespace assay::vcs
