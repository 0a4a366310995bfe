#include "archive/seven_zip_header.hpp"

#include <fmt/format.h>
#include <lzma.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <vector>

#include "archive/budget.hpp"

namespace assay::archive {

namespace {

enum Id : std::uint64_t {
  k_end = 0x00,
  k_header = 0x01,
  k_archive_properties = 0x02,
  k_main_streams = 0x04,
  k_files = 0x05,
  k_pack_info = 0x06,
  k_unpack_info = 0x07,
  k_sizes = 0x09,
  k_crcs = 0x0A,
  k_folders = 0x0B,
  k_unpack_sizes = 0x0C,
  k_encoded_header = 0x17,
};

constexpr std::uint64_t k_method_lzma = 0x030101;
constexpr std::uint64_t k_method_lzma2 = 0x21;
constexpr std::uint64_t k_method_ppmd = 0x030401;
constexpr std::uint64_t k_method_aes = 0x06F10701;
/// Coders of fixed memory: copy, delta, the branch converters for one stream, deflate, bzip2.
constexpr std::array<std::uint64_t, 10> k_small_methods{0x00,       0x03,       0x03030103, 0x03030205, 0x03030401,
                                                        0x03030501, 0x03030701, 0x03030805, 0x040108,   0x040202};

constexpr std::uint64_t k_signature_size = 32;
constexpr std::uint64_t k_most_folders = 1U << 20;
constexpr int k_most_header_layers = 4;

struct Coder {
  std::uint64_t method = 0;
  ByteView properties;
};

struct Folder {
  std::vector<Coder> coders;
  std::vector<std::uint64_t> unpack_sizes;
};

struct Streams {
  std::uint64_t pack_offset = 0;
  std::uint64_t pack_size = 0;  ///< of the first stream
  std::vector<Folder> folders;
};

Error malformed() {
  return Error{ErrorCode::format, "the 7z header is damaged", {}, {}};
}

/// A position in the header. Whatever does not fit makes it fail, and a failed cursor gives zeros.
class Cursor {
 public:
  explicit Cursor(ByteView bytes) : m_rest(bytes) {}
  bool failed() const noexcept { return m_failed; }
  std::size_t left() const noexcept { return m_rest.size(); }

  ByteView take(std::uint64_t count) {
    if (count > m_rest.size()) m_failed = true;
    if (m_failed) return {};
    const auto taken = m_rest.first(static_cast<std::size_t>(count));
    m_rest = m_rest.subspan(taken.size());
    return taken;
  }
  std::uint8_t byte() {
    const auto taken = take(1);
    return taken.empty() ? std::uint8_t{0} : taken[0];
  }
  /// The leading ones of the first byte say how many bytes follow, little-endian; its other bits are the highest.
  std::uint64_t number() {
    const auto first = byte();
    std::uint64_t value = 0;
    int shift = 0;
    for (unsigned mask = 0x80; mask != 0; mask >>= 1) {
      if ((first & mask) == 0) return value | static_cast<std::uint64_t>(first & (mask - 1)) << shift;
      value |= static_cast<std::uint64_t>(byte()) << shift;
      shift += 8;
    }
    return value;
  }
  void fail() noexcept { m_failed = true; }

