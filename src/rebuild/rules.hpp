// The rules of `rebuild`, by name, for the code that reports them.
#pragma once
#include <span>

#include "model/finding.hpp"

namespace assay::rebuild {

extern const Rule k_sandbox_limit;
extern const Rule k_unowned_input;
extern const Rule k_altered_input;
extern const Rule k_rebuild_different;
extern const Rule k_rebuild_unstable;
extern const Rule k_rebuild_varies;

/// Every rule this module can report.
std::span<const Rule> rules() noexcept;

}  // namespace assay::rebuild
