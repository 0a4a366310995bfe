#include "archive/decompressor.hpp"

#include <zlib.h>

#include <algorithm>
#include <cstring>

#include "builders.hpp"
#include "support/catch.hpp"

using namespace assay;
using namespace assay::archive;
using namespace assay::archive::test;

namespace {

/// All that comes out of `packed` when it is read `in` bytes at a time into `out` bytes at a time.
std::string decode(Filter filter, std::string_view packed, std::size_t in, std::size_t out) {
  const Limits limits;
  auto source = std::make_unique<GeneratedSource>([&packed, in](std::span<std::uint8_t> room) {
    const auto count = std::min({in, room.size(), packed.size()});
    std::memcpy(room.data(), packed.data(), count);
    packed.remove_prefix(count);
    return count;
  });
  DecompressedSource decoded{std::move(source), filter, limits, Deadline{limits.time}};
  std::string text;
  Bytes block(out);
  for (;;) {
    const auto got = decoded.read(block);
    if (!got) return text + "!" + got.error().message;
    if (*got == 0) return text;
    text += as_text(ByteView{block}.first(*got));
  }
}

std::string little_endian(std::uint32_t value, std::size_t bytes) {
  std::string text;
  for (std::size_t i = 0; i < bytes; ++i) text.push_back(static_cast<char>(value >> (8 * i) & 0xFF));
  return text;
}

/// A gzip member of `text` whose header has the parts that `flags` name.
std::string gzip_with_header(std::uint8_t flags, std::string_view text) {
  std::string header = std::string("\x1f\x8b\x08", 3) + static_cast<char>(flags) + std::string(5, '\0') + "\3";
  if ((flags & 0x04) != 0) header += little_endian(60, 2) + std::string(60, 'x');
  if ((flags & 0x08) != 0) header += std::string("name\0", 5);
  if ((flags & 0x10) != 0) header += std::string("comment\0", 8);
  const auto crc = crc32(0, reinterpret_cast<const Bytef*>(header.data()), static_cast<uInt>(header.size()));
  if ((flags & 0x02) != 0) header += little_endian(static_cast<std::uint32_t>(crc), 2);
  return header + compress(Filter::gzip, text).substr(10);
}

}  // namespace

TEST_CASE("archive: decoding does not depend on the pieces in which bytes come and go", "[archive]") {
  const auto text = noise(3000) + std::string(5000, 'x') + noise(2000, 2);
  for (const auto filter :
       {Filter::gzip, Filter::bzip2, Filter::xz, Filter::lzma, Filter::lzip, Filter::zstd, Filter::lz4}) {
    INFO(to_string(filter));
    const auto packed = compress(filter, text);
    for (const std::size_t in : {1U, 7U, 100000U})
      for (const std::size_t out : {1U, 100U, 100000U}) CHECK(decode(filter, packed, in, out) == text);
  }
}

TEST_CASE("archive: every form of gzip header is read, in pieces of any size", "[archive]") {
  const std::string text = "content of a member";
  for (unsigned flags = 0; flags < 32; ++flags) {
    const auto member = gzip_with_header(static_cast<std::uint8_t>(flags), text);
    INFO(flags);
    for (const std::size_t in : {1U, 3U, 4U, 11U, 1000U})
      CHECK(decode(Filter::gzip, member + member, in, 64) == text + text);
  }
}

TEST_CASE("archive: a gzip header with reserved flags or a wrong checksum is refused", "[archive][hostile]") {
  const auto reserved = gzip_with_header(0x20, "x");
  auto damaged = gzip_with_header(0x0A, "x");
  damaged[11] = 'N';  // in the name, which the header's checksum covers
  for (const std::size_t in : {1U, 4U, 1000U}) {
    CHECK(decode(Filter::gzip, reserved, in, 64).find("malformed header") != std::string::npos);
    CHECK(decode(Filter::gzip, damaged, in, 64).find("malformed header") != std::string::npos);
  }
}

TEST_CASE("archive: what was decoded before the damage is given before the error", "[archive][hostile]") {
  auto packed = compress(Filter::gzip, "0123456789");
  packed[packed.size() - 8] = static_cast<char>(packed[packed.size() - 8] ^ 1);
  const auto got = decode(Filter::gzip, packed, 1000, 64);
  CHECK(got.substr(0, 11) == "0123456789!");
  CHECK(got.find("checksum") != std::string::npos);
}
