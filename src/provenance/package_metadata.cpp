#include "provenance/package_metadata.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <unordered_set>
#include <vector>

#include "base/text.hpp"

namespace assay::provenance {

namespace {

bool is_field_name(std::string_view name) {
  return !name.empty() && name.size() < 64 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || (c >= '0' && c <= '9');
  });
}

Error broken(std::string message) {
  return Error{ErrorCode::format, std::move(message), {}, {}};
}

}  // namespace

Result<PackageMetadata> parse_metadata(std::string_view text) {
  PackageMetadata metadata;
  std::size_t number = 0;
  while (!text.empty()) {
    ++number;
    const auto end = std::min(text.find('\n'), text.size());
    auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) break;
    if (line.find('\0') != std::string_view::npos) return broken(fmt::format("line {} holds a NUL", number));
    if (line.front() == ' ' || line.front() == '\t') {
      if (metadata.fields.empty()) return broken("it begins with a continuation");
      metadata.fields.back().value += "\n" + std::string{line};
      continue;
    }
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || !is_field_name(line.substr(0, colon)))
      return broken(fmt::format("line {} is no field", number));
    if (metadata.fields.size() >= 10'000) return broken("it has more than 10,000 fields");
    metadata.fields.push_back({std::string{line.substr(0, colon)}, normalise_line(line.substr(colon + 1))});
  }
  metadata.body = text;
  for (const std::string_view name : {"Metadata-Version", "Name", "Version"}) {
    const auto count = std::count_if(metadata.fields.begin(), metadata.fields.end(),
                                     [&](const auto& field) { return field.name == name; });
    if (count != 1) return broken(fmt::format("it has {} {}", count == 0 ? "no" : "more than one", name));
  }
  return metadata;
}

std::optional<nlohmann::json> parse_strictly(std::string_view text) {
  using Json = nlohmann::json;
  constexpr int k_deepest = 200;  // comparing and destroying go down by recursion
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
