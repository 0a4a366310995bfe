// JSON as everybody reads it: of a key that stands twice in an object readers take different ones, and what one leaves aside
// can hold anything.
#pragma once
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string_view>

namespace assay::provenance {

/// Nothing if it is no JSON, has a key twice in one object, or is nested deeper than any manifest.
std::optional<nlohmann::json> parse_strictly(std::string_view text);

}  // namespace assay::provenance
