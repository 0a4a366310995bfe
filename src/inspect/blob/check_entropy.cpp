// Entropy by window: filler and noise in turn; content that a compressor could do nothing with.
#include <fmt/format.h>

#include "base/text.hpp"
#include "inspect/blob/check.hpp"

namespace assay::inspect {

namespace {

constexpr std::size_t k_least_windows = 16;
constexpr double k_random = 7.95;
/// Chi-square per degree of freedom below which bytes are not told apart from random ones.
constexpr double k_uniform = 1.5;

}  // namespace

void check_entropy(const Blob& blob, BlobSink& sink) {
  const auto& node = blob.node;
  const auto& profile = blob.entropy;
  if (node.kind.family != Family::data || profile.windows.size() < k_least_windows) return;
  if (const auto duty = duty_cycle(profile); duty.alternates())
    sink.add(BlobRule::duty_cycle, blob, Severity::medium,
             fmt::format("{:.0f} % of its windows of 1 KiB are nearly constant, {:.0f} % nearly random, with {}",
                         duty.low_share * 100, duty.high_share * 100, count_of(duty.transitions, "sharp change")));
  if (!node.decoded || profile.entropy < k_random) return;
  sink.add(BlobRule::incompressible_content, blob, blob.in_vcs() ? Severity::info : Severity::low,
           fmt::format("decodes to {} with {:.2f} bits of entropy each: {}", count_of(node.content.size(), "byte"),
                       profile.entropy,
                       profile.chi_square < k_uniform ? "encrypted or random" : "compressed a second time"));
}

}  // namespace assay::inspect
