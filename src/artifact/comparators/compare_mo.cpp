// Compiled translations (GNU gettext manual, "The Format of GNU MO Files"): messages by their originals; the tables of
// offsets follow from them.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "artifact/comparator.hpp"
#include "artifact/fields.hpp"
#include "artifact/parts_diff.hpp"

namespace assay::artifact {

namespace {

struct Catalogue {
  std::map<std::string, std::string_view> messages;
  std::uint64_t count = 0;
};

std::optional<Catalogue> read(const Content& content) {
  const auto bytes = content.bytes();
  if (bytes.size() < 28) return std::nullopt;
  const bool big = bytes[0] == 0x95;
  const auto number = [&](std::uint64_t at) { return big ? big_endian(bytes, static_cast<std::size_t>(at), 4) : little_endian(bytes, static_cast<std::size_t>(at), 4); };
  const auto count = number(8);
  const auto originals = number(12);
  const auto translations = number(16);
  if (count > bytes.size() / 8 || originals + count * 8 > bytes.size() || translations + count * 8 > bytes.size()) return std::nullopt;
  Catalogue catalogue;
  catalogue.count = count;
  const auto string = [&](std::uint64_t table, std::uint64_t i) -> std::optional<std::string_view> {
    const auto size = number(table + i * 8);
    const auto offset = number(table + i * 8 + 4);
    if (offset > bytes.size() || size > bytes.size() - offset) return std::nullopt;
    return content.part(offset, size).text();
  };
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto original = string(originals, i);
    const auto translation = string(translations, i);
    if (!original || !translation) return std::nullopt;
    catalogue.messages[std::string{*original}] = *translation;
  }
  return catalogue;
}

/// Everything but the strings: what must agree but for offsets.
std::uint64_t string_bytes(const Catalogue& catalogue) {
  std::uint64_t total = 0;
  for (const auto& [original, translation] : catalogue.messages) total += original.size() + translation.size() + 2;
  return total;
}

}  // namespace

bool compare_mo(Session& /*session*/, const Pair& pair, Node& node) {
  const auto a = read(pair.a);
  const auto b = read(pair.b);
  if (!a || !b) {
    node.note("a message catalogue is damaged; compared as bytes");
    return false;
  }
  // Bytes that are neither table nor string (a hash table of another size, hidden data) have to be accounted for.
  const auto rest_a = pair.a.size() - string_bytes(*a);
  const auto rest_b = pair.b.size() - string_bytes(*b);
  if (a->count != b->count || rest_a != rest_b || a->messages.size() != a->count || b->messages.size() != b->count) return false;
  std::uint64_t changed = 0;
  for (const auto& [original, before] : a->messages) {
    const auto found = b->messages.find(original);
    if (found == b->messages.end()) return false;
    if (before == found->second) continue;
    ++changed;
    const auto place = original.empty() ? std::string{"header"} : "message '" + original.substr(0, 40) + "'";
    const PartsDiffOptions options{"line", 0};
    for (auto& change : diff_parts(lines_with_ends(before), lines_with_ends(found->second), options).changes) {
      change.place = place + ", " + change.place;
      change.impact = Impact::documentation;
      node.add(std::move(change));
    }
  }
  if (changed == 0) return false;
  if (pair.a.size() != pair.b.size()) {
    auto change = make_change(Aspect::offset, "tables of strings", "", "");
    change.derived_from = "self";
    change.impact = Impact::metadata;
    node.add(std::move(change));
  }
  node.accounted = true;
  return true;
}

}  // namespace assay::artifact
