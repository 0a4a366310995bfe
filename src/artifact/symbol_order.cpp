#include "artifact/symbol_order.hpp"

#include <elf.h>

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "artifact/fields.hpp"
#include "artifact/node.hpp"
#include "artifact/place_map.hpp"

namespace assay::artifact {

namespace {

struct Symbol {
  std::string_view name;
  std::string_view kind;  ///< st_info, st_other, st_shndx as they lie
  std::uint64_t value = 0, size = 0;
  auto key() const { return std::tie(name, kind, value, size); }
  bool operator==(const Symbol& other) const { return key() == other.key(); }
  bool operator<(const Symbol& other) const { return key() < other.key(); }
};

bool is_relocation(const ElfSection& section) {
  return section.type == SHT_REL || section.type == SHT_RELA;
}

/// Of an object of which no section but its relocations refers to symbols by number: groups and longer section numbers do.
const ElfSection* symbol_table_of(const ElfImage& image) {
  const ElfSection* found = nullptr;
  unsigned strings = 0;
  for (const auto& section : image.sections) {
    if (section.type == SHT_GROUP || section.type == SHT_SYMTAB_SHNDX ||
        (section.type >= SHT_LOOS && section.type < SHT_LOPROC) || section.compressed)
      return nullptr;
    strings += section.name == ".strtab" ? 1U : 0U;
    if (section.type != SHT_SYMTAB) continue;
    if (found != nullptr) return nullptr;
    found = &section;
  }
  return strings == 1 ? found : nullptr;
}

/// The names of those symbols, in a section that nothing else has its names in.
const ElfSection* strings_of(const ElfImage& image, const ElfSection& table) {
  if (table.link == 0 || table.link > image.sections.size()) return nullptr;
  const auto& strings = image.sections[table.link - 1];
  const auto links = std::count_if(image.sections.begin(), image.sections.end(),
                                   [&](const ElfSection& section) { return section.link == table.link; });
  return strings.type == SHT_STRTAB && strings.name == ".strtab" && links == 1 ? &strings : nullptr;
}

std::vector<Symbol> symbols_of(const ElfImage& image, const ElfSection& table, const ElfSection& strings) {
  const std::size_t record = image.wide ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym);
  const std::size_t width = image.wide ? 8 : 4;
  const auto kind_at = image.wide ? offsetof(Elf64_Sym, st_info) : offsetof(Elf32_Sym, st_info);
  const auto value_at = image.wide ? offsetof(Elf64_Sym, st_value) : offsetof(Elf32_Sym, st_value);
  const auto size_at = image.wide ? offsetof(Elf64_Sym, st_size) : offsetof(Elf32_Sym, st_size);
  std::vector<Symbol> symbols;
  if (table.bytes.size() % record != 0) return symbols;
  for (std::size_t at = 0; at < table.bytes.size(); at += record)
    symbols.push_back({string_at(strings.bytes, number_at(table.bytes, at, 4, image.big_endian)),
                       table.bytes.substr(at + kind_at, 4),
                       number_at(table.bytes, at + value_at, width, image.big_endian),
                       number_at(table.bytes, at + size_at, width, image.big_endian)});
  return symbols;
}

template <typename Item>
bool same_items(std::vector<Item> a, std::vector<Item> b) {
  std::sort(a.begin(), a.end());
  std::sort(b.begin(), b.end());
  return a == b;
}

std::vector<std::string_view> strings_in(std::string_view bytes) {
  std::vector<std::string_view> strings;
  for (std::size_t at = 0; at < bytes.size(); at += strings.back().size() + 1) strings.push_back(string_at(bytes, at));
  return strings;
}

class Relocations {
 public:
  Relocations(const ElfImage& a, std::vector<Symbol> left, std::vector<Symbol> right)
      : m_wide(a.wide), m_big_endian(a.big_endian), m_left(std::move(left)), m_right(std::move(right)) {}

  /// The same one after the other, but for the numbers of symbols.
  bool same(const ElfSection& left, const ElfSection& right) const {
    const std::size_t width = m_wide ? 8 : 4;
    const auto record = (left.type == SHT_RELA ? 3 : 2) * width;
    if (left.bytes.size() != right.bytes.size() || left.bytes.size() % record != 0) return false;
    for (std::size_t at = 0; at < left.bytes.size(); at += record) {
      const auto before = number_at(left.bytes, at + width, width, m_big_endian);
      const auto after = number_at(right.bytes, at + width, width, m_big_endian);
      const bool others = left.bytes.substr(at, width) == right.bytes.substr(at, width) &&
                          left.bytes.substr(at + 2 * width, record - 2 * width) ==
                              right.bytes.substr(at + 2 * width, record - 2 * width);
      if (!others || kind(before) != kind(after) || symbol(before) >= m_left.size() ||
          symbol(after) >= m_right.size() || !(m_left[symbol(before)] == m_right[symbol(after)]))
        return false;
    }
    return true;
  }

 private:
  std::uint64_t symbol(std::uint64_t info) const { return m_wide ? info >> 32 : info >> 8; }
  std::uint64_t kind(std::uint64_t info) const { return m_wide ? info & 0xffffffff : info & 0xff; }

  bool m_wide, m_big_endian;
  std::vector<Symbol> m_left, m_right;
};

bool same_sections(const ElfImage& a, const ElfImage& b) {
  return std::equal(a.sections.begin(), a.sections.end(), b.sections.begin(), b.sections.end(),
                    [](const ElfSection& left, const ElfSection& right) {
                      return std::tie(left.name, left.type, left.flags, left.link, left.info) ==
                             std::tie(right.name, right.type, right.flags, right.link, right.info);
                    });
}

}  // namespace

bool is_of_symbols(const ElfSection& section) {
  return section.type == SHT_SYMTAB || (section.type == SHT_STRTAB && section.name == ".strtab") ||
         is_relocation(section);
}

std::optional<Change> symbol_order(const ElfImage& a, const ElfImage& b) {
  // MIPS has a layout of relocations of its own.
  if (a.type != ET_REL || b.type != ET_REL || a.machine != b.machine || a.wide != b.wide ||
      a.big_endian != b.big_endian || a.machine == EM_MIPS || !same_sections(a, b))
    return std::nullopt;
  const auto *table_a = symbol_table_of(a), *table_b = symbol_table_of(b);
  if (table_a == nullptr || table_b == nullptr) return std::nullopt;
  const auto *strings_a = strings_of(a, *table_a), *strings_b = strings_of(b, *table_b);
  if (strings_a == nullptr || strings_b == nullptr || strings_a->bytes.size() != strings_b->bytes.size())
    return std::nullopt;
  auto left = symbols_of(a, *table_a, *strings_a);
  auto right = symbols_of(b, *table_b, *strings_b);
  const auto first = std::mismatch(left.begin(), left.end(), right.begin(), right.end());
  if (first.first == left.end() || !same_items(left, right) ||
      !same_items(strings_in(strings_a->bytes), strings_in(strings_b->bytes)))
    return std::nullopt;
  auto change = make_change(Aspect::order, table_a->name, first.first->name, first.second->name);
  change.bytes = table_a->bytes.size();
  change.token = "symbols";
  change.impact = Impact::metadata;
  const Relocations relocations{a, std::move(left), std::move(right)};
  for (std::size_t i = 0; i < a.sections.size(); ++i)
    if (is_relocation(a.sections[i]) && (a.sections[i].link == 0 || &a.sections[a.sections[i].link - 1] != table_a ||
                                         !relocations.same(a.sections[i], b.sections[i])))
      return std::nullopt;
  return change;
}

}  // namespace assay::artifact
