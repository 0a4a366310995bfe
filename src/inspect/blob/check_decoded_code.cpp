// Compressed files that hold code.
#include <fmt/format.h>

#include "base/text.hpp"
#include "inspect/blob/check.hpp"

namespace assay::inspect {

void check_decoded_code(const Blob& blob, BlobSink& sink) {
  const auto& node = blob.node;
  if (!node.decoded || node.hidden || !blob.code.is_code || blob.nature != TreeNature::source) return;
  const auto severity = blob.unexplained() ? Severity::medium : blob.in_vcs() ? Severity::info : Severity::low;
  sink.add(BlobRule::decoded_code, blob, severity, fmt::format("decodes to a {}", blob.code.what),
           {{"size", count_of(node.content.size(), "byte")}});
}

}  // namespace assay::inspect
