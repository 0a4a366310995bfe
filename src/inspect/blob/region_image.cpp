// Images: what stands behind their end, and PNG chunks that no specification knows.
// PNG: ISO/IEC 15948:2004, 5.3 (chunk layout). JPEG: ITU-T T.81, annex B. GIF: GIF89a specification, sections 17-27.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "inspect/blob/region.hpp"

namespace assay::inspect {

namespace {

using namespace std::string_view_literals;

constexpr std::size_t k_png_signature = 8;
constexpr std::size_t k_chunk_frame = 12;  // length, type, CRC
/// A private chunk below that is a program's own note.
constexpr std::size_t k_chunk_noted = 256;
constexpr std::array k_known_chunks{"IHDR"sv, "PLTE"sv, "IDAT"sv, "IEND"sv, "tRNS"sv, "cHRM"sv, "gAMA"sv,
                                    "iCCP"sv, "sBIT"sv, "sRGB"sv, "cICP"sv, "tEXt"sv, "zTXt"sv, "iTXt"sv,
                                    "bKGD"sv, "hIST"sv, "pHYs"sv, "sPLT"sv, "eXIf"sv, "tIME"sv, "acTL"sv,
                                    "fcTL"sv, "fdAT"sv, "mDCV"sv, "cLLI"sv};

std::size_t big_endian(ByteView bytes, std::size_t offset, std::size_t count) {
  std::size_t value = 0;
  for (std::size_t i = 0; i < count; ++i) value = value << 8 | bytes[offset + i];
  return value;
}

bool is_letters(std::string_view type) {
  return std::all_of(type.begin(), type.end(), [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); });
}

void note_chunk(std::vector<Region>& regions, std::string_view type, std::size_t offset, std::size_t size) {
  if (size < k_chunk_noted || !is_letters(type)) return;
  if (std::find(k_known_chunks.begin(), k_known_chunks.end(), type) != k_known_chunks.end()) return;
  regions.push_back(
      {fmt::format("chunk.{}.{}", type, offset), fmt::format("in a private PNG chunk of type {}", type), offset, size});
}

bool is_image(const RegionInput& input, std::string_view name) {
  return input.kind.family == Family::image && input.kind.name == name;
}

/// Offset behind the entropy-coded data of a scan: at the next marker that is neither stuffing nor a restart.
std::size_t skip_scan(ByteView content, std::size_t at) {
  while (at + 1 < content.size()) {
    if (content[at] == 0xFF && content[at + 1] != 0 && content[at + 1] != 0xFF && (content[at + 1] & 0xF8) != 0xD0)
      return at;
    ++at;
  }
  return content.size();
}

/// Offset behind the EOI marker; nothing found: the size of the content.
std::size_t jpeg_end(ByteView content) {
  std::size_t at = 2;
  while (at + 4 <= content.size() && content[at] == 0xFF) {
    const auto marker = content[at + 1];
    if (marker == 0xD9) return at + 2;
    if (marker == 0xFF || marker == 0x01 || (marker & 0xF8) == 0xD0) {
      at += marker == 0xFF ? 1 : 2;
      continue;
    }
    at += 2 + big_endian(content, at + 2, 2);
    if (marker == 0xDA) at = skip_scan(content, at);
  }
  return at + 2 <= content.size() && content[at] == 0xFF && content[at + 1] == 0xD9 ? at + 2 : content.size();
}

/// Offset behind a chain of data sub-blocks, the terminator included.
std::size_t skip_sub_blocks(ByteView content, std::size_t at) {
  while (at < content.size() && content[at] != 0) at += 1U + content[at];
  return at + 1;
}

std::size_t color_table_size(std::uint8_t flags) {
  return (flags & 0x80) != 0 ? std::size_t{3} << ((flags & 7) + 1) : 0;
}

/// Offset behind the trailer of a GIF image; the size of the content if there is none.
std::size_t gif_end(ByteView content) {
  if (content.size() < 13) return content.size();
  std::size_t at = 13 + color_table_size(content[10]);
  while (at < content.size()) {
    const auto introducer = content[at];
    if (introducer == 0x3B) return at + 1;
    if (introducer == 0x21) {
      at = skip_sub_blocks(content, at + 2);
    } else if (introducer == 0x2C && at + 10 < content.size()) {
      at = skip_sub_blocks(content, at + 10 + color_table_size(content[at + 9]) + 1);
    } else {
      break;
    }
  }
  return content.size();
}

}  // namespace

std::vector<Region> find_png_regions(const RegionInput& input) {
  std::vector<Region> regions;
  if (!is_image(input, "PNG image")) return regions;
  const auto content = input.content;
  std::size_t at = k_png_signature;
  while (at + k_chunk_frame <= content.size()) {
    const auto size = big_endian(content, at, 4);
    const auto type = as_text(content.subspan(at + 4, 4));
    if (size > content.size() - at - k_chunk_frame) break;
    note_chunk(regions, type, at + 8, size);
    at += k_chunk_frame + size;
    if (type == "IEND") {
      add_trailing(regions, content, at, "behind the PNG image's end");
      break;
    }
  }
  return regions;
}

std::vector<Region> find_jpeg_regions(const RegionInput& input) {
  std::vector<Region> regions;
  if (is_image(input, "JPEG image"))
    add_trailing(regions, input.content, jpeg_end(input.content), "behind the JPEG image's end");
  return regions;
}

std::vector<Region> find_gif_regions(const RegionInput& input) {
  std::vector<Region> regions;
  if (is_image(input, "GIF image"))
    add_trailing(regions, input.content, gif_end(input.content), "behind the GIF image's end");
  return regions;
}

}  // namespace assay::inspect
