#include <system_error>

#include "vcs/reference.hpp"

namespace assay::vcs {

namespace fs = std::filesystem;

ReferenceSpec parse_reference_spec(std::string_view text) {
  std::error_code ignored;
  const auto exists = [&](std::string_view path) { return fs::exists(fs::symlink_status(fs::path{path}, ignored)); };
  if (exists(text)) return {fs::path{text}, {}};
  auto at = std::string_view::npos;
  for (auto i = text.find('@', 1); i != std::string_view::npos; i = text.find('@', i + 1)) {
    at = i;
    if (exists(text.substr(0, i))) break;
  }
  if (at == std::string_view::npos) return {fs::path{text}, {}};
  return {fs::path{text.substr(0, at)}, std::string{text.substr(at + 1)}};
}

}  // namespace assay::vcs
