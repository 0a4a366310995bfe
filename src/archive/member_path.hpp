// Paths of members: made comparable, and judged. Bytes, never host paths.
#pragma once
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/limits.hpp"
#include "model/entry.hpp"

namespace assay::archive {

/// `raw` without leading `./`, without `.` components, doubled and trailing slashes; the root of the archive is `.`.
/// An absolute path and one with a `..` component are returned as written.
EntryPath normalise_path(std::string_view raw);

bool is_absolute(std::string_view path) noexcept;
bool has_dot_dot(std::string_view path) noexcept;

/// Does a symbolic link at `link_path` with target `target` point outside the root of the archive, counting lexically
/// as a system does that finds no other links on the way?
bool leaves_root(std::string_view link_path, std::string_view target) noexcept;

/// Hold a path or link target against max_path_length and max_path_depth.
Result<void> check_path_limits(std::string_view path, const Limits& limits);

}  // namespace assay::archive
