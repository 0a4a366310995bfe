// A verification's chain as a web page.
#pragma once
#include <span>
#include <string>
#include <string_view>

#include "model/finding.hpp"
#include "model/link.hpp"

namespace assay::report {

/// The chain as nested lists, green, red and yellow, for use within a page that has link_style(). Escaped.
std::string link_html(const Link& chain);
/// The style sheet rules it needs.
std::string_view link_style() noexcept;

/// A page of its own that needs nothing else: no script, no reference to elsewhere. `answer` is the verdict's word.
std::string render_chain_page(const Link& chain, std::string_view answer, std::span<const Finding> findings);

}  // namespace assay::report
