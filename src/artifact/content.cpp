#include "artifact/content.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <system_error>

#include "base/file.hpp"
#include "base/text.hpp"

namespace assay::artifact {

namespace {

constexpr std::size_t k_window = 4U << 20;
constexpr std::size_t k_read_block = 256U << 10;

/// A mapping of a spill file or of a file of the host.
struct Mapping {
  void* data = nullptr;
  std::size_t size = 0;
  Mapping(void* address, std::size_t length) : data(address), size(length) {}
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  ~Mapping() {
    if (data != nullptr) ::munmap(data, size);
  }
};

/// Drop the whole pages inside the window. For file-backed memory only: anonymous memory would be zeroed.
void drop_pages(ByteView window) {
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  const auto begin = (reinterpret_cast<std::uintptr_t>(window.data()) + page - 1) / page * page;
  const auto end = reinterpret_cast<std::uintptr_t>(window.data() + window.size()) / page * page;
  if (begin < end) ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
}

}  // namespace

Result<void> ContentBuilder::append(ByteView bytes) {
  if (!m_file && m_buffer.size() + bytes.size() > m_in_memory) {
    ASSAY_TRY_VOID(open_file());
    ASSAY_TRY_VOID(write_all(m_buffer));
    m_buffer = {};
  }
  m_size += bytes.size();
  if (m_file) return write_all(bytes);
  m_buffer.insert(m_buffer.end(), bytes.begin(), bytes.end());
  return {};
}

Result<Content> ContentBuilder::finish() {
  if (!m_file) {
    m_buffer.shrink_to_fit();
    return Content::of(std::move(m_buffer));
  }
  void* data = ::mmap(nullptr, m_size, PROT_READ, MAP_SHARED, m_file.get(), 0);
  if (data == MAP_FAILED) return errno_error("map", "temporary file");
  auto owner = std::make_shared<Mapping>(data, m_size);
  return Content{{static_cast<const std::uint8_t*>(data), m_size}, std::move(owner), true};
}

Result<void> ContentBuilder::open_file() {
  std::error_code unset;
  auto directory = std::filesystem::temp_directory_path(unset);
  if (unset) directory = "/tmp";
  m_file = UniqueFd{::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)};
  if (m_file) return {};
  // Not every file system knows O_TMPFILE.
  auto name = (directory / "assay-XXXXXX").string();
  m_file = UniqueFd{::mkostemp(name.data(), O_CLOEXEC)};
  if (!m_file) return errno_error("make a temporary file", escape_for_display(directory.string()));
  ::unlink(name.c_str());
  return {};
}