 private:
  ByteView m_rest;
  bool m_failed = false;
};

/// Which of `count` digests are defined, and the digests.
void skip_digests(Cursor& cursor, std::uint64_t count) {
  std::uint64_t defined = count;
  if (cursor.byte() == 0) {
    defined = 0;
    for (const auto byte : cursor.take((count + 7) / 8))
      for (unsigned bits = byte; bits != 0; bits &= bits - 1) ++defined;
  }
  cursor.take(std::min<std::uint64_t>(defined, k_most_folders) * 4);
}

void read_pack_info(Cursor& cursor, Streams& streams) {
  streams.pack_offset = cursor.number();
  const auto count = cursor.number();
  for (auto id = cursor.number(); id != k_end && !cursor.failed(); id = cursor.number()) {
    if (id == k_sizes) {
      for (std::uint64_t i = 0; i < count && !cursor.failed(); ++i) {
        const auto size = cursor.number();
        if (i == 0) streams.pack_size = size;
      }
    } else if (id == k_crcs) {
      skip_digests(cursor, count);
    } else {
      cursor.fail();
    }
  }
}

Folder read_folder(Cursor& cursor) {
  Folder folder;
  std::uint64_t ins = 0;
  std::uint64_t outs = 0;
  const auto count = cursor.number();
  if (count == 0 || count > 4) cursor.fail();
  for (std::uint64_t i = 0; i < count && !cursor.failed(); ++i) {
    const auto flags = cursor.byte();
    Coder coder;
    for (const auto byte : cursor.take(flags & 0x0F)) coder.method = coder.method << 8 | byte;
    const bool complex = (flags & 0x10) != 0;
    ins += complex ? std::min<std::uint64_t>(cursor.number(), 32) : 1;
    outs += complex ? std::min<std::uint64_t>(cursor.number(), 32) : 1;
    if ((flags & 0x20) != 0) coder.properties = cursor.take(cursor.number());
    folder.coders.push_back(coder);
  }
  if (outs == 0 || ins + 1 < outs) cursor.fail();
  for (std::uint64_t i = 1; i < outs && !cursor.failed(); ++i) cursor.number(), cursor.number();
  if (const auto packed = ins + 1 - outs; packed > 1)
    for (std::uint64_t i = 0; i < packed && !cursor.failed(); ++i) cursor.number();
  folder.unpack_sizes.resize(static_cast<std::size_t>(outs));
  return folder;
}

void read_unpack_info(Cursor& cursor, Streams& streams) {
  if (cursor.number() != k_folders) return cursor.fail();
  const auto count = cursor.number();
  if (count > k_most_folders || cursor.byte() != 0) return cursor.fail();
  for (std::uint64_t i = 0; i < count && !cursor.failed(); ++i) streams.folders.push_back(read_folder(cursor));
  if (cursor.number() != k_unpack_sizes) return cursor.fail();
  for (auto& folder : streams.folders)
    for (auto& size : folder.unpack_sizes) size = cursor.number();
}

/// The streams information as far as it tells what decoders are asked to do.
Result<Streams> read_streams(Cursor& cursor) {
  Streams streams;
  auto id = cursor.number();
  if (id == k_pack_info) {
    read_pack_info(cursor, streams);
    id = cursor.number();
  }
  if (id == k_unpack_info) read_unpack_info(cursor, streams);
  if (cursor.failed()) return malformed();
  return streams;
}

/// The dictionary or model size a coder asks for.
Result<std::uint64_t> memory_of(const Coder& coder) {
  const auto le32 = [&](std::size_t at) {
    std::uint64_t value = 0;
    for (std::size_t i = 4; i-- > 0;) value = value << 8 | coder.properties[at + i];
    return value;
  };
  switch (coder.method) {
    case k_method_lzma:
    case k_method_ppmd:
      if (coder.properties.size() < 5) return malformed();
      return le32(1);
    case k_method_lzma2: {
      if (coder.properties.empty() || coder.properties[0] > 40) return malformed();
      const unsigned bits = coder.properties[0];
      return bits == 40 ? 0xFFFFFFFFULL : static_cast<std::uint64_t>(2 | (bits & 1)) << (bits / 2 + 11);
    }
    case k_method_aes:
      return std::uint64_t{0};  // libarchive says so itself, and reads no further
    default:
      break;
  }
  if (std::find(k_small_methods.begin(), k_small_methods.end(), coder.method) != k_small_methods.end())
    return std::uint64_t{0};
  return Error{ErrorCode::unsupported,
               fmt::format("the 7z archive uses coder {:x}, which is not read", coder.method),
               {},
               "repack it as tar or zip, and examine that"};
}

Result<void> check_folders(const Streams& streams, const Limits& limits) {
  for (const auto& folder : streams.folders)
    for (const auto& coder : folder.coders) {
      ASSAY_TRY(const auto memory, memory_of(coder));
      if (memory > decoder_memory(limits))
        return limit_error("memory", limits.memory, fmt::format("a 7z coder asks for {} bytes", memory));
    }
  return {};
}

/// libarchive holds the target of a symbolic link whole, and which member is one stands deep in the header. So no more
/// content is accepted than may be held.
Result<void> check_content_size(const Streams& streams, const Limits& limits) {
  std::uint64_t content = 0;
  for (const auto& folder : streams.folders)
    for (const auto size : folder.unpack_sizes)
      if (__builtin_add_overflow(content, size, &content)) return malformed();
  if (content > decoder_memory(limits))
    return limit_error("memory", limits.memory, fmt::format("a 7z archive of {} bytes of content", content));
  return {};
}

std::uint64_t most_header(const Limits& limits) {
  return limits.memory / 16;
}

Result<Bytes> read_part(const ByteStore& store, std::uint64_t offset, std::uint64_t size, const Limits& limits) {
  if (size > most_header(limits)) return limit_error("memory", limits.memory, "the 7z header has too many bytes");
  Bytes bytes(static_cast<std::size_t>(size));
  ASSAY_TRY(const auto got, store.read_at(offset, bytes));
  if (got < size) return Error{ErrorCode::format, "the 7z archive ends before its header", {}, {}};
  return bytes;
}

struct Free {
  void operator()(void* memory) const { std::free(memory); }
};

/// The header that is packed in `packed`. LZMA is the one coder that packers use for it.
Result<Bytes> unpack_header(const Folder& folder, ByteView packed, const Limits& limits) {
  const auto& coder = folder.coders.front();
  const auto size = folder.unpack_sizes.front();
  if (size > most_header(limits)) return limit_error("memory", limits.memory, "the 7z header has too many bytes");
  lzma_filter filters[2]{};
  filters[0].id = coder.method == k_method_lzma ? LZMA_FILTER_LZMA1 : LZMA_FILTER_LZMA2;
  filters[1].id = LZMA_VLI_UNKNOWN;
  if (lzma_properties_decode(&filters[0], nullptr, coder.properties.data(), coder.properties.size()) != LZMA_OK)
    return malformed();
  const std::unique_ptr<void, Free> options{filters[0].options};
  Bytes header(static_cast<std::size_t>(size));
  lzma_stream stream = LZMA_STREAM_INIT;
  if (lzma_raw_decoder(&stream, filters) != LZMA_OK) return malformed();
  stream.next_in = packed.data();
  stream.avail_in = packed.size();
  stream.next_out = header.data();
  stream.avail_out = header.size();
  // LZMA without an end mark never says that it ended; that all is there is what counts.
  while (stream.avail_out > 0 && lzma_code(&stream, LZMA_RUN) == LZMA_OK) {
  }
  const bool whole = stream.avail_out == 0;
  lzma_end(&stream);
  if (!whole) return malformed();
  return header;
}

}  // namespace

Result<void> check_seven_zip(const ByteStore& store, const Limits& limits) {
  ASSAY_TRY(auto start, read_part(store, 0, k_signature_size, limits));
  const auto le64 = [&](std::size_t at) {
    std::uint64_t value = 0;
    for (std::size_t i = 8; i-- > 0;) value = value << 8 | start[at + i];
    return value;
  };
  const auto offset = le64(12);
  const auto size = le64(20);
  if (size == 0) return {};
  if (offset > store.size()) return Error{ErrorCode::format, "the 7z archive ends before its header", {}, {}};
  ASSAY_TRY(auto header, read_part(store, k_signature_size + offset, size, limits));
  for (int layer = 0; layer < k_most_header_layers; ++layer) {
    Cursor cursor{header};
    const auto id = cursor.number();
    if (id == k_encoded_header) {
      ASSAY_TRY(const auto streams, read_streams(cursor));
      ASSAY_TRY_VOID(check_folders(streams, limits));
      if (streams.folders.size() != 1) return malformed();
      const auto& folder = streams.folders.front();
      const bool encrypted = std::any_of(folder.coders.begin(), folder.coders.end(),
                                         [](const Coder& coder) { return coder.method == k_method_aes; });
      if (encrypted)
        return Error{ErrorCode::unsupported, "the 7z header is encrypted", {}, "decrypt the archive first"};
      const auto method = folder.coders.front().method;
      if (folder.coders.size() != 1 || (method != k_method_lzma && method != k_method_lzma2)) return malformed();
      if (streams.pack_offset > store.size()) return malformed();
      ASSAY_TRY(const auto packed, read_part(store, k_signature_size + streams.pack_offset, streams.pack_size, limits));
      ASSAY_TRY(auto inner, unpack_header(folder, packed, limits));
      header = std::move(inner);
      continue;
    }
    if (id != k_header) return malformed();
    auto part = cursor.number();
    // Nobody writes archive properties; without knowing their form what follows cannot be found.
    if (part != k_main_streams) return part == k_end || part == k_files ? Result<void>{} : Result<void>{malformed()};
    ASSAY_TRY(const auto streams, read_streams(cursor));
    ASSAY_TRY_VOID(check_folders(streams, limits));
    return check_content_size(streams, limits);
  }
  return malformed();
}

}  // namespace assay::archive
