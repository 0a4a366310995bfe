// Versions that an upstream's build fills into its files, and that have to come out again before a file is the one of its history.
#pragma once
#include <string>
#include <string_view>

namespace assay::provenance {

/// Digits, lower-case letters, dots and hyphens, and few of them: no room for anything but a version.
bool is_filled_in_version(std::string_view text);

/// What stands between the first `before` and the next `after`, if it is such a version; empty otherwise.
std::string_view version_between(std::string_view text, std::string_view before, std::string_view after);

std::string with_replaced(std::string_view text, std::string_view from, std::string_view to);

}  // namespace assay::provenance
