// Structured text (JSON, YAML, TOML, XML) as the values it holds, each at its path, in the order of the document.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace assay::artifact {

struct Scalar {
  std::string path;  ///< "$.name[2].key", "/package[1]/@version"
  std::string value;
  std::string kind;  ///< what makes it another value than its text says: a string or a number, YAML's tag and quotes
  auto operator<=>(const Scalar&) const = default;
};
using Structure = std::vector<Scalar>;

inline constexpr std::uint64_t k_most_structured = 32ULL << 20;  ///< bytes of a document that are parsed
inline constexpr std::size_t k_deepest_structure = 200;

/// Values as a parser finds them. A name stands in the path of all that it holds, so that one of 100 KB with 20,000 values in it is
/// 2 GB of paths, and so is a tag of YAML that a short name stands for: what asks for so much is not taken apart.
class StructureValues {
 public:
  static constexpr std::size_t k_longest_path = 16U << 10;
  static constexpr std::size_t k_longest_kind = 1U << 10;
  static constexpr std::size_t k_most_path_bytes = 256U << 20;  ///< of all paths and kinds

  /// False if the path or kind is too long, or one too many: the parser gives up.
  [[nodiscard]] bool add(std::string path, std::string value, std::string kind = {}) {
    m_path_bytes += path.size() + kind.size();
    if (path.size() > k_longest_path || kind.size() > k_longest_kind || m_path_bytes > k_most_path_bytes) return false;
    m_values.push_back({std::move(path), std::move(value), std::move(kind)});
    return true;
  }
  Structure take() { return std::move(m_values); }

 private:
  Structure m_values;
  std::size_t m_path_bytes = 0;
};

/// Nothing if the text is no well-formed document, is nested too deep, or uses what its parser does not follow (YAML's
/// aliases, XML's entities of its own).
std::optional<Structure> parse_json(std::string_view text);
std::optional<Structure> parse_toml(std::string_view text);
std::optional<Structure> parse_xml(std::string_view text);
std::optional<Structure> parse_yaml(std::string_view text);

}  // namespace assay::artifact
