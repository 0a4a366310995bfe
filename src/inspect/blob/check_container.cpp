// Containers that claim a format and cannot be decoded.
#include <fmt/format.h>

#include "base/text.hpp"
#include "inspect/blob/check.hpp"

namespace assay::inspect {

void check_container(const Blob& blob, BlobSink& sink) {
  const auto& node = blob.node;
  if (node.damage.empty() || !node.region.empty() || node.kind.family == Family::data) return;
  const auto severity = blob.unexplained()                       ? Severity::medium
                        : promises_damage(node.path.to_string()) ? Severity::info
                                                                 : Severity::low;
  sink.add(BlobRule::undecodable, blob, severity,
           fmt::format("begins as {} and cannot be decoded: {}", node.kind.name, node.damage));
}

}  // namespace assay::inspect
