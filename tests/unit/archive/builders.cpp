#include "builders.hpp"

#include <bzlib.h>
#include <fmt/format.h>
#include <lz4frame.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <stdexcept>

#include "support/catch.hpp"

namespace assay::archive::test {

namespace {

// libgit2, behind the hasher, parses every certificate of the host whenever its first user comes. One that stays spares
// the thousands of readings of these tests that.
const EntryHasher k_keep_initialised{GitHash::sha1};

void put(std::string& block, std::size_t offset, std::string_view text, std::size_t room) {
  block.replace(offset, std::min(text.size(), room), text.substr(0, room));
}

std::string padded(std::string_view bytes) {
  std::string out{bytes};
  out.resize((out.size() + 511) / 512 * 512, '\0');
  return out;
}

template <typename T>
void append(std::string& out, T value) {
  for (std::size_t i = 0; i < sizeof(T); ++i) out.push_back(static_cast<char>(value >> (8 * i) & 0xFF));
}

std::string gzip(std::string_view bytes) {
  z_stream stream{};
  if (deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::runtime_error{"deflateInit2"};
  std::string out(deflateBound(&stream, bytes.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  if (deflate(&stream, Z_FINISH) != Z_STREAM_END) throw std::runtime_error{"deflate"};
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string bzip2(std::string_view bytes) {
  std::string out(bytes.size() + bytes.size() / 50 + 700, '\0');
  auto size = static_cast<unsigned>(out.size());
  if (BZ2_bzBuffToBuffCompress(out.data(), &size, const_cast<char*>(bytes.data()), static_cast<unsigned>(bytes.size()),
                               9, 0, 0) != BZ_OK)
    throw std::runtime_error{"bzip2"};
  out.resize(size);
  return out;
}

/// All of `bytes` through an encoder that was opened, which is closed.
std::string encoded(lzma_stream& stream, std::string_view bytes) {
  std::string out(lzma_stream_buffer_bound(bytes.size()) + 1024, '\0');
  stream.next_in = reinterpret_cast<const std::uint8_t*>(bytes.data());
  stream.avail_in = bytes.size();
  stream.next_out = reinterpret_cast<std::uint8_t*>(out.data());
  stream.avail_out = out.size();
  if (lzma_code(&stream, LZMA_FINISH) != LZMA_STREAM_END) throw std::runtime_error{"lzma_code"};
  out.resize(stream.total_out);
  lzma_end(&stream);
  return out;
}

std::string lzma_family(std::string_view bytes, bool alone) {
  lzma_stream stream = LZMA_STREAM_INIT;
  lzma_options_lzma options;
  lzma_lzma_preset(&options, 1);
  const auto code = alone ? lzma_alone_encoder(&stream, &options) : lzma_easy_encoder(&stream, 1, LZMA_CHECK_CRC64);
  if (code != LZMA_OK) throw std::runtime_error{"lzma"};
  return encoded(stream, bytes);
}

/// A member of lzip (its manual, "File format"): header, an LZMA stream with its end mark, and a trailer. liblzma writes none.
std::string lzip(std::string_view bytes) {
  lzma_options_lzma options;
  lzma_lzma_preset(&options, 1);
  options.dict_size = 1U << 20;
  const lzma_filter filters[] = {{LZMA_FILTER_LZMA1, &options}, {LZMA_VLI_UNKNOWN, nullptr}};
  lzma_stream stream = LZMA_STREAM_INIT;
  if (lzma_raw_encoder(&stream, filters) != LZMA_OK) throw std::runtime_error{"lzma_raw_encoder"};
  std::string file{"LZIP\1\24", 6};  // version 1, a dictionary of 2^20 bytes
  file += encoded(stream, bytes);
  append<std::uint32_t>(file, lzma_crc32(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size(), 0));
  append<std::uint64_t>(file, bytes.size());
  append<std::uint64_t>(file, file.size() + 8);
  return file;
}

std::string zstd(std::string_view bytes) {
  std::string out(ZSTD_compressBound(bytes.size()), '\0');
  const auto size = ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), 1);
  if (ZSTD_isError(size) != 0) throw std::runtime_error{"zstd"};
  out.resize(size);
  return out;
}

std::string lz4(std::string_view bytes) {
  std::string out(LZ4F_compressFrameBound(bytes.size(), nullptr), '\0');
  const auto size = LZ4F_compressFrame(out.data(), out.size(), bytes.data(), bytes.size(), nullptr);
  if (LZ4F_isError(size) != 0) throw std::runtime_error{"lz4"};
  out.resize(size);
  return out;
}

}  // namespace

std::string tar_header(const TarFields& fields) {
  std::string block(512, '\0');
  put(block, 0, fields.name, 100);
  put(block, 100, fmt::format("{:07o}", fields.mode), 8);
  put(block, 108, "0000000", 8);
  put(block, 116, "0000000", 8);
  put(block, 124, fields.raw_size.empty() ? fmt::format("{:011o}", fields.size) : fields.raw_size, 12);
  put(block, 136, "14000000000", 12);
  put(block, 148, "        ", 8);
  block[156] = fields.type;
  put(block, 157, fields.link_name, 100);
  put(block, 257, fields.magic, 8);
  put(block, 345, fields.prefix, 155);
  unsigned sum = 0;
  for (const char c : block) sum += static_cast<unsigned char>(c);
  put(block, 148, fmt::format("{:06o}", sum) + std::string("\0 ", 2), 8);
  return block;
}

TarBuilder& TarBuilder::file(std::string_view name, std::string_view content, std::uint32_t mode) {
  header({.name = std::string{name}, .size = content.size(), .mode = mode});
  return this->content(content);
}
TarBuilder& TarBuilder::directory(std::string_view name, std::uint32_t mode) {
  return header({.name = std::string{name}, .type = '5', .mode = mode});
}
TarBuilder& TarBuilder::symlink(std::string_view name, std::string_view target) {
  return header({.name = std::string{name}, .type = '2', .mode = 0777, .link_name = std::string{target}});
}
TarBuilder& TarBuilder::hardlink(std::string_view name, std::string_view target) {
  return header({.name = std::string{name}, .type = '1', .link_name = std::string{target}});
}
TarBuilder& TarBuilder::header(const TarFields& fields) {
  return raw(tar_header(fields));
}
TarBuilder& TarBuilder::content(std::string_view bytes) {
  return raw(padded(bytes));
}
TarBuilder& TarBuilder::raw(std::string_view bytes) {
  m_bytes += bytes;
  return *this;
}

TarBuilder& TarBuilder::pax(const std::vector<std::pair<std::string, std::string>>& records, char type) {
  std::string body;
  for (const auto& [keyword, value] : records) {
    const auto rest = fmt::format(" {}={}\n", keyword, value);
    auto length = rest.size() + 1;
    while (fmt::format("{}", length).size() + rest.size() != length)
      length = fmt::format("{}", length).size() + rest.size();
    body += fmt::format("{}{}", length, rest);
  }
  header({.name = type == 'g' ? "pax_global_header" : "PaxHeaders/x", .type = type, .size = body.size()});
  return content(body);
}

TarBuilder& TarBuilder::gnu_long(std::string_view text, char type) {
  const auto body = std::string{text} + '\0';
  header({.name = "././@LongLink", .type = type, .size = body.size(), .magic = std::string("ustar  \0", 8)});
  return content(body);
}

std::string TarBuilder::finish() const {
  return m_bytes + std::string(1024, '\0');
}

std::string make_zip(const std::vector<ZipFields>& members, std::string_view before_directory, std::string_view after) {
  std::string out;
  std::string directory;
  for (const auto& member : members) {
    out += member.before;
    const auto offset = static_cast<std::uint32_t>(out.size());
    const auto crc = static_cast<std::uint32_t>(
        crc32(0, reinterpret_cast<const Bytef*>(member.content.data()), static_cast<uInt>(member.content.size())));
    const auto size = static_cast<std::uint32_t>(member.content.size());
    const auto fields = [&](std::string& to, std::uint32_t crc_value, std::uint32_t size_value, std::size_t name_size,
                            std::size_t extra_size = 0) {
      append<std::uint16_t>(to, 20);
      append<std::uint16_t>(to, member.flags);
      append<std::uint16_t>(to, member.method);
      append<std::uint32_t>(to, 0x5a210000);
      append<std::uint32_t>(to, crc_value);
      append<std::uint32_t>(to, size_value);
      append<std::uint32_t>(to, size_value);
      append<std::uint16_t>(to, static_cast<std::uint16_t>(name_size));
      append<std::uint16_t>(to, static_cast<std::uint16_t>(extra_size));
    };
    append<std::uint32_t>(out, 0x04034b50);
    fields(out, crc + member.local_crc_off_by, size, member.name.size());
    out += member.name + member.content;
    const auto& central_name = member.central_name.empty() ? member.name : member.central_name;
    append<std::uint32_t>(directory, 0x02014b50);
    append<std::uint16_t>(directory, 0x0314);
    fields(directory, crc + member.crc_off_by, size + member.size_off_by, central_name.size(),
           member.central_extra.size());
    append<std::uint16_t>(directory, 0);
    append<std::uint16_t>(directory, 0);
    append<std::uint16_t>(directory, 0);
    append<std::uint32_t>(directory, member.attributes);
    append<std::uint32_t>(directory, offset);
    directory += central_name + member.central_extra;
  }
  out += before_directory;
  const auto directory_offset = static_cast<std::uint32_t>(out.size());
  out += directory;
  append<std::uint32_t>(out, 0x06054b50);
  append<std::uint32_t>(out, 0);
  append<std::uint16_t>(out, static_cast<std::uint16_t>(members.size()));
  append<std::uint16_t>(out, static_cast<std::uint16_t>(members.size()));
  append<std::uint32_t>(out, static_cast<std::uint32_t>(directory.size()));
  append<std::uint32_t>(out, directory_offset);
  append<std::uint16_t>(out, 0);
  return out + std::string{after};
}

std::string compress(Filter filter, std::string_view bytes) {
  switch (filter) {
    case Filter::none:
      return std::string{bytes};
    case Filter::gzip:
      return gzip(bytes);
    case Filter::bzip2:
      return bzip2(bytes);
    case Filter::xz:
      return lzma_family(bytes, false);
    case Filter::lzma:
      return lzma_family(bytes, true);
    case Filter::lzip:
      return lzip(bytes);
    case Filter::zstd:
      return zstd(bytes);
    case Filter::lz4:
      return lz4(bytes);
  }
  return {};
}

std::string noise(std::size_t size, std::uint64_t seed) {
  std::mt19937_64 random{seed};
  std::string out(size, '\0');
  for (auto& c : out) c = static_cast<char>(random());
  return out;
}

ArchiveContents read(std::string_view bytes, const ReadOptions& options) {
  auto contents = read_archive(as_bytes(bytes), "test", options);
  if (!contents) FAIL(contents.error().to_string());
  return *std::move(contents);
}

Error refuse(std::string_view bytes, const ReadOptions& options) {
  const auto contents = read_archive(as_bytes(bytes), "test", options);
  REQUIRE_FALSE(contents.has_value());
  return contents.error();
}

std::vector<Finding> findings_of(const ArchiveContents& contents, std::string_view rule) {
  std::vector<Finding> found;
  for (const auto& finding : contents.findings)
    if (finding.rule == rule) found.push_back(finding);
  return found;
}

Severity worst(const ArchiveContents& contents) {
  return contents.findings.empty() ? Severity::info : contents.findings.front().severity;
}

const TreeEntry& entry(const ArchiveContents& contents, std::string_view path) {
  for (const auto& candidate : contents.entries)
    if (candidate.path == path) return candidate;
  FAIL("no entry " << path);
  return contents.entries.front();
}

}  // namespace assay::archive::test
