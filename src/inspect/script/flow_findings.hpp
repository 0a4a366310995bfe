// What an arrival comes to: the flow of the bytes that arrived, how grave it is, and how it is told.
#pragma once
#include <optional>

#include "inspect/script/analysis.hpp"
#include "inspect/script/interpreter.hpp"

namespace assay::inspect {

/// Does one of its steps stand on a line that nobody reviewed?
bool has_novel_step(const Flow& flow);

/// The flow that ends in `arrival`; nothing if it is what honest builds do. Files that it came by are read from `tree` to see
/// what they are.
std::optional<Flow> flow_of(const Arrival& arrival, SourceTree& tree, Coverage& coverage);

Finding finding_of(const Flow& flow);
Finding finding_of(const PatternHit& hit);

}  // namespace assay::inspect
