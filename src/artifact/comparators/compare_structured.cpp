// JSON, YAML, TOML and XML that say the same in another order or spacing, or in another order and with other values. Where
// only values differ, the lines say it better than the structure does, so text has them.
#include <algorithm>
#include <iterator>
#include <map>
#include <unordered_map>

#include "artifact/comparator.hpp"
#include "artifact/fragment_diff.hpp"
#include "artifact/structure.hpp"
#include "base/text.hpp"

namespace assay::artifact {

namespace {

using Parse = std::optional<Structure> (*)(std::string_view);

constexpr std::size_t k_most_changes = 400;

bool is_space(char c) {
  return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}
bool is_word(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c & '\x80') != 0 || c == '_' ||
         c == '-' || c == '.' || c == '/';
}

/// The words and signs of a document, counted: equal values written in another order have the same. It catches words that a
/// parser drops, such as a key that occurs twice; that they belong together is not seen here.
class Words {
 public:
  void add(std::string_view text, std::int64_t times) {
    for (std::size_t at = 0; at < text.size();) {
      auto end = at + 1;
      while (is_word(text[at]) && end < text.size() && is_word(text[end])) ++end;
      if (!is_space(text[at]) && text[at] != ',') count(text.substr(at, end - at), times);
      at = end;
    }
  }
  bool operator==(const Words&) const = default;

 private:
  void count(std::string_view word, std::int64_t times) {
    auto& count = m_counts[xxh3(as_bytes(word))];
    count += times;
    if (count == 0) m_counts.erase(xxh3(as_bytes(word)));
  }

  std::unordered_map<std::uint64_t, std::int64_t> m_counts;
};

Words words_of(std::string_view text) {
  Words words;
  words.add(text, 1);
  return words;
}

/// All but white space, in its order.
std::string solid(std::string_view text) {
  std::string out;
  std::copy_if(text.begin(), text.end(), std::back_inserter(out), [](char c) { return !is_space(c); });
  return out;
}

using Remarks = std::vector<std::string_view>;

Remarks no_remarks(std::string_view /*text*/) {
  return {};
}

/// Comments of YAML and TOML.
Remarks hash_remarks(std::string_view text) {
  Remarks remarks;
  for (const auto line : split_lines(text))
    if (const auto at = line.find('#'); at != std::string_view::npos) remarks.push_back(line.substr(at));
  return remarks;
}

/// Comments, instructions and declarations of XML: "<!…>" and "<?…>".
Remarks markup_remarks(std::string_view text) {
  Remarks remarks;
  for (auto at = text.find('<'); at != std::string_view::npos; at = text.find('<', at + 1)) {
    const auto rest = text.substr(at);
    const auto close = rest.starts_with("<!--") ? rest.find("-->") : rest.find('>');
    if (rest.starts_with("<!") || rest.starts_with("<?")) remarks.push_back(rest.substr(0, close));
  }
  return remarks;
}

/// What its parser reads, and what it drops: that has to be the same on both sides, each remark as a whole.
struct Format {
  Parse parse;
  Remarks (*remarks)(std::string_view);
};

bool same_remarks(const Format& format, const Pair& pair) {
  auto left = format.remarks(pair.a.text());
  auto right = format.remarks(pair.b.text());
  std::sort(left.begin(), left.end());
  std::sort(right.begin(), right.end());
  return left == right;
}

void tell_order(std::string_view place, Aspect aspect, const Pair& pair, Node& node) {
  auto change = make_change(aspect, std::string{place}, "", "");
  change.bytes = std::max(pair.a.size(), pair.b.size());
  change.impact = node.item.impact;
  node.add(std::move(change));
}

using ByPath = std::map<std::string_view, const Scalar*>;

ByPath by_path(const Structure& structure) {
  ByPath values;
  for (const auto& scalar : structure) values[scalar.path] = &scalar;
  return values;
}

/// The paths that both have, in the order of the first.
std::vector<std::string_view> common_paths(const Structure& own, const ByPath& other) {
  std::vector<std::string_view> paths;
  for (const auto& scalar : own)
    if (other.contains(scalar.path)) paths.push_back(scalar.path);
  return paths;
}

/// Both in another order and with other values: values by their paths, if they and the order are all that differs.
bool compare_values(const Structure& a, const Structure& b, const Pair& pair, Node& node) {
  const auto left = by_path(a);
  const auto right = by_path(b);
  if (left.size() != a.size() || right.size() != b.size() || left.size() != right.size()) return false;
  if (common_paths(a, right) == common_paths(b, left) || common_paths(a, right).size() != left.size()) return false;
  auto rest_a = words_of(pair.a.text());
  auto rest_b = words_of(pair.b.text());
  std::vector<Change> changes;
  for (const auto& [path, scalar] : left) {
    const auto& value = scalar->value;
    const auto& other = right.find(path)->second->value;
    if (scalar->kind != right.find(path)->second->kind) return false;
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

bool compare_structured(const Format& format, const Pair& pair, Node& node) {
  if (std::max(pair.a.size(), pair.b.size()) > k_most_structured) return false;
  auto a = format.parse(pair.a.text());
  auto b = a ? format.parse(pair.b.text()) : std::nullopt;
  if (!a || !b || !same_remarks(format, pair)) return false;
  const bool same_order = *a == *b;
  auto sorted_a = *a;
  auto sorted_b = *b;
  std::sort(sorted_a.begin(), sorted_a.end());
  std::sort(sorted_b.begin(), sorted_b.end());
  if (sorted_a != sorted_b) {
    node.accounted = compare_values(*a, *b, pair, node);
    return node.accounted;
  }
  if (same_order ? solid(pair.a.text()) != solid(pair.b.text()) : !(words_of(pair.a.text()) == words_of(pair.b.text())))
    return false;
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
  return compare_structured({parse_json, no_remarks}, pair, node);
}

bool compare_toml(Session& /*session*/, const Pair& pair, Node& node) {
  return compare_structured({parse_toml, hash_remarks}, pair, node);
}

bool compare_xml(Session& /*session*/, const Pair& pair, Node& node) {
  return compare_structured({parse_xml, markup_remarks}, pair, node);
}

bool compare_yaml(Session& /*session*/, const Pair& pair, Node& node) {
  return compare_structured({parse_yaml, hash_remarks}, pair, node);
}

}  // namespace assay::artifact
