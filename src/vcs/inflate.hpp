// zlib streams (RFC 1950) as git stores objects in them: the size is known before, and nothing else is believed.
#pragma once
#include <cstdint>
#include <optional>
#include <span>

#include "base/bytes.hpp"

namespace assay::vcs {

/// Can a stream of that many bytes unfold to `size`?
bool can_inflate_to(std::uint64_t size, std::size_t compressed) noexcept;

/// The content of the stream that `compressed` starts with, if that is exactly `size` bytes long and whole (Adler-32);
/// nothing otherwise. What follows the stream is left alone. Nothing is allocated for a size that so few bytes cannot have.
std::optional<Bytes> inflate_exactly(ByteView compressed, std::uint64_t size);

/// Fill `start` with what the stream begins with; how many bytes there were. 0 for a broken stream.
std::size_t inflate_start(ByteView compressed, std::span<std::uint8_t> start);

}  // namespace assay::vcs
