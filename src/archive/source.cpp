#include "archive/source.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace assay::archive {

namespace {

constexpr std::size_t k_digest_block = 1U << 18;

}  // namespace

Result<FileStore> FileStore::open(const std::filesystem::path& path) {
  FileStore store;
  store.m_name = path.string();
  ASSAY_TRY(store.m_fd, open_regular(path));
  struct stat info {};
  if (::fstat(store.m_fd.get(), &info) != 0) return errno_error("stat", store.m_name);
  store.m_size = static_cast<std::uint64_t>(info.st_size);
  ::posix_fadvise(store.m_fd.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
  return store;
}

Result<std::size_t> FileStore::read_at(std::uint64_t offset, std::span<std::uint8_t> out) const {
  // A file that grows while it is read must not make the archive longer than its digest.
  if (offset >= m_size) return std::size_t{0};
  out = out.first(static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), m_size - offset)));
  std::size_t done = 0;
  while (done < out.size()) {
    const auto got = ::pread(m_fd.get(), out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno_error("read", m_name);
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

Result<std::size_t> MemoryStore::read_at(std::uint64_t offset, std::span<std::uint8_t> out) const {
  if (offset >= m_bytes.size() || out.empty()) return std::size_t{0};
  const auto count = std::min<std::size_t>(out.size(), m_bytes.size() - static_cast<std::size_t>(offset));
  std::memcpy(out.data(), m_bytes.data() + offset, count);
  return count;
}

std::size_t read_fully(ByteSource& source, std::span<std::uint8_t> out, Result<void>& outcome) {
  std::size_t done = 0;
  while (done < out.size()) {
    auto got = source.read(out.subspan(done));
    if (!got) {
      outcome = got.error();
      break;
    }
    if (*got == 0) break;
    done += *got;
  }
  return done;
}

Result<std::size_t> StoreSource::read(std::span<std::uint8_t> out) {
  out = out.first(static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), m_left)));
  if (out.empty()) return std::size_t{0};
  ASSAY_TRY(const auto got, m_store.read_at(m_position, out));
  m_position += got;
  m_left -= got;
  return got;
}

Result<std::size_t> HashedSource::read(std::span<std::uint8_t> out) {
  ASSAY_TRY(const auto got, m_source.read(out));
  m_digest.update(out.first(got));
  m_position.fetch_add(got, std::memory_order_relaxed);
  return got;
}

Result<Sha256> HashedSource::finish_digest() {
  Bytes block(k_digest_block);
  for (;;) {
    ASSAY_TRY(const auto got, read(block));
    if (got == 0) return m_digest.finish();
  }
}

Result<std::size_t> ReplayedSource::read(std::span<std::uint8_t> out) {
  if (m_given == m_head.size()) return m_rest->read(out);
  const auto count = std::min(out.size(), m_head.size() - m_given);
  std::memcpy(out.data(), m_head.data() + m_given, count);
  m_given += count;
  if (m_given == m_head.size()) {
    m_head = {};
    m_given = 0;
  }
  return count;
}

}  // namespace assay::archive
