#include "inspect/blob/entropy.hpp"

#include <cmath>

namespace assay::inspect {

namespace {

using Histogram = std::array<std::uint32_t, 256>;

constexpr double k_low = 1.0;
constexpr double k_high = 7.3;  // 1 KiB of random bytes has 7.81 bits on average, of gzip's output 7.7

/// n·log2(n) for every count that a window can have.
const std::array<float, k_entropy_window + 1>& count_times_log() {
  static const auto table = [] {
    std::array<float, k_entropy_window + 1> values{};
    for (std::size_t n = 2; n < values.size(); ++n)
      values[n] = static_cast<float>(static_cast<double>(n) * std::log2(static_cast<double>(n)));
    return values;
  }();
  return table;
}

void count(ByteView bytes, Histogram& histogram) noexcept {
  // Four tables: the same byte again and again would otherwise wait for its own counter.
  std::array<Histogram, 4> parts{};
  std::size_t i = 0;
  for (; i + 4 <= bytes.size(); i += 4) {
    ++parts[0][bytes[i]];
    ++parts[1][bytes[i + 1]];
    ++parts[2][bytes[i + 2]];
    ++parts[3][bytes[i + 3]];
  }
  for (; i < bytes.size(); ++i) ++parts[0][bytes[i]];
  for (std::size_t value = 0; value < 256; ++value)
    histogram[value] = parts[0][value] + parts[1][value] + parts[2][value] + parts[3][value];
}

float window_entropy(const Histogram& histogram) noexcept {
  const auto& table = count_times_log();
  float sum = 0;
  for (const auto n : histogram) sum += table[n];
  return 10.0F - sum / static_cast<float>(k_entropy_window);  // log2(1024) = 10
}

void finish(const std::array<std::uint64_t, 256>& totals, std::uint64_t size, EntropyProfile& profile) {
  const auto total = static_cast<double>(size);
  const double expected = total / 256;
  double sum = 0;
  double chi = 0;
  for (const auto n : totals) {
    const auto value = static_cast<double>(n);
    if (n > 0) sum += value * std::log2(value);
    chi += (value - expected) * (value - expected);
  }
  profile.entropy = std::max(0.0, std::log2(total) - sum / total);
  profile.chi_square = chi / expected / 255;
}

}  // namespace

EntropyProfile profile_entropy(ByteView content) {
  EntropyProfile profile;
  if (content.empty()) return profile;
  std::array<std::uint64_t, 256> totals{};
  profile.windows.reserve(content.size() / k_entropy_window);
  for (std::size_t begin = 0; begin < content.size(); begin += k_entropy_window) {
    const auto window = content.subspan(begin, std::min(k_entropy_window, content.size() - begin));
    Histogram histogram{};
    count(window, histogram);
    for (std::size_t value = 0; value < 256; ++value) totals[value] += histogram[value];
    if (window.size() == k_entropy_window) profile.windows.push_back(std::max(0.0F, window_entropy(histogram)));
  }
  finish(totals, content.size(), profile);
  return profile;
}

DutyCycle duty_cycle(const EntropyProfile& profile) noexcept {
  DutyCycle duty;
  if (profile.windows.empty()) return duty;
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  int last = 0;
  for (const auto entropy : profile.windows) {
    const int state = entropy < k_low ? -1 : entropy > k_high ? 1 : 0;
    low += state < 0 ? 1U : 0U;
    high += state > 0 ? 1U : 0U;
    if (state != 0 && last != 0 && state != last) ++duty.transitions;
    if (state != 0) last = state;
  }
  const auto windows = static_cast<double>(profile.windows.size());
  duty.low_share = static_cast<double>(low) / windows;
  duty.high_share = static_cast<double>(high) / windows;
  return duty;
}

}  // namespace assay::inspect
