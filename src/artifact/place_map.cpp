#include "artifact/place_map.hpp"

#include <elf.h>

#include <algorithm>

#include "artifact/line_table.hpp"

namespace assay::artifact {

namespace {

/// The table is the same up to the place: what stands there is what stood there, changed or not.
bool same_start(std::string_view left, std::string_view right, std::uint64_t until) {
  return left.substr(0, static_cast<std::size_t>(until)) == right.substr(0, static_cast<std::size_t>(until));
}

}  // namespace

bool is_debug_strings(const ElfSection& section) {
  return section.name == ".debug_str" || section.name == ".debug_line_str";
}

std::unordered_set<std::string_view> debug_strings_of(std::string_view bytes) {
  std::unordered_set<std::string_view> strings;
  for (std::size_t at = 0; at < bytes.size(); at += string_at(bytes, at).size() + 1)
    strings.insert(string_at(bytes, at));
  return strings;
}

std::string_view string_at(std::string_view bytes, std::uint64_t offset) {
  if (offset >= bytes.size()) return {};
  const auto rest = bytes.substr(static_cast<std::size_t>(offset));
  return rest.substr(0, rest.find('\0'));
}

PlaceMap::PlaceMap(const ElfImage& a, const ElfImage& b,
                   const std::vector<std::pair<std::size_t, std::size_t>>& pairs) {
  for (const auto& [i, k] : pairs) {
    m_pairs.emplace_back(&a.sections[i], &b.sections[k]);
    m_moved = m_moved || a.sections[i].memory != b.sections[k].memory;
  }
  for (const auto& [left, right] : m_pairs)
    if (is_debug_strings(*left) && left->bytes != right->bytes)
      m_strings.push_back({left, right, debug_strings_of(left->bytes), debug_strings_of(right->bytes)});
  for (const auto& [left, right] : m_pairs)
    if (left->name == ".debug_line" && left->size != right->size) note_line_units(*left, *right, a.big_endian);
  m_moved = m_moved || pairs.size() != a.sections.size() || pairs.size() != b.sections.size();
  // Where nothing grew, shrank, came or went, nothing has a reason to stand elsewhere.
}

bool PlaceMap::same_size(std::uint64_t before, std::uint64_t after) const {
  return m_moved && std::any_of(m_pairs.begin(), m_pairs.end(), [&](const auto& pair) {
           return pair.first->memory == before && pair.second->memory == after && before != after;
         });
}

bool PlaceMap::same_line_unit(std::uint64_t before, std::uint64_t after) const {
  const auto found = m_line_units.find(before);
  return found != m_line_units.end() && found->second == after;
}

bool PlaceMap::same_string(std::uint64_t before, std::uint64_t after) const {
  for (const auto& table : m_strings)
    if (before < table.left->size && after < table.right->size && table.both_changed(before, after)) return true;
  for (const auto& [left, right] : m_pairs) {
    const bool table =
        left->type == SHT_STRTAB || left->name.starts_with(".debug_str") || left->name.starts_with(".debug_line_str");
    if (!table || left->bytes == right->bytes || before >= left->size || after >= right->size) continue;
    const auto string = string_at(left->bytes, before);
    if (!string.empty() && string == string_at(right->bytes, after)) return true;
  }
  return false;
}

bool PlaceMap::DebugStrings::both_changed(std::uint64_t before, std::uint64_t after) const {
  const auto from = string_at(left->bytes, before);
  const auto to = string_at(right->bytes, after);
  return in_left.contains(from) && in_right.contains(to) && !in_right.contains(from) && !in_left.contains(to);
}

bool PlaceMap::same(std::uint64_t before, std::uint64_t after, std::uint64_t ElfSection::*place,
                    std::uint64_t ElfSection::*size) const {
  if (!m_moved) return false;
  for (const auto& [left, right] : m_pairs) {
    if (left->*place == 0 || before < left->*place || before - left->*place > left->*size) continue;
    if (after < right->*place || after - right->*place > right->*size) continue;
    const auto from_begin = before - left->*place;
    const auto to_begin = after - right->*place;
    if (left->*size == right->*size) {
      if (from_begin == to_begin) return true;
      continue;
    }
    // The section grew: what stands there must be the same.
    if (from_begin == to_begin && from_begin == 0) return true;
    if (left->*size - from_begin == right->*size - to_begin) return true;
    const auto string = string_at(left->bytes, from_begin);
    if (!string.empty() && string == string_at(right->bytes, to_begin)) return true;
    if (from_begin == to_begin && !string.empty() && same_start(left->bytes, right->bytes, from_begin)) return true;
  }
  return false;
}

void PlaceMap::note_line_units(const ElfSection& left, const ElfSection& right, bool big_endian) {
  const auto a = split_line_table(left.bytes, big_endian);
  const auto b = split_line_table(right.bytes, big_endian);
  if (!a || !b || a->units != b->units) return;
  for (std::size_t i = 0; i < a->offsets.size(); ++i) m_line_units.emplace(a->offsets[i], b->offsets[i]);
}

}  // namespace assay::artifact
