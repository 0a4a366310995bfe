// Files that no package owns and every system has.
#pragma once
#include <string_view>

namespace assay::trace {

/// What every Debian, Fedora or Alpine system makes when packages are installed (caches, indexes) or who runs it sets (names,
/// hosts, time zone): no package owns it, and another builder has it as well.
bool is_made_by_the_system(std::string_view path) noexcept;

}  // namespace assay::trace
