// TOML 1.0, through toml++, in the order in which the document has it.
#include <fmt/format.h>

#include <toml++/toml.h>
#include <algorithm>
#include <sstream>

#include "artifact/structure.hpp"

namespace assay::artifact {

namespace {

struct Placed {
  toml::source_position position;
  Scalar scalar;
};

void walk(const toml::node& node, const std::string& path, std::vector<Placed>& out) {
  if (const auto* table = node.as_table(); table != nullptr && !table->empty()) {
    for (const auto& [key, child] : *table) walk(child, path + "." + std::string{key.str()}, out);
  } else if (const auto* array = node.as_array(); array != nullptr && !array->empty()) {
    std::size_t index = 0;
    for (const auto& child : *array) walk(child, fmt::format("{}[{}]", path, index++), out);
  } else {
    std::string value;
    if (const auto text = node.value<std::string>(); text && node.is_string()) {
      value = *text;
    } else {
      std::ostringstream written;
      written << toml::node_view<const toml::node>{node};
      value = written.str();
    }
    out.push_back({node.source().begin, {path, std::move(value)}});
  }
}

}  // namespace

std::optional<Structure> parse_toml(std::string_view text) {
  std::vector<Placed> placed;
  try {
    walk(toml::parse(text), "$", placed);
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
