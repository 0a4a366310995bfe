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

struct String {
  std::uint64_t record = 0;  ///< where the table says its length and offset
  std::uint64_t offset = 0, size = 0;
};

struct Catalogue {
  std::map<std::string, std::string_view> messages;
  std::vector<String> strings;  ///< originals, then translations
  std::uint64_t count = 0;
  bool big = false;
};

std::uint64_t word_of(const Content& content, std::uint64_t at, bool big) {
  return number_at(as_text(content.bytes()), static_cast<std::size_t>(at), 4, big);
}

std::optional<Catalogue> read(const Content& content) {
  if (content.size() < 28) return std::nullopt;
  Catalogue catalogue;
  catalogue.big = content.bytes()[0] == 0x95;
  const auto number = [&](std::uint64_t at) { return word_of(content, at, catalogue.big); };
  const auto originals = number(12);
  const auto translations = number(16);
  catalogue.count = number(8);
  if (catalogue.count > content.size() / 8 || originals + catalogue.count * 8 > content.size() ||
      translations + catalogue.count * 8 > content.size())
    return std::nullopt;
  const auto string = [&](std::uint64_t table, std::uint64_t i) -> std::optional<std::string_view> {
    const String found{table + i * 8, number(table + i * 8 + 4), number(table + i * 8)};
    if (found.offset > content.size() || found.size > content.size() - found.offset) return std::nullopt;
    catalogue.strings.push_back(found);
    return content.part(found.offset, found.size).text();
  };
  for (std::uint64_t i = 0; i < catalogue.count; ++i) {
    const auto original = string(originals, i);
    const auto translation = string(translations, i);
    if (!original || !translation) return std::nullopt;
    catalogue.messages[std::string{*original}] = *translation;
  }
  return catalogue;
}

/// Everything but the strings is the same on both sides, or is an offset of something that strings of another length
/// moved by just that much.
class Frame {
 public:
  Frame(const Pair& pair, const Catalogue& a, const Catalogue& b)
      : m_pair(pair), m_a(a), m_b(b), m_ledger(pair.a.bytes(), pair.b.bytes()) {}

  bool agrees() {
    if (m_a.big != m_b.big || m_a.count != m_b.count) return false;
    for (std::size_t i = 0; i < m_a.strings.size(); ++i)
      m_shifts[m_a.strings[i].offset + m_a.strings[i].size] +=
          static_cast<std::int64_t>(m_b.strings[i].size) - static_cast<std::int64_t>(m_a.strings[i].size);
    std::int64_t total = 0;
    for (auto& [end, shift] : m_shifts) shift = total += shift;
    for (std::size_t i = 0; i < m_a.strings.size(); ++i)
      if (!enter_string(m_a.strings[i], m_b.strings[i])) return false;
    // The tables' own places: originals, translations, hash table.
    for (const std::uint64_t field : {12U, 16U, 24U})
      if (!enter_offset(field, field)) return false;
    return enter_rest() && m_ledger.complete();
  }

 private:
  std::uint64_t shifted(std::uint64_t offset) const {
    const auto next = m_shifts.upper_bound(offset);
    return next == m_shifts.begin() ? offset : offset + static_cast<std::uint64_t>(std::prev(next)->second);
  }

  bool enter_string(const String& left, const String& right) {
    enter(left.offset, left.size, right.offset, right.size);
    enter(left.record, 4, right.record, 4);
    return right.offset == shifted(left.offset) && right.record == shifted(left.record) &&
           enter_offset(left.record + 4, right.record + 4);
  }

  bool enter_offset(std::uint64_t a, std::uint64_t b) {
    enter(a, 4, b, 4);
    return word_of(m_pair.b, b, m_b.big) == shifted(word_of(m_pair.a, a, m_a.big));
  }

  void enter(std::uint64_t a, std::uint64_t a_size, std::uint64_t b, std::uint64_t b_size) {
    m_ledger.told(a, a_size, b, b_size);
    m_told.emplace_back(a, a + a_size);
  }

  /// What is not entered yet has to be equal.
  bool enter_rest() {
    std::sort(m_told.begin(), m_told.end());
    m_told.emplace_back(m_pair.a.size(), m_pair.a.size());
    std::uint64_t at = 0;
    for (const auto& [begin, end] : m_told) {
      if (begin < at) return false;
      if (begin > at && !m_ledger.equal(at, shifted(at), begin - at)) return false;
      at = end;
    }
    return true;
  }

  const Pair& m_pair;
  const Catalogue& m_a;
  const Catalogue& m_b;
  Ledger m_ledger;
  std::map<std::uint64_t, std::int64_t>
      m_shifts;  ///< from the end of each string of the first on: how far what follows moved
  std::vector<std::pair<std::uint64_t, std::uint64_t>> m_told;
};

/// A catalogue of the other byte order as this one has it: every number that the format knows, turned round. Nothing if one
/// stands where another does, or it is of a revision with more of them.
std::optional<Content> in_little_endian(const Content& content) {
  const auto catalogue = read(content);
  if (!catalogue || word_of(content, 4, catalogue->big) != 0) return std::nullopt;
  if (!catalogue->big) return content;
  const auto number = [&](std::uint64_t at) { return word_of(content, at, true); };
  std::vector<std::pair<std::uint64_t, std::uint64_t>> tables{
      {0, 28}, {number(12), number(8) * 8}, {number(16), number(8) * 8}};
  if (number(20) > 0) tables.emplace_back(number(24), number(20) * 4);
  std::sort(tables.begin(), tables.end());
  Bytes turned(content.bytes().begin(), content.bytes().end());
  std::uint64_t done = 0;
  for (const auto& [begin, size] : tables) {
    if (begin < done || begin > content.size() || size > content.size() - begin) return std::nullopt;
    done = begin + size;
    for (auto at = static_cast<std::size_t>(begin); at < done; at += 4)
      std::reverse(turned.begin() + static_cast<std::ptrdiff_t>(at),
                   turned.begin() + static_cast<std::ptrdiff_t>(at + 4));
  }
  return Content::of(std::move(turned));
}

bool compare_catalogues(const Pair& pair, Node& node);

/// One of a machine that writes its numbers the other way round.
bool compare_orders(const Pair& pair, Node& node) {
  const auto a = in_little_endian(pair.a);
  const auto b = in_little_endian(pair.b);
  if (!a || !b) return false;
  auto turned = pair;
  turned.a = *a;
  turned.b = *b;
  if (!same_bytes(*a, *b) && !compare_catalogues(turned, node)) return false;
  const auto name = [](const Content& content) { return content.bytes()[0] == 0x95 ? "big endian" : "little endian"; };
  auto change = make_change(Aspect::encoding, "byte order", name(pair.a), name(pair.b));
  change.impact = Impact::metadata;
  node.add(std::move(change));
  node.accounted = true;
  return true;
}

bool compare_catalogues(const Pair& pair, Node& node) {
  const auto a = read(pair.a);
  const auto b = read(pair.b);
  if (!a || !b) {
    node.note("a message catalogue is damaged; compared as bytes");
    return false;
  }
  if (a->big != b->big) return compare_orders(pair, node);
  if (a->messages.size() != a->count || b->messages.size() != b->count || !Frame{pair, *a, *b}.agrees()) return false;
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

}  // namespace

bool compare_mo(Session& /*session*/, const Pair& pair, Node& node) {
  return compare_catalogues(pair, node);
}

}  // namespace assay::artifact
