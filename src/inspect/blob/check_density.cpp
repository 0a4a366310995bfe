// Compressed data with parts that are not: what a compressor would have made of them shows that none did.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "inspect/blob/check.hpp"

namespace assay::inspect {

namespace {

using namespace std::string_view_literals;

/// A window of compressed data has 7.6 bits and more; text has 4 to 5.5, machine code 5 to 6.5.
constexpr float k_loose = 6.5F;
constexpr std::size_t k_least_loose = 4;
/// What is compressed to less than this share was so uniform that its compressed form repeats itself as well.
constexpr std::uint64_t k_natural_ratio = 12;

/// Of a format whose bytes are compressed but for short headers? lz4 leaves text as text.
bool should_be_dense(const Node& node) noexcept {
  constexpr std::array k_dense{"JPEG image"sv, "FLAC audio"sv, "WOFF font"sv, "WOFF2 font"sv, "lzip"sv, "compress"sv};
  if (node.streams != nullptr) return node.kind.name != "lz4";
  return std::find(k_dense.begin(), k_dense.end(), node.kind.name) != k_dense.end();
}

struct Loose {
  std::uint64_t windows = 0;
  std::uint64_t first = 0;    ///< offset
  std::uint64_t longest = 0;  ///< windows in a row
};

Loose loose_windows(const EntropyProfile& profile) noexcept {
  Loose loose;
  std::uint64_t run = 0;
  for (std::size_t i = 0; i < profile.windows.size(); ++i) {
    run = profile.windows[i] < k_loose ? run + 1 : 0;
    if (run == 1 && loose.windows == 0) loose.first = i * k_entropy_window;
    loose.windows += run > 0 ? 1U : 0U;
    loose.longest = std::max(loose.longest, run);
  }
  return loose;
}

/// Runs of one byte compress to runs.
bool is_naturally_loose(const Node& node) noexcept {
  return node.streams != nullptr && node.streams->content.size() / k_natural_ratio > node.content.size();
}

}  // namespace

void check_density(const Blob& blob, BlobSink& sink) {
  const auto& node = blob.node;
  if (!should_be_dense(node) || is_naturally_loose(node)) return;
  const auto loose = loose_windows(blob.entropy);
  if (loose.longest < k_least_loose) return;
  sink.add(BlobRule::compressible_content, blob, blob.in_vcs() ? Severity::info : Severity::low,
           fmt::format(
               "is {}, yet {} of its windows of 1 KiB, {} in a row, could be compressed: the first begins at byte {}",
               node.kind.name, loose.windows, loose.longest, loose.first));
}

}  // namespace assay::inspect
