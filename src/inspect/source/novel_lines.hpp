// The lines of a file that nothing accounts for, as far as they are listed: what stands behind the last listed one of very
// many may be novel or not, and is no ground for a finding here.
#pragma once
#include <algorithm>
#include <cstdint>
#include <string_view>

#include "inspect/source/source_checks.hpp"

namespace assay::inspect {

/// The line is listed as novel.
inline bool is_listed_novel(const FileFacts& facts, std::uint64_t number) {
  if (facts.novel_lines == nullptr) return false;
  const auto& lines = *facts.novel_lines;
  const auto found = std::lower_bound(lines.begin(), lines.end(), number,
                                      [](const NovelLine& line, std::uint64_t wanted) { return line.number < wanted; });
  return found != lines.end() && found->number == number;
}

/// Call `see` with number and text of each listed line, in order; the text is a part of `file.text`.
template <typename See>
void for_each_novel_line(const SourceFile& file, See see) {
  std::uint64_t number = 0;
  for (auto text = file.text; !text.empty();) {
    const auto end = text.find('\n');
    ++number;
    if (is_listed_novel(file.facts, number)) see(number, text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
}

}  // namespace assay::inspect
