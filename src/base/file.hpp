// Files of the host: descriptors, bounded reads, mappings, and writes that happen whole or not at all.
#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include "base/bytes.hpp"
#include "base/error.hpp"

namespace assay {

/// Owns a file descriptor.
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) noexcept : m_fd(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : m_fd(std::exchange(other.m_fd, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept;
  UniqueFd(const UniqueFd&) = delete;
  UniqueFd& operator=(const UniqueFd&) = delete;
  ~UniqueFd() { reset(); }
  int get() const noexcept { return m_fd; }
  explicit operator bool() const noexcept { return m_fd >= 0; }
  void reset() noexcept;

 private:
  int m_fd = -1;
};

/// Open an existing file for reading (close-on-exec). Directories, FIFOs and devices are refused.
Result<UniqueFd> open_regular(const std::filesystem::path& path);

/// Read a whole regular file; an Error of code `limit` if it is larger than `max_size` bytes.
Result<Bytes> read_file(const std::filesystem::path& path, std::uint64_t max_size);

/// Write `content` to `path` through a temporary file in the same directory and a rename, after fsync: the file is
/// there whole or, on any failure, as it was before. A symbolic link is kept and its target replaced; a device or FIFO
/// is written to, and there a failure may leave a part.
Result<void> write_file_whole(const std::filesystem::path& path, std::string_view content);

/// A read-only mapping of a whole file. Empty files map to an empty view.
class MappedFile {
 public:
  static Result<MappedFile> open(const std::filesystem::path& path);
  MappedFile() = default;
  MappedFile(MappedFile&& other) noexcept
      : m_data(std::exchange(other.m_data, nullptr)), m_size(std::exchange(other.m_size, 0)) {}
  MappedFile& operator=(MappedFile&& other) noexcept;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();
  ByteView bytes() const noexcept { return {static_cast<const std::uint8_t*>(m_data), m_size}; }

 private:
  void* m_data = nullptr;
  std::size_t m_size = 0;
};

}  // namespace assay
