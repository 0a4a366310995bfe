// Findings that say the same of many things beside each other are one thing to know: forty modules of a test suite, the
// scripts in an image of a file system.
#pragma once
#include <string_view>
#include <vector>

#include "model/finding.hpp"

namespace assay::inspect {

/// Label of the evidence that names one of those gathered.
inline constexpr std::string_view k_one_of_siblings = "one of them";

/// Put those of one rule, severity and message in one directory or container into one finding, which names the first of
/// them and counts the rest; its content digest is over theirs, so that a waiver ends with any change of them. Those that
/// are grave, or few, stay as they are.
void gather_siblings(std::vector<Finding>& findings);

}  // namespace assay::inspect
