// What stands where no ordinary tool looks.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "inspect/blob/check.hpp"

namespace assay::inspect {

namespace {

constexpr std::size_t k_shown = 64;

std::string describe_steps(const std::vector<Transformation>& steps) {
  std::string text;
  for (const auto& step : steps)
    text += fmt::format("{}{} ({})", text.empty() ? "" : ", then ", to_string(step.step), step.what);
  return text;
}

std::vector<Evidence> evidence_of(const Node& node) {
  const auto head = node.content.first(std::min(node.content.size(), k_shown));
  const bool text = is_mostly_text(head);
  return {{"how it comes out", describe_steps(node.steps)},
          {text ? "first bytes" : "first bytes (hex)", text ? std::string{as_text(head)} : to_hex(head)}};
}

bool is_container(const Node& node) {
  return node.kind.family == Family::compressed || node.kind.family == Family::archive;
}

}  // namespace

void check_hidden(const Blob& blob, BlobSink& sink) {
  const auto& node = blob.node;
  if (!node.hidden) return;
  // A memory dump holds the programs that were mapped, a kernel the one it shares with them.
  const bool program_in_program = node.kind.family == Family::executable && node.around == Family::executable;
  if (blob.code.is_code && !program_in_program) {
    const auto severity = blob.unexplained() ? Severity::high : Severity::medium;
    sink.add(BlobRule::hidden_code, blob, severity,
             fmt::format("is code ({}) where no ordinary tool shows it", blob.code.what), evidence_of(node));
    return;
  }
  if (node.region.empty()) return;
  const bool embedded = is_container(node) || program_in_program;
  sink.add(embedded ? BlobRule::embedded_data : BlobRule::trailing_data, blob,
           blob.in_vcs() ? Severity::info : Severity::low,
           fmt::format("{} of {}", count_of(node.content.size(), "byte"),
                       // "xz data that begins at byte 12" names it already
                       node.region.starts_with(node.kind.name) ? node.region
                                                               : fmt::format("{} {}", node.kind.name, node.region)),
           evidence_of(node));
}

}  // namespace assay::inspect
