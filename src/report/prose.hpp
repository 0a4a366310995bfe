// Prose for a terminal: broken between words at a fixed width, whatever the terminal's own.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace assay::report {

inline constexpr std::size_t k_prose_columns = 100;

/// `lead` and then `text`, broken between words so that lines have at most k_prose_columns characters (a longer word
/// stays whole); further lines are indented to where `text` began. Ends with a line feed. `lead_columns` is the width
/// of `lead` as seen, which colour codes are no part of.
std::string wrap_prose(std::string_view lead, std::size_t lead_columns, std::string_view text);

/// The same for a lead without colour.
std::string wrap_prose(std::string_view lead, std::string_view text);

/// `text` between the SGR codes `sgr` ("1;31") and a reset, if `on`.
std::string paint(bool on, std::string_view text, std::string_view sgr);

}  // namespace assay::report
