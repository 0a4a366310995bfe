// Where two sequences of symbols differ: unique common symbols first (as patience and histogram diff do), Myers' greedy
// algorithm (E. W. Myers, "An O(ND) Difference Algorithm and Its Variations", 1986) between them, with a bound on the
// work; past it the whole stretch counts as replaced. Never quadratic.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace assay::artifact {

/// `[a0, a1)` of the first sequence became `[b0, b1)` of the second.
struct Hunk {
  std::size_t a0 = 0, a1 = 0, b0 = 0, b1 = 0;
  bool operator==(const Hunk&) const = default;
};

/// The hunks that turn `a` into `b`, in order, apart by at least one common symbol.
std::vector<Hunk> diff_sequences(std::span<const std::uint64_t> a, std::span<const std::uint64_t> b);

/// A symbol for each string; equal strings have equal symbols. (XXH3: a collision hides nothing, since callers compare
/// the bytes of what they take for equal.)
std::vector<std::uint64_t> symbols_of(std::span<const std::string_view> parts);

}  // namespace assay::artifact
