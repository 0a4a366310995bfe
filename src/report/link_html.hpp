// A verification's chain as a part of a page.
#pragma once
#include <string>
#include <string_view>

#include "model/link.hpp"

namespace assay::report {

/// The chain as nested lists, green, red and yellow, for use within a page that has link_style(). Escaped.
std::string link_html(const Link& chain);
/// The style sheet rules it needs.
std::string_view link_style() noexcept;

}  // namespace assay::report
