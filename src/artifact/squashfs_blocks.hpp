// The blocks that a squashfs image is made of, decoded so that nothing can hide behind what a reader uses of them.
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
