#include "artifact/squashfs_blocks.hpp"

#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include "artifact/fields.hpp"

namespace assay::artifact {

namespace {

constexpr std::size_t k_metadata = 8192;
constexpr std::uint64_t k_lzma_memory = 64U << 20;

/// A zlib stream (RFC 1950), and nothing but zeros in the bits that fill up the last byte of its blocks.
bool inflate_whole(ByteView encoded, Bytes& out) {
  z_stream stream{};
  if (inflateInit(&stream) != Z_OK) return false;
  stream.next_in = const_cast<Bytef*>(encoded.data());  // zlib's interface predates const
  stream.avail_in = static_cast<uInt>(encoded.size());
  stream.next_out = out.data();
  stream.avail_out = static_cast<uInt>(out.size());
  constexpr int k_behind_last_block =
      64 + 128;  // of data_type, as inflate(Z_BLOCK) leaves it; below are the bits left over
  bool filled_up = false;
  int state = Z_OK;
  while (state == Z_OK) {
    state = inflate(&stream, Z_BLOCK);
    if (filled_up || (stream.data_type & k_behind_last_block) != k_behind_last_block) continue;
    const auto left = static_cast<unsigned>(stream.data_type) & 63U;
    filled_up =
        left < 8 && stream.next_in > encoded.data() && static_cast<unsigned>(stream.next_in[-1]) >> (8 - left) == 0;
    if (!filled_up) break;
  }
  const bool well = state == Z_STREAM_END && filled_up && stream.avail_in == 0;
  out.resize(well ? out.size() - stream.avail_out : 0);
  inflateEnd(&stream);
  return well;
}

bool decode_xz(ByteView encoded, Bytes& out) {
  std::uint64_t memory = k_lzma_memory;
  std::size_t used = 0;
  std::size_t size = 0;
  const bool well = lzma_stream_buffer_decode(&memory, 0, nullptr, encoded.data(), &used, encoded.size(), out.data(),
                                              &size, out.size()) == LZMA_OK &&
                    used == encoded.size();
  out.resize(well ? size : 0);
  return well;
}

bool decode_zstd(ByteView encoded, Bytes& out) {
  if (encoded.size() < 4 || little_endian(encoded, 0, 4) != ZSTD_MAGICNUMBER ||
      ZSTD_findFrameCompressedSize(encoded.data(), encoded.size()) != encoded.size())
    return false;
  const auto size = ZSTD_decompress(out.data(), out.size(), encoded.data(), encoded.size());
  out.resize(ZSTD_isError(size) != 0 ? 0 : size);
  return ZSTD_isError(size) == 0;
}

}  // namespace

std::optional<Bytes> decode_squashfs_block(ByteView encoded, unsigned compressor, std::size_t bound) {
  Bytes out(bound);
  const bool well = compressor == 1   ? inflate_whole(encoded, out)
                    : compressor == 4 ? decode_xz(encoded, out)
                    : compressor == 6 ? decode_zstd(encoded, out)
                                      : false;
  if (!well) return std::nullopt;
  return out;
}

std::optional<SquashfsBlock> read_metadata_block(ByteView image, std::uint64_t at, unsigned compressor) {
  if (at > image.size() || image.size() - at < 2) return std::nullopt;
  const auto word = little_endian(image, static_cast<std::size_t>(at), 2);
  const auto size = static_cast<std::size_t>(word & 0x7fffU);
  if (size == 0 || size > k_metadata || size > image.size() - at - 2) return std::nullopt;
  const auto encoded = image.subspan(static_cast<std::size_t>(at) + 2, size);
  SquashfsBlock block;
  block.encoded = size + 2;
  if ((word & 0x8000U) != 0) {
    block.bytes.assign(encoded.begin(), encoded.end());
    return block;
  }
  auto decoded = decode_squashfs_block(encoded, compressor, k_metadata);
  if (!decoded) return std::nullopt;
  block.bytes = *std::move(decoded);
  return block;
}

}  // namespace assay::artifact
