// Writes tar archives in the GNU dialect, as tar(5) describes it: just enough to hand a tree to tar(1).
#pragma once
#include <cstdint>
#include <string_view>

#include "base/bytes.hpp"
#include "base/error.hpp"

namespace assay::rebuild {

class TarWriter {
 public:
  /// Writes to descriptor `fd`, which stays the caller's. Every entry gets the time `mtime`, seconds since the epoch.
  TarWriter(int fd, std::int64_t mtime) noexcept : m_fd(fd), m_mtime(mtime) {}
  Result<void> add_file(std::string_view path, ByteView content, bool executable);
  Result<void> add_link(std::string_view path, std::string_view target);
  Result<void> finish();

 private:
  Result<void> header(std::string_view path, std::string_view target, std::uint64_t size, char type, unsigned mode);
  Result<void> long_name(std::string_view name, char type);
  Result<void> data(ByteView bytes);
  Result<void> write(ByteView bytes);

  int m_fd;
  std::int64_t m_mtime;
};

}  // namespace assay::rebuild
