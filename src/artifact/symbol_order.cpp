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

bool is_local(const Symbol& symbol) {
  return static_cast<unsigned char>(symbol.kind[0]) >> 4 == STB_LOCAL;
}

bool is_relocation(const ElfSection& section) {
  return section.type == SHT_REL || section.type == SHT_RELA;
}

/// Of an object of which no section but its relocations refers to symbols by number: groups, hash tables and longer section numbers do,
/// and types that are newer than those may, as LLVM's SHT_CREL does.
const ElfSection* symbol_table_of(const ElfImage& image) {
  const ElfSection* found = nullptr;
  unsigned strings = 0;
  for (const auto& section : image.sections) {
    if (section.type == SHT_GROUP || section.type == SHT_HASH ||
        (section.type >= SHT_SYMTAB_SHNDX && section.type < SHT_LOPROC) || section.compressed)
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

/// Nothing unless all of them are as an assembler writes them: local ones first, as many as the section says, and each name in the table
/// of names. Names may share their bytes, and are compared: all of them together are bounded.
std::vector<Symbol> symbols_of(const ElfImage& image, const ElfSection& table, const ElfSection& strings) {
  constexpr std::size_t k_most_symbols = 1U << 18, k_most_name_bytes = 64U << 20;
  const std::size_t record = image.wide ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym);
  const std::size_t width = image.wide ? 8 : 4;
  const auto kind_at = image.wide ? offsetof(Elf64_Sym, st_info) : offsetof(Elf32_Sym, st_info);
  const auto value_at = image.wide ? offsetof(Elf64_Sym, st_value) : offsetof(Elf32_Sym, st_value);
  const auto size_at = image.wide ? offsetof(Elf64_Sym, st_size) : offsetof(Elf32_Sym, st_size);
  if (table.bytes.size() % record != 0 || table.bytes.size() / record > k_most_symbols) return {};
  std::vector<Symbol> symbols;
  std::size_t name_bytes = 0;
  for (std::size_t at = 0; at < table.bytes.size(); at += record) {
    const auto name_at = number_at(table.bytes, at, 4, image.big_endian);
    if (name_at >= strings.bytes.size()) return {};
    symbols.push_back({string_at(strings.bytes, name_at), table.bytes.substr(at + kind_at, 4),
                       number_at(table.bytes, at + value_at, width, image.big_endian),
                       number_at(table.bytes, at + size_at, width, image.big_endian)});
    name_bytes += symbols.back().name.size();
    if (is_local(symbols.back()) != (at / record < table.info) || name_bytes > k_most_name_bytes) return {};
  }
  return symbols;
}

/// Of two that are not local and have one name, linkers take the first.
bool have_names_of_their_own(const std::vector<Symbol>& symbols) {
  std::vector<std::string_view> names;
  for (const auto& symbol : symbols)
    if (!is_local(symbol)) names.push_back(symbol.name);
  std::sort(names.begin(), names.end());
  return std::adjacent_find(names.begin(), names.end()) == names.end();
}

template <typename Item>
bool same_items(std::vector<Item> a, std::vector<Item> b) {
  std::sort(a.begin(), a.end());
  std::sort(b.begin(), b.end());
  return a == b;
}

/// Nothing if there are more than `most`.
std::vector<std::string_view> strings_in(std::string_view bytes, std::size_t most) {
  std::vector<std::string_view> strings;
  for (std::size_t at = 0; at < bytes.size(); at += strings.back().size() + 1) {
    if (strings.size() == most) return {};
    strings.push_back(string_at(bytes, at));
  }
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
  if (first.first == left.end() || !have_names_of_their_own(left) || !same_items(left, right)) return std::nullopt;
  // An assembler writes the names of symbols, and none twice.
  const auto most = left.size() + 1;
  const auto names_a = strings_in(strings_a->bytes, most), names_b = strings_in(strings_b->bytes, most);
  if (names_a.empty() || !same_items(names_a, names_b)) return std::nullopt;
  auto change = make_change(Aspect::order, table_a->name, first.first->name, first.second->name);
  change.bytes = table_a->bytes.size();
  change.token = "symbols";
  change.impact = Impact::metadata;
  const auto number_of_table = static_cast<std::uint64_t>(table_a - a.sections.data()) + 1;
  const Relocations relocations{a, std::move(left), std::move(right)};
  for (std::size_t i = 0; i < a.sections.size(); ++i)
    if (is_relocation(a.sections[i]) &&
        (a.sections[i].link != number_of_table || !relocations.same(a.sections[i], b.sections[i])))
      return std::nullopt;
  return change;
}

}  // namespace assay::artifact
