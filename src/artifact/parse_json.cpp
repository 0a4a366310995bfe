// JSON (RFC 8259), through nlohmann-json, which keeps the order of keys here.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "artifact/structure.hpp"

namespace assay::artifact {

namespace {

using Json = nlohmann::ordered_json;

bool walk(const Json& value, const std::string& path, std::size_t depth, Structure& out) {
  if (depth > k_deepest_structure) return false;
  if (!value.is_structured() || value.empty()) {
    out.push_back({path, value.is_string() ? value.get<std::string>() : value.dump()});
    return true;
  }
  std::size_t index = 0;
  for (const auto& [key, child] : value.items())
    if (!walk(child, value.is_object() ? path + "." + key : fmt::format("{}[{}]", path, index++), depth + 1, out))
      return false;
  return true;
}

}  // namespace

std::optional<Structure> parse_json(std::string_view text) {
  std::size_t deepest = 0;
  // The parser itself does not recurse; what walks its result does.
  const auto bound = [&](int depth, Json::parse_event_t, Json&) {
    deepest = std::max(deepest, static_cast<std::size_t>(depth));
    return deepest <= k_deepest_structure;
  };
  const auto document = Json::parse(text, bound, false);
  Structure out;
  if (document.is_discarded() || deepest > k_deepest_structure || !walk(document, "$", 0, out)) return std::nullopt;
  return out;
}

}  // namespace assay::artifact
