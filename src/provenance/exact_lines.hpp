// Lines to the byte, for proofs of what is executed or compiled.
#pragma once
#include <string_view>
#include <vector>

namespace assay::provenance {

/// The lines of `text` without their LF. A carriage return before it is part of the line: to a shell, to make and to C one more is
/// a difference. A last line without an end counts; an empty text has none.
std::vector<std::string_view> exact_lines(std::string_view text);

}  // namespace assay::provenance
