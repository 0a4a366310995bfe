// Shannon entropy (bits per byte, 0 to 8) of a blob and of its windows, and what the windows say.
#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "base/bytes.hpp"

namespace assay::inspect {

inline constexpr std::size_t k_entropy_window = 1024;

struct EntropyProfile {
  double entropy = 0;
  /// Pearson's chi-square of the byte counts against the uniform distribution, per degree of freedom: about 1 for
  /// encrypted or random bytes, clearly more for compressed ones, far more for anything else.
  double chi_square = 0;
  std::vector<float> windows;  ///< of each whole window of k_entropy_window bytes
};

/// One pass over `content`.
EntropyProfile profile_entropy(ByteView content);

/// Filler and noise in turn: how many windows are nearly constant, how many nearly random, and how often one kind follows
/// the other.
struct DutyCycle {
  double low_share = 0;
  double high_share = 0;
  std::uint64_t transitions = 0;
  /// At least a fifth of the windows low, a fifth high, and more than eight sharp transitions.
  bool alternates() const noexcept { return low_share >= 0.2 && high_share >= 0.2 && transitions > 8; }
};

DutyCycle duty_cycle(const EntropyProfile& profile) noexcept;

}  // namespace assay::inspect
