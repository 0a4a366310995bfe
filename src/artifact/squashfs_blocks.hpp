// The blocks that a squashfs image is made of, decoded so that all of each is used. What an encoder chose is free, such as the
// level that the header of zlib tells or a block of deflate with nothing in it.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/bytes.hpp"

namespace assay::artifact {

/// Decode one block of at most `bound` bytes. Nothing if it is damaged, if a byte of it is not used, or if the compressor is
/// none of gzip (1), xz (4) and zstd (6).
std::optional<Bytes> decode_squashfs_block(ByteView encoded, unsigned compressor, std::size_t bound);

struct SquashfsBlock {
  Bytes bytes;
  std::uint64_t encoded = 0;  ///< its size in the image, with the two bytes before it
};

/// The metadata block that begins at `at`.
std::optional<SquashfsBlock> read_metadata_block(ByteView image, std::uint64_t at, unsigned compressor);

}  // namespace assay::artifact
