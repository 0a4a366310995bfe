// The rules of `text`, by name, for the code that reports them.
#pragma once
#include "model/finding.hpp"

namespace assay::inspect {

extern const Rule k_bidirectional;
extern const Rule k_invisible;
extern const Rule k_confusable;

}  // namespace assay::inspect
