// JSON, YAML, TOML and XML that say the same in another order or spacing, or in another order and with other values. Where
// only values differ, the lines say it better than the structure does, so text has them.
#include <algorithm>
#include <array>
#include <map>

#include "artifact/comparator.hpp"
#include "artifact/fragment_diff.hpp"
#include "artifact/structure.hpp"

namespace assay::artifact {

namespace {

using Parse = std::optional<Structure> (*)(std::string_view);

constexpr std::size_t k_most_changes = 400;

/// The bytes that are no white space, counted: equal values written in another order have the same. It catches what a
/// parser drops, such as a key that occurs twice, or a comment.
class Letters {
 public:
  void add(std::string_view text, std::int64_t times) {
    for (const auto c : text)
      if (c != ' ' && c != '\n' && c != '\t' && c != '\r' && c != ',') m_counts[static_cast<std::uint8_t>(c)] += times;
  }
  bool operator==(const Letters&) const = default;

 private:
  std::array<std::int64_t, 256> m_counts{};
};

Letters letters_of(std::string_view text) {
  Letters letters;
  letters.add(text, 1);
  return letters;
}

void tell_order(std::string_view place, Aspect aspect, const Pair& pair, Node& node) {
  auto change = make_change(aspect, std::string{place}, "", "");
  change.bytes = std::max(pair.a.size(), pair.b.size());
  change.impact = node.item.impact;
  node.add(std::move(change));
}

/// The paths that both have, in the order of the first.
std::vector<std::string_view> common_paths(const Structure& own,
                                           const std::map<std::string_view, std::string_view>& other) {
  std::vector<std::string_view> paths;
  for (const auto& scalar : own)
    if (other.contains(scalar.path)) paths.push_back(scalar.path);
  return paths;
}

/// Both in another order and with other values: values by their paths, if they and the order are all that differs.
bool compare_values(const Structure& a, const Structure& b, const Pair& pair, Node& node) {
  std::map<std::string_view, std::string_view> left, right;
  for (const auto& scalar : a) left[scalar.path] = scalar.value;
  for (const auto& scalar : b) right[scalar.path] = scalar.value;
  if (left.size() != a.size() || right.size() != b.size() || left.size() != right.size()) return false;
  if (common_paths(a, right) == common_paths(b, left) || common_paths(a, right).size() != left.size()) return false;
  auto rest_a = letters_of(pair.a.text());
  auto rest_b = letters_of(pair.b.text());
  std::vector<Change> changes;
  for (const auto& [path, value] : left) {
    const auto other = right.find(path)->second;
    if (value == other) continue;
    rest_a.add(value, -1);
    rest_b.add(other, -1);
    for (auto& change : diff_fragment(value, other, std::string{path})) changes.push_back(std::move(change));
    if (changes.size() > k_most_changes) return false;
  }
  if (changes.empty() || !(rest_a == rest_b)) return false;
  tell_order("order of keys", Aspect::order, pair, node);
  for (auto& change : changes) {
    // A cause goes by what stands before a value: its key.
    const auto key = change.place.substr(change.place.find_last_of("./") + 1);
    change.context = key + ": " + change.context;
    change.impact = node.item.impact;
    node.add(std::move(change));
  }
  return true;
}

bool compare_structured(Parse parse, const Pair& pair, Node& node) {
  if (std::max(pair.a.size(), pair.b.size()) > k_most_structured) return false;
  auto a = parse(pair.a.text());
  auto b = a ? parse(pair.b.text()) : std::nullopt;
  if (!a || !b) return false;
  const bool same_order = *a == *b;
  auto sorted_a = *a;
  auto sorted_b = *b;
  std::sort(sorted_a.begin(), sorted_a.end());
  std::sort(sorted_b.begin(), sorted_b.end());
  if (sorted_a != sorted_b) {
    node.accounted = compare_values(*a, *b, pair, node);
    return node.accounted;
  }
  if (!(letters_of(pair.a.text()) == letters_of(pair.b.text()))) return false;
  // Of a key that stands there twice the last counts, or the first.
  const auto same_path = [](const auto& x, const auto& y) { return x.path == y.path; };
  if (!same_order && std::adjacent_find(sorted_a.begin(), sorted_a.end(), same_path) != sorted_a.end()) return false;
  if (same_order) tell_order("white space of structured data", Aspect::encoding, pair, node);
  else tell_order("order of keys", Aspect::order, pair, node);
  node.accounted = true;
  return true;
}

}  // namespace

bool compare_json(Session& /*session*/, const Pair& pair, Node& node) {
  return compare_structured(parse_json, pair, node);
}

bool compare_toml(Session& /*session*/, const Pair& pair, Node& node) {
  return compare_structured(parse_toml, pair, node);
}

bool compare_xml(Session& /*session*/, const Pair& pair, Node& node) {
  return compare_structured(parse_xml, pair, node);
}

bool compare_yaml(Session& /*session*/, const Pair& pair, Node& node) {
  return compare_structured(parse_yaml, pair, node);
}

}  // namespace assay::artifact
