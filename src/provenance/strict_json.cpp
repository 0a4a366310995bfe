#include "provenance/strict_json.hpp"

#include <nlohmann/json.hpp>
#include <string>
#include <unordered_set>
#include <vector>

namespace assay::provenance {

namespace {

using Json = nlohmann::json;

/// Comparing and destroying go down by recursion.
constexpr int k_deepest = 200;

}  // namespace

std::optional<Json> parse_strictly(std::string_view text) {
  std::vector<std::unordered_set<std::string>> keys;
  bool strict = true;
  const auto see = [&](int depth, Json::parse_event_t event, Json& value) {
    strict = strict && depth <= k_deepest;
    if (event == Json::parse_event_t::object_start) keys.emplace_back();
    if (event == Json::parse_event_t::object_end) keys.pop_back();
    if (event == Json::parse_event_t::key) strict = keys.back().insert(value.get<std::string>()).second && strict;
    return strict;
  };
  auto json = Json::parse(text, see, false);
  if (!strict || json.is_discarded()) return std::nullopt;
  return json;
}

}  // namespace assay::provenance
