#include "rebuild/tar_writer.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <numeric>
#include <string>

namespace assay::rebuild {

namespace {

constexpr std::size_t k_block = 512;
using Block = std::array<std::uint8_t, k_block>;

void put(Block& block, std::size_t offset, std::size_t size, std::string_view text) {
  std::copy_n(text.begin(), std::min(text.size(), size), block.begin() + static_cast<std::ptrdiff_t>(offset));
}

void put_octal(Block& block, std::size_t offset, std::size_t size, std::uint64_t value) {
  put(block, offset, size, fmt::format("{:0{}o}", value, size - 1));
}

}  // namespace

Result<void> TarWriter::write(ByteView bytes) {
  while (!bytes.empty()) {
    const auto written = ::write(m_fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return errno_error("write", "the exported tree");
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return {};
}

Result<void> TarWriter::data(ByteView bytes) {
  ASSAY_TRY_VOID(write(bytes));
  static constexpr Block zeros{};
  return write(ByteView{zeros}.first((k_block - bytes.size() % k_block) % k_block));
}

Result<void> TarWriter::long_name(std::string_view name, char type) {
  ASSAY_TRY_VOID(header("././@LongLink", {}, name.size() + 1, type, 0644));
  const std::string ended = std::string{name} + '\0';
  return data(as_bytes(ended));
}

Result<void> TarWriter::header(std::string_view path, std::string_view target, std::uint64_t size, char type,
                               unsigned mode) {
  Block block{};
  put(block, 0, 100, path);
  put_octal(block, 100, 8, mode);
  put_octal(block, 108, 8, 0);
  put_octal(block, 116, 8, 0);
  put_octal(block, 124, 12, size);
  put_octal(block, 136, 12, static_cast<std::uint64_t>(std::max<std::int64_t>(m_mtime, 0)));
  put(block, 148, 8, "        ");
  block[156] = static_cast<std::uint8_t>(type);
  put(block, 157, 100, target);
  put(block, 257, 8, "ustar  ");
  const auto sum = std::accumulate(block.begin(), block.end(), 0U);
  put(block, 148, 8, fmt::format("{:06o}", sum));
  block[154] = 0;
  return write(block);
}

Result<void> TarWriter::add_file(std::string_view path, ByteView content, bool executable) {
  if (path.size() > 100) {
    ASSAY_TRY_VOID(long_name(path, 'L'));
  }
  ASSAY_TRY_VOID(header(path, {}, content.size(), '0', executable ? 0755 : 0644));
  return data(content);
}

Result<void> TarWriter::add_link(std::string_view path, std::string_view target) {
  if (target.size() > 100) {
    ASSAY_TRY_VOID(long_name(target, 'K'));
  }
  if (path.size() > 100) {
    ASSAY_TRY_VOID(long_name(path, 'L'));
  }
  return header(path, target, 0, '2', 0777);
}

Result<void> TarWriter::finish() {
  static constexpr std::array<std::uint8_t, 2 * k_block> end{};
  return write(end);
}

}  // namespace assay::rebuild
