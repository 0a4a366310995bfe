#include "archive/member_path.hpp"

#include <algorithm>

#include "archive/budget.hpp"
#include "base/text.hpp"

namespace assay::archive {

namespace {

/// Call `visit` with each component; it may be empty.
template <typename Visit>
void for_each_component(std::string_view path, Visit visit) {
  for (;;) {
    const auto slash = path.find('/');
    visit(path.substr(0, slash));
    if (slash == std::string_view::npos) return;
    path.remove_prefix(slash + 1);
  }
}

bool is_normal(std::string_view path) {
  if (path.empty() || path.front() == '/' || path.back() == '/') return false;
  bool normal = true;
  for_each_component(path, [&](std::string_view part) { normal = normal && !part.empty() && part != "."; });
  return normal;
}

}  // namespace

bool is_absolute(std::string_view path) noexcept {
  return !path.empty() && path.front() == '/';
}

bool has_dot_dot(std::string_view path) noexcept {
  bool found = false;
  for_each_component(path, [&](std::string_view part) { found = found || part == ".."; });
  return found;
}

EntryPath normalise_path(std::string_view raw) {
  if (is_normal(raw) || is_absolute(raw) || has_dot_dot(raw)) return EntryPath{raw};
  EntryPath path;
  path.reserve(raw.size());
  for_each_component(raw, [&](std::string_view part) {
    if (part.empty() || part == ".") return;
    if (!path.empty()) path.push_back('/');
    path += part;
  });
  if (path.empty()) path = ".";
  return path;
}

bool leaves_root(std::string_view link_path, std::string_view target) noexcept {
  if (is_absolute(target)) return true;
  long depth = 0;
  bool left = false;
  for_each_component(path_dirname(link_path), [&](std::string_view part) {
    if (!part.empty() && part != ".") depth += part == ".." ? -1 : 1;
  });
  for_each_component(target, [&](std::string_view part) {
    if (part.empty() || part == ".") return;
    depth += part == ".." ? -1 : 1;
    left = left || depth < 0;
  });
  return left;
}

Result<void> check_path_limits(std::string_view path, const Limits& limits) {
  if (path.size() > limits.max_path_length)
    return limit_error("path-length", limits.max_path_length, "a path has too many bytes");
  const auto depth = static_cast<std::uint64_t>(std::count(path.begin(), path.end(), '/')) + 1;
  if (depth > limits.max_path_depth)
    return limit_error("path-depth", limits.max_path_depth, "a path has too many components");
  return {};
}

}  // namespace assay::archive
