// Core metadata of Python packages (PKG-INFO): header fields as in RFC 822, then the description.
#pragma once
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace assay::provenance {

struct MetadataField {
  std::string name;
  std::string value;  ///< of several lines, joined by LF
};
struct PackageMetadata {
  std::vector<MetadataField> fields;
  std::string_view body;  ///< the description; views into the text
};

/// Errors: a line before the first empty one that is no field, a control character, more than 10,000 fields, no
/// Metadata-Version, Name or Version, or one of them twice.
Result<PackageMetadata> parse_metadata(std::string_view text);

/// JSON as everybody reads it: of a key that stands twice in an object readers take different ones, and what one leaves aside can
/// hold anything. Nothing if it is no JSON, has a key twice in one object, or is nested deeper than any manifest.
std::optional<nlohmann::json> parse_strictly(std::string_view text);

}  // namespace assay::provenance
