// TOML 1.0, through toml++, in the order in which the document has it.
#include <fmt/format.h>

#include <toml++/toml.h>
#include <algorithm>
#include <sstream>

#include "artifact/structure.hpp"
#include "base/toml_nesting.hpp"

namespace assay::artifact {

namespace {

struct Placed {
  toml::source_position position;
  Scalar scalar;
};

/// False where the paths are longer than what they are worth.
bool walk(const toml::node& node, const std::string& path, std::size_t& path_bytes, std::vector<Placed>& out) {
  path_bytes += path.size();
  if (path.size() > StructureValues::k_longest_path || path_bytes > StructureValues::k_most_path_bytes) return false;
  if (const auto* table = node.as_table(); table != nullptr && !table->empty()) {
    for (const auto& [key, child] : *table)
      if (!walk(child, path + "." + std::string{key.str()}, path_bytes, out)) return false;
  } else if (const auto* array = node.as_array(); array != nullptr && !array->empty()) {
    std::size_t index = 0;
    for (const auto& child : *array)
      if (!walk(child, fmt::format("{}[{}]", path, index++), path_bytes, out)) return false;
  } else {
    std::string value;
    if (const auto text = node.value<std::string>(); text && node.is_string()) {
      value = *text;
    } else {
      std::ostringstream written;
      written << toml::node_view<const toml::node>{node};
      value = written.str();
    }
    out.push_back({node.source().begin, {path, std::move(value), fmt::format("{}", static_cast<int>(node.type()))}});
  }
  return true;
}

}  // namespace

std::optional<Structure> parse_toml(std::string_view text) {
  std::vector<Placed> placed;
  try {
    std::size_t path_bytes = 0;
    if (has_deep_toml_key(text)) throw toml::parse_error{"a key of too many parts", toml::source_region{}};
    if (!walk(toml::parse(text), "$", path_bytes, placed)) return std::nullopt;
  } catch (const toml::parse_error&) {
    return std::nullopt;
  }
  std::stable_sort(placed.begin(), placed.end(),
                   [](const Placed& x, const Placed& y) { return x.position < y.position; });
  Structure out;
  for (auto& value : placed) out.push_back(std::move(value.scalar));
  return out;
}

}  // namespace assay::artifact
