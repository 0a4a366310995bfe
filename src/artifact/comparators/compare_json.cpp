// JSON and TOML that say the same in another order or spacing. Where values differ, the lines say it better than the
// structure does, so text has them.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "artifact/comparator.hpp"

namespace assay::artifact {

namespace {

constexpr std::uint64_t k_most_bytes = 32ULL << 20;

/// The bytes that are no white space, sorted: equal values written in another order have the same. It catches what a
/// parser drops, such as a key that occurs twice.
std::string letters(std::string_view text) {
  std::string sorted;
  for (const auto c : text)
    if (c != ' ' && c != '\n' && c != '\t' && c != '\r' && c != ',') sorted += c;
  std::sort(sorted.begin(), sorted.end());
  return sorted;
}

}  // namespace

bool compare_json(Session& /*session*/, const Pair& pair, Node& node) {
  if (std::max(pair.a.size(), pair.b.size()) > k_most_bytes) return false;
  const auto a = nlohmann::ordered_json::parse(pair.a.text(), nullptr, false);
  const auto b = nlohmann::ordered_json::parse(pair.b.text(), nullptr, false);
  if (a.is_discarded() || b.is_discarded() || letters(pair.a.text()) != letters(pair.b.text())) return false;
  const bool same_order = a.dump() == b.dump();
  if (!same_order && nlohmann::json::parse(pair.a.text()) != nlohmann::json::parse(pair.b.text())) return false;
  auto change = make_change(same_order ? Aspect::encoding : Aspect::order, same_order ? "white space of structured data" : "order of keys", "", "");
  change.bytes = std::max(pair.a.size(), pair.b.size());
  change.impact = node.item.impact;
  node.add(std::move(change));
  node.accounted = true;
  return true;
}

}  // namespace assay::artifact
