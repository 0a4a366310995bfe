#include "provenance/exact_lines.hpp"

#include <algorithm>

namespace assay::provenance {

std::vector<std::string_view> exact_lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

}  // namespace assay::provenance