Result<void> ContentBuilder::write_all(ByteView bytes) {
  while (!bytes.empty()) {
    const auto written = ::write(m_file.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return errno_error("write", "temporary file");
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return {};
}

Content Content::of(Bytes bytes) {
  auto owner = std::make_shared<const Bytes>(std::move(bytes));
  const ByteView view{*owner};
  return {view, std::move(owner)};
}

Result<Content> Content::open(const std::filesystem::path& file) {
  ASSAY_TRY(auto mapped, MappedFile::open(file));
  auto owner = std::make_shared<const MappedFile>(std::move(mapped));
  const auto view = owner->bytes();
  return Content{view, std::move(owner), true};
}

void Content::release() const {
  if (m_mapped) drop_pages(m_bytes);
}

Content Content::part(std::uint64_t offset, std::uint64_t count) const {
  const auto begin = std::min<std::uint64_t>(offset, m_bytes.size());
  const auto size = std::min<std::uint64_t>(count, m_bytes.size() - begin);
  return {m_bytes.subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(size)), m_owner, m_mapped};
}

bool same_bytes(const Content& a, const Content& b) {
  if (a.size() != b.size()) return false;
  if (a.bytes().data() == b.bytes().data()) return true;
  for (std::uint64_t at = 0; at < a.size(); at += k_window) {
    const auto left = a.part(at, k_window);
    const auto right = b.part(at, k_window);
    const bool same = std::memcmp(left.bytes().data(), right.bytes().data(), left.bytes().size()) == 0;
    left.release();
    right.release();
    if (!same) return false;
  }
  return true;
}

std::uint64_t first_difference(ByteView a, ByteView b, std::uint64_t from) {
  const auto common = std::min(a.size(), b.size());
  auto at = std::min<std::size_t>(static_cast<std::size_t>(from), common);
  while (at < common) {
    const auto step = std::min(common - at, std::size_t{64} << 10);
    if (std::memcmp(a.data() + at, b.data() + at, step) != 0) {
      while (a[at] == b[at]) ++at;
      return at;
    }
    at += step;
  }
  return a.size() == b.size() ? a.size() : common;
}

Result<Decoded> decode(archive::Filter filter, ByteView compressed, const Limits& limits) {
  const archive::MemoryStore store{compressed};
  const archive::Deadline deadline{limits.time};
  archive::DecompressedSource source{std::make_unique<archive::StoreSource>(store), filter, limits, deadline};
  ContentBuilder spill{static_cast<std::size_t>(limits.memory / 8)};
  Decoded decoded;
  Bytes block(k_read_block);
  std::uint64_t total = 0;
  while (true) {
    const auto got = source.read(block);
    if (!got) {
      decoded.problem = got.error().message;
      break;
    }
    if (*got == 0) break;
    total += *got;
    if (total > limits.max_total_size) {
      decoded.problem = "decodes to more than the limit total-size allows";
      break;
    }
    ASSAY_TRY_VOID(spill.append(ByteView{block}.first(*got)));
  }
  if (decoded.problem.empty()) decoded.trailing = source.trailing().count;
  decoded.streams = source.streams();
  ASSAY_TRY(decoded.content, spill.finish());
  return decoded;
}

Decoded inflate_raw(ByteView compressed, std::uint64_t size, const Limits& limits) {
  if (size <= limits.max_entry_size && !archive::exceeds_ratio(size, compressed.size(), limits)) {
    auto decoded = inflate_unsized(compressed, size, limits);
    if (decoded.problem.empty() && decoded.content.size() != size)
      decoded.problem = "decodes to less than its header says";
    return decoded;
  }
  Decoded refused;
  refused.problem = "decodes to more than the limits allow";
  return refused;
}

Decoded inflate_unsized(ByteView compressed, std::uint64_t bound, const Limits& limits) {
  Decoded decoded;
  z_stream stream{};
  if (inflateInit2(&stream, -15) != Z_OK) {
    decoded.problem = "zlib cannot start";
    return decoded;
  }
  ContentBuilder spill{static_cast<std::size_t>(limits.memory / 8)};
  Bytes block(k_read_block);
  std::uint64_t total = 0;
  std::size_t given = 0;
  int state = Z_OK;
  while (state == Z_OK && decoded.problem.empty()) {
    if (stream.avail_in == 0) {
      const auto step = std::min(compressed.size() - given, std::size_t{1} << 30);
      stream.next_in = const_cast<Bytef*>(compressed.data() + given);  // zlib's interface predates const
      stream.avail_in = static_cast<uInt>(step);
      given += step;
    }
    stream.next_out = block.data();
    stream.avail_out = static_cast<uInt>(block.size());
    state = inflate(&stream, Z_NO_FLUSH);
    const auto got = block.size() - stream.avail_out;
    total += got;
    if (total > bound || archive::exceeds_ratio(total, given, limits))
      decoded.problem = "decodes to more than it should";
    else if (auto kept = spill.append(ByteView{block}.first(got)); !kept) decoded.problem = kept.error().message;
  }
  if (decoded.problem.empty() && state != Z_STREAM_END) decoded.problem = "is damaged";
  decoded.trailing = stream.avail_in + (compressed.size() - given);
  inflateEnd(&stream);
  if (auto content = spill.finish()) decoded.content = *std::move(content);
  return decoded;
}

}  // namespace assay::artifact
