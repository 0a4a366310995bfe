#include "provenance/whole_lines.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace assay::provenance {

std::vector<std::string_view> whole_lines(const std::vector<NovelLine>& listed, std::string_view content) {
  std::vector<std::string_view> whole;
  whole.reserve(listed.size());
  const auto is_cut = [](const NovelLine& line) { return line.text.size() >= k_novel_line_bytes; };
  const auto lines =
      std::any_of(listed.begin(), listed.end(), is_cut) ? split_lines(content) : std::vector<std::string_view>{};
  for (const auto& line : listed) {
    const bool found = is_cut(line) && line.number > 0 && line.number <= lines.size();
    whole.push_back(found ? lines[line.number - 1] : std::string_view{line.text});
  }
  return whole;
}

}  // namespace assay::provenance
