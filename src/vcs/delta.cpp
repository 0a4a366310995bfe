#include "vcs/delta.hpp"

#include <algorithm>

namespace assay::vcs {

namespace {

/// The size that `delta` starts with, seven bits a byte, the lowest first; taken off it.
std::optional<std::uint64_t> take_size(ByteView& delta) noexcept {
  std::uint64_t value = 0;
  for (unsigned shift = 0; !delta.empty() && shift < 63; shift += 7) {
    const auto byte = delta.front();
    delta = delta.subspan(1);
    value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) return value;
  }
  return std::nullopt;
}

std::optional<DeltaSizes> take_sizes(ByteView& delta) noexcept {
  const auto base = take_size(delta);
  const auto result = base ? take_size(delta) : std::nullopt;
  if (!result) return std::nullopt;
  return DeltaSizes{*base, *result};
}

struct Copy {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};

/// The operands of a copy whose first byte was `flags`: those bytes of offset and size that are not zero.
std::optional<Copy> take_copy(unsigned flags, ByteView& delta) noexcept {
  Copy copy;
  for (unsigned i = 0; i < 7; ++i) {
    if ((flags >> i & 1U) == 0) continue;
    if (delta.empty()) return std::nullopt;
    const auto byte = static_cast<std::uint64_t>(delta.front());
    delta = delta.subspan(1);
    if (i < 4) copy.offset |= byte << (8 * i);
    else copy.size |= byte << (8 * (i - 4));
  }
  if (copy.size == 0) copy.size = 0x10000;
  return copy;
}

}  // namespace

std::optional<DeltaSizes> delta_sizes(ByteView delta) noexcept {
  return take_sizes(delta);
}

std::optional<Bytes> apply_delta(ByteView base, ByteView delta) {
  const auto sizes = take_sizes(delta);
  if (!sizes || sizes->base != base.size()) return std::nullopt;
  Bytes result;
  result.reserve(static_cast<std::size_t>(sizes->result));
  while (!delta.empty()) {
    const unsigned code = delta.front();
    delta = delta.subspan(1);
    ByteView piece;
    if ((code & 0x80) != 0) {
      const auto copy = take_copy(code, delta);
      if (!copy || copy->offset > base.size() || copy->size > base.size() - copy->offset) return std::nullopt;
      piece = base.subspan(static_cast<std::size_t>(copy->offset), static_cast<std::size_t>(copy->size));
    } else {
      if (code == 0 || code > delta.size()) return std::nullopt;
      piece = delta.first(code);
      delta = delta.subspan(code);
    }
    if (piece.size() > sizes->result - result.size()) return std::nullopt;
    result.insert(result.end(), piece.begin(), piece.end());
  }
  if (result.size() != sizes->result) return std::nullopt;
  return result;
}

}  // namespace assay::vcs
