// Where an archive's bytes come from: bytes at rest (a file, memory), and bytes in order (a stream of them, a
// decompressed stream, the content of an entry of another archive).
#pragma once
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "digest/digest.hpp"

namespace assay::archive {

/// Bytes at rest whose number is known. Safe to read from several threads at once.
class ByteStore {
 public:
  virtual ~ByteStore() = default;
  virtual std::uint64_t size() const noexcept = 0;
  /// Fill `out` with the bytes from `offset` on; fewer than asked for only at the end of the store.
  virtual Result<std::size_t> read_at(std::uint64_t offset, std::span<std::uint8_t> out) const = 0;
};

/// A regular file of the host, read with pread(2). Its size is what it was when opened.
class FileStore final : public ByteStore {
 public:
  static Result<FileStore> open(const std::filesystem::path& path);
  std::uint64_t size() const noexcept override { return m_size; }
  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::uint8_t> out) const override;

 private:
  UniqueFd m_fd;
  std::uint64_t m_size = 0;
  std::string m_name;
};

/// Bytes in memory, not owned.
class MemoryStore final : public ByteStore {
 public:
  explicit MemoryStore(ByteView bytes) noexcept : m_bytes(bytes) {}
  std::uint64_t size() const noexcept override { return m_bytes.size(); }
  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::uint8_t> out) const override;

 private:
  ByteView m_bytes;
};

/// Bytes in order.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  /// Put the next bytes into `out` (not empty); how many. Zero at the end, and ever after. An Error of code `format`
  /// (the stream is damaged or ends early), `limit` or `io` ends the stream too; what came before it is good.
  virtual Result<std::size_t> read(std::span<std::uint8_t> out) = 0;
};

/// Read until `out` is full or the source ends; how many bytes. An Error only if nothing could be read before it.
std::size_t read_fully(ByteSource& source, std::span<std::uint8_t> out, Result<void>& outcome);

/// A store from its first byte to its last, or a part of one.
class StoreSource final : public ByteSource {
 public:
  explicit StoreSource(const ByteStore& store) : StoreSource(store, 0, store.size()) {}
  StoreSource(const ByteStore& store, std::uint64_t begin, std::uint64_t size)
      : m_store(store), m_position(begin), m_left(size) {}
  Result<std::size_t> read(std::span<std::uint8_t> out) override;

 private:
  const ByteStore& m_store;
  std::uint64_t m_position;
  std::uint64_t m_left;
};

/// What another source (not owned) gives, hashed and counted on the way.
class HashedSource final : public ByteSource {
 public:
  explicit HashedSource(ByteSource& source) : m_source(source) {}
  Result<std::size_t> read(std::span<std::uint8_t> out) override;
  /// Bytes read so far; may be asked from any thread.
  std::uint64_t position() const noexcept { return m_position.load(std::memory_order_relaxed); }
  /// Read and hash what is left, and give the digest of the whole. Once.
  Result<Sha256> finish_digest();

 private:
  ByteSource& m_source;
  std::atomic<std::uint64_t> m_position{0};
  Sha256Stream m_digest;
};

/// Some bytes that were read ahead, then the rest of the source they were read from.
class ReplayedSource final : public ByteSource {
 public:
  ReplayedSource(Bytes head, std::unique_ptr<ByteSource> rest) : m_head(std::move(head)), m_rest(std::move(rest)) {}
  Result<std::size_t> read(std::span<std::uint8_t> out) override;

 private:
  Bytes m_head;
  std::size_t m_given = 0;
  std::unique_ptr<ByteSource> m_rest;
};

}  // namespace assay::archive
