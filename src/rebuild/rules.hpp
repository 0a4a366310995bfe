// The rules of `rebuild`, by name, for the code that reports them.
#pragma once
#include <span>

#include "model/finding.hpp"

namespace assay::rebuild {

extern const Rule k_sandbox_limit;

/// Every rule this module can report.
std::span<const Rule> rules() noexcept;

}  // namespace assay::rebuild
