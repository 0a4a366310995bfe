// Structured text (JSON, YAML, TOML, XML) as the values it holds, each at its path, in the order of the document.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assay::artifact {

struct Scalar {
  std::string path;  ///< "$.name[2].key", "/package[1]/@version"
  std::string value;
  auto operator<=>(const Scalar&) const = default;
};
using Structure = std::vector<Scalar>;

inline constexpr std::uint64_t k_most_structured = 32ULL << 20;  ///< bytes of a document that are parsed
inline constexpr std::size_t k_deepest_structure = 200;

/// Nothing if the text is no well-formed document, is nested too deep, or uses what its parser does not follow (YAML's
/// aliases, XML's entities of its own).
std::optional<Structure> parse_json(std::string_view text);
std::optional<Structure> parse_toml(std::string_view text);
std::optional<Structure> parse_xml(std::string_view text);
std::optional<Structure> parse_yaml(std::string_view text);

}  // namespace assay::artifact
