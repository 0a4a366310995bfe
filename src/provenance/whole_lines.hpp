// Novel lines as they stand in their file: what an entry lists of them is cut for display, and judged is the whole.
#pragma once
#include <string_view>
#include <vector>

#include "model/explanation.hpp"

namespace assay::provenance {

/// The listed lines as they stand in `content`, which they were found in: of a long one the list has the beginning only.
std::vector<std::string_view> whole_lines(const std::vector<NovelLine>& listed, std::string_view content);

}  // namespace assay::provenance
