#include "inspect/tree_access.hpp"

#include <algorithm>

namespace assay::inspect {

bool FileFacts::is_novel(std::uint64_t line) const {
  if (!compared || all_novel) return true;
  if (novel_lines == nullptr) return false;
  // Of very many only the first are listed: what stands behind the last of those is taken for novel.
  if (novel_line_count > novel_lines->size() && !novel_lines->empty() && line > novel_lines->back().number) return true;
  return std::any_of(novel_lines->begin(), novel_lines->end(),
                     [&](const NovelLine& novel) { return novel.number == line; });
}

}  // namespace assay::inspect
