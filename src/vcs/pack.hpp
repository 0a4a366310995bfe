// Packs (gitformat-pack(5)): objects one after another, whole or as deltas against others of the same pack.
#pragma once
#include <atomic>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "vcs/object_store.hpp"
#include "vcs/pack_index.hpp"

namespace assay::vcs {

/// An object as a pack has it; whether its content has its id is for the caller to find out.
struct PackedObject {
  ObjectType type = ObjectType::blob;
  Bytes content;
};

/// What all packs of a repository share: the objects read last, since others are deltas against them, and a bound on the
/// work that deltas may cause. Safe on several threads.
class PackCache {
 public:
  using Object = std::shared_ptr<const PackedObject>;
  explicit PackCache(std::size_t capacity = 32U << 20) noexcept : m_capacity(capacity) {}
  /// `pack` and `offset` are the key.
  Object find(const void* pack, std::uint64_t offset);
  void put(const void* pack, std::uint64_t offset, Object object);

  /// Account for `bytes` that are about to be unpacked. False once far more was unpacked than asked for: bases that deltas make
  /// little of cost a reader without end.
  bool may_unpack(std::uint64_t bytes) noexcept;
  void delivered(std::uint64_t bytes) noexcept { m_delivered += bytes; }

 private:
  struct Key {
    const void* pack;
    std::uint64_t offset;
    bool operator==(const Key&) const = default;
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const noexcept {
      return std::hash<const void*>{}(key.pack) ^ (key.offset * 0x9e3779b97f4a7c15U);
    }
  };
  struct Kept {
    Key key;
    Object object;
  };
  std::mutex m_mutex;
  std::size_t m_capacity;
  std::size_t m_size = 0;
  std::list<Kept> m_kept;  ///< the last used first
  std::unordered_map<Key, std::list<Kept>::iterator, KeyHash> m_index;
  std::atomic<std::uint64_t> m_unpacked = 0;
  std::atomic<std::uint64_t> m_delivered = 0;
};

/// A pack with its index: views, whose bytes have to outlive it.
class Pack {
 public:
  /// `where` names the file in errors. Errors: no pack, of a version that is not known, or not the one of `index`.
  static Result<Pack> parse(ByteView file, const PackIndex& index, std::string where);

  const PackIndex& index() const noexcept { return m_index; }
  /// Errors: the entry is damaged.
  Result<ObjectHeader> header(std::uint64_t offset) const;
  /// Errors: the entry or one that it is a delta against is damaged (format, with file and offset); more than `max_size`
  /// bytes, or far larger bases or more work than an object of its size should need (limit).
  Result<PackCache::Object> read(std::uint64_t offset, std::uint64_t max_size, PackCache& cache) const;

 private:
  struct Entry;
  struct Chain;
  Result<Entry> entry_at(std::uint64_t offset) const;
  Result<Bytes> inflate(const Entry& entry) const;
  Result<std::uint64_t> result_size(const Entry& entry) const;
  Result<Chain> chain_to(std::uint64_t offset, PackCache& cache) const;
  Result<std::uint64_t> base_of(const Entry& entry) const;
  Result<Bytes> unpack(const Entry& entry, std::uint64_t largest, PackCache& cache) const;
  Result<void> charge(const Entry& entry, std::uint64_t bytes, std::uint64_t largest, PackCache& cache) const;
  Result<PackCache::Object> apply(const Entry& entry, const PackedObject& base, std::uint64_t largest,
                                  PackCache& cache) const;
  PackCache::Object keep(const Entry& entry, PackedObject object, PackCache& cache) const;
  Error damaged(std::uint64_t offset, std::string_view why) const;
  Error beyond(std::uint64_t offset, std::string why) const;

  ByteView m_file;
  PackIndex m_index;
  std::string m_where;
};

}  // namespace assay::vcs
