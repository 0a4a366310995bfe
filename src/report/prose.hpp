// Prose for a terminal, broken between words.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace assay::report {

inline constexpr std::size_t k_prose_columns = 100;

/// `lead` and then `text`, broken between words so that lines have at most `columns` characters (a longer word stays
/// whole); further lines are indented to where `text` began. What stands in backticks is a command that somebody will copy,
/// and is not broken either. Ends with a line feed. `lead_columns` is the width of `lead` as seen, which colour codes are no
/// part of.
std::string wrap_prose(std::string_view lead, std::size_t lead_columns, std::string_view text,
                       std::size_t columns = k_prose_columns);

/// The same for a lead without colour.
std::string wrap_prose(std::string_view lead, std::string_view text);

/// `text` between the SGR codes `sgr` ("1;31") and a reset, if `on`.
std::string paint(bool on, std::string_view text, std::string_view sgr);

}  // namespace assay::report
