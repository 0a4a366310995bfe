#include "inspect/tree_access.hpp"

#include <algorithm>

namespace assay::inspect {

bool FileFacts::is_novel(std::uint64_t line) const {
  if (!compared) return true;
  return novel_lines != nullptr && std::any_of(novel_lines->begin(), novel_lines->end(),
                                               [&](const NovelLine& novel) { return novel.number == line; });
}

}  // namespace assay::inspect
