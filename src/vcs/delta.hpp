// Deltas of packed objects (gitformat-pack(5), "Deltified representation"): copies from a base and bytes of their own.
#pragma once
#include <cstdint>
#include <optional>

#include "base/bytes.hpp"

namespace assay::vcs {

struct DeltaSizes {
  std::uint64_t base = 0;
  std::uint64_t result = 0;
};

/// What a delta, or its first 20 bytes, says of sizes; nothing if it is broken there.
std::optional<DeltaSizes> delta_sizes(ByteView delta) noexcept;

/// What `delta` makes of `base`; nothing if it is not for a base of that size, copies from beyond it, or makes more or
/// less than it says. The caller has looked at the size.
std::optional<Bytes> apply_delta(ByteView base, ByteView delta);

}  // namespace assay::vcs
