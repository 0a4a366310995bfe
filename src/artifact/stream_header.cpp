#include "artifact/stream_header.hpp"

#include <fmt/format.h>
#include <lzma.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "artifact/content.hpp"

namespace assay::artifact {

namespace {

std::uint32_t le32(ByteView bytes, std::size_t at) {
  return static_cast<std::uint32_t>(bytes[at]) | static_cast<std::uint32_t>(bytes[at + 1]) << 8 |
         static_cast<std::uint32_t>(bytes[at + 2]) << 16 | static_cast<std::uint32_t>(bytes[at + 3]) << 24;
}

std::string text_until_nul(ByteView bytes, std::size_t& at) {
  const auto end =
      std::find(bytes.begin() + static_cast<std::ptrdiff_t>(std::min(at, bytes.size())), bytes.end(), std::uint8_t{0});
  const std::string text{bytes.begin() + static_cast<std::ptrdiff_t>(std::min(at, bytes.size())), end};
  at = static_cast<std::size_t>(end - bytes.begin()) + 1;
  return text;
}

void gzip_facts(ByteView bytes, StreamFacts& facts) {
  if (bytes.size() < 10) return;
  const auto flags = bytes[3];
  // The other flags follow from which fields there are.
  facts.facts.push_back({"reserved flags", fmt::format("{:#04x}", flags & 0xe1)});
  facts.facts.push_back({"mtime", fmt::format("{}", le32(bytes, 4))});
  facts.facts.push_back({"level", bytes[8] == 2   ? "best (XFL 2)"
                                  : bytes[8] == 4 ? "fastest (XFL 4)"
                                                  : fmt::format("default (XFL {})", bytes[8])});
  facts.facts.push_back({"operating system", fmt::format("{}", bytes[9])});
  std::size_t at = 10;
  if ((flags & 4) != 0 && bytes.size() >= 12) {
    const std::size_t size = bytes[10] + 256U * bytes[11];
    at = 12 + size;
    facts.facts.push_back({"extra field", to_hex(bytes.subspan(12, std::min(size, bytes.size() - 12)))});
  }
  if ((flags & 8) != 0) facts.facts.push_back({"name", text_until_nul(bytes, at)});
  if ((flags & 16) != 0) facts.facts.push_back({"comment", text_until_nul(bytes, at)});
  if ((flags & 2) != 0) facts.facts.push_back({"header checksum", "present"});
}

/// Where the header of a gzip member ends (RFC 1952, 2.3); the size of `bytes` if it does not.
std::size_t gzip_header_end(ByteView bytes) {
  if (bytes.size() < 12) return bytes.size();
  const auto flags = bytes[3];
  std::size_t at = 10;
  if ((flags & 4) != 0) at = 12 + bytes[10] + std::size_t{256} * bytes[11];
  if ((flags & 8) != 0) text_until_nul(bytes, at);
  if ((flags & 16) != 0) text_until_nul(bytes, at);
  if ((flags & 2) != 0) at += 2;
  return std::min(at, bytes.size());
}

/// What gzip(1) and its like write before data of which they know nothing.
bool is_plain_gzip_header(ByteView header) {
  const auto level = header[8];
  const auto system = header[9];
  return header.size() == 10 && header[3] == 0 && le32(header, 4) == 0 && (level == 0 || level == 2 || level == 4) &&
         (system == 0 || system == 3 || system == 255);
}

/// The index at the end counts the blocks, and each of its records has a size.
void xz_blocks(ByteView bytes, StreamFacts& facts) {
  std::size_t end = bytes.size();
  while (end >= 4 && le32(bytes, end - 4) == 0) end -= 4;
  lzma_stream_flags footer{};
  if (end < 2 * LZMA_STREAM_HEADER_SIZE ||
      lzma_stream_footer_decode(&footer, bytes.data() + end - LZMA_STREAM_HEADER_SIZE) != LZMA_OK)
    return;
  const auto index_size = footer.backward_size;
  if (index_size + 2 * LZMA_STREAM_HEADER_SIZE > end) return;
  lzma_index* index = nullptr;
  std::uint64_t memory = 64ULL << 20;
  std::size_t at = 0;
  const auto* data = bytes.data() + end - LZMA_STREAM_HEADER_SIZE - index_size;
  if (lzma_index_buffer_decode(&index, &memory, nullptr, data, &at, static_cast<std::size_t>(index_size)) != LZMA_OK)
    return;
  facts.streams = lzma_index_block_count(index);
  facts.facts.push_back({"blocks", fmt::format("{}", facts.streams)});
  lzma_index_iter iterator;
  lzma_index_iter_init(&iterator, index);
  if (facts.streams > 1 && !lzma_index_iter_next(&iterator, LZMA_INDEX_ITER_BLOCK))
    facts.facts.push_back({"block size", fmt::format("{}", iterator.block.uncompressed_size)});
  lzma_index_end(index, nullptr);
}

void xz_facts(ByteView bytes, StreamFacts& facts) {
  lzma_stream_flags header{};
  if (bytes.size() < LZMA_STREAM_HEADER_SIZE + 8U || lzma_stream_header_decode(&header, bytes.data()) != LZMA_OK)
    return;
  facts.facts.push_back({"check", fmt::format("{}", static_cast<int>(header.check))});
  std::array<lzma_filter, LZMA_FILTERS_MAX + 1> filters{};
  lzma_block block{};
  block.version = 1;
  block.check = header.check;
  block.filters = filters.data();
  block.header_size = lzma_block_header_size_decode(bytes[LZMA_STREAM_HEADER_SIZE]);
  const bool whole = LZMA_STREAM_HEADER_SIZE + block.header_size <= bytes.size();
  if (whole && bytes[LZMA_STREAM_HEADER_SIZE] != 0 &&
      lzma_block_header_decode(&block, nullptr, bytes.data() + LZMA_STREAM_HEADER_SIZE) == LZMA_OK) {
    for (const auto* filter = filters.data(); filter->id != LZMA_VLI_UNKNOWN; ++filter) {
      if (filter->id == LZMA_FILTER_LZMA2)
        facts.facts.push_back(
            {"dictionary",
             fmt::format("{} KiB", static_cast<const lzma_options_lzma*>(filter->options)->dict_size / 1024)});
      else facts.facts.push_back({"filter", fmt::format("{:#x}", filter->id)});
    }
    facts.facts.push_back({"sizes in block header", block.compressed_size == LZMA_VLI_UNKNOWN ? "no" : "yes"});
    for (auto& filter : filters) std::free(filter.options);
  }
  xz_blocks(bytes, facts);
}

void zstd_facts(ByteView bytes, StreamFacts& facts) {
  if (bytes.size() < 6) return;
  const auto descriptor = bytes[4];
  facts.facts.push_back({"checksum", (descriptor & 4) != 0 ? "yes" : "no"});
  facts.facts.push_back({"content size in header", (descriptor & 0xe0) != 0 ? "yes" : "no"});
  if ((descriptor & 0x20) == 0)
    facts.facts.push_back({"window", fmt::format("{} KiB", ((8ULL + (bytes[5] & 7U)) << (bytes[5] >> 3) << 7) / 1024)});
  std::size_t at = 0;
  std::string skippable;
  while (at < bytes.size()) {
    const auto size = ZSTD_findFrameCompressedSize(bytes.data() + at, bytes.size() - at);
    if (ZSTD_isError(size) != 0 || size == 0) break;
    const auto frame = bytes.subspan(at, size);
    at += size;
    if ((le32(frame, 0) & 0xfffffff0U) != ZSTD_MAGIC_SKIPPABLE_START) {
      ++facts.streams;
      continue;
    }
    // pzstd says the size of the next frame in one before it.
    const auto next = at < bytes.size() ? ZSTD_findFrameCompressedSize(bytes.data() + at, bytes.size() - at) : 0;
    if (frame.size() == 12 && le32(frame, 8) == next && le32(frame, 0) == ZSTD_MAGIC_SKIPPABLE_START) continue;
    skippable += to_hex(frame.first(std::min<std::size_t>(frame.size(), 256))) +
                 fmt::format(" ({} bytes, XXH3 {:016x}) ", frame.size(), xxh3(frame));
  }
  if (!skippable.empty()) facts.facts.push_back({"skippable frames", skippable});
  facts.facts.push_back({"frames", fmt::format("{}", facts.streams)});
}

}  // namespace

StreamFacts stream_facts(archive::Filter filter, ByteView compressed) {
  StreamFacts facts;
  switch (filter) {
    case archive::Filter::gzip:
      gzip_facts(compressed, facts);
      break;
    case archive::Filter::xz:
      xz_facts(compressed, facts);
      break;
    case archive::Filter::zstd:
      zstd_facts(compressed, facts);
      break;
    case archive::Filter::bzip2:
      if (compressed.size() > 3) facts.facts.push_back({"level", std::string(1, static_cast<char>(compressed[3]))});
      break;
    case archive::Filter::lz4:
      if (compressed.size() > 5) facts.facts.push_back({"frame flags", to_hex(compressed.subspan(4, 2))});
      break;
    default:
      break;
  }
  return facts;
}

void add_gzip_members(ByteView compressed, const Limits& limits, StreamFacts& facts) {
  constexpr std::size_t k_most_members = 1000;
  constexpr std::string_view k_magic = "\x1f\x8b\x08";
  std::string odd;
  std::size_t count = 0;
  std::string zeros;
  for (auto rest = compressed; as_text(rest).starts_with(k_magic) && rest.size() >= 18; ++count) {
    const auto header = rest.first(gzip_header_end(rest));
    if (count > 0 && !is_plain_gzip_header(header))
      odd += to_hex(header.first(std::min<std::size_t>(header.size(), 64)));
    if (count > 0 && header.size() > 64) odd += fmt::format(" (XXH3 {:016x}) ", xxh3(header));
    const auto body = rest.subspan(header.size());
    const auto decoded = inflate_unsized(body, limits.max_total_size, limits);
    const auto tail = static_cast<std::size_t>(std::min<std::uint64_t>(decoded.trailing, body.size()));
    rest = tail > 8 && decoded.problem.empty() ? body.last(tail - 8) : ByteView{};
    // Decoders read on behind zeros.
    const auto skipped = std::min(rest.size(), as_text(rest).find_first_not_of('\0'));
    rest = rest.subspan(skipped);
    if (!rest.empty() && skipped > 0)
      zeros += fmt::format("{}{} before member {}", zeros.empty() ? "" : ", ", skipped, count + 2);
    if (count >= k_most_members || !decoded.problem.empty()) odd = fmt::format("XXH3 {:016x}", xxh3(compressed));
    if (count >= k_most_members || odd.size() > k_most_members) break;
  }
  if (odd.size() > k_most_members) odd = fmt::format("XXH3 {:016x}", xxh3(compressed));
  if (count > 1) facts.facts.push_back({"members", fmt::format("{}", count)});
  if (!zeros.empty()) facts.facts.push_back({"zeros between members", zeros});
  if (!odd.empty()) facts.facts.push_back({"headers of later members", odd});
}

bool is_other_encoding(ByteView a, ByteView b) {
  if (a.size() != b.size()) return true;
  constexpr std::size_t k_few = 4;
  std::size_t differing = 0;
  for (std::size_t i = 0; i < a.size() && differing <= k_few; ++i) differing += a[i] != b[i] ? 1U : 0U;
  return differing > k_few;
}

}  // namespace assay::artifact
