#include "artifact/elf_tables.hpp"

#include <elf.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>

#include "artifact/fields.hpp"
#include "artifact/node.hpp"
#include "artifact/sequence_diff.hpp"

namespace assay::artifact {

namespace {

struct DynamicEntry {
  std::uint64_t tag = 0, value = 0;
  std::string text;  ///< of a tag whose value is a string: what stands there; else empty
};

struct TagName {
  std::uint64_t tag;
  std::string_view name;
};
constexpr std::array k_tags{TagName{DT_NULL, "NULL"},
                            TagName{DT_NEEDED, "NEEDED"},
                            TagName{DT_PLTRELSZ, "PLTRELSZ"},
                            TagName{DT_PLTGOT, "PLTGOT"},
                            TagName{DT_HASH, "HASH"},
                            TagName{DT_STRTAB, "STRTAB"},
                            TagName{DT_SYMTAB, "SYMTAB"},
                            TagName{DT_RELA, "RELA"},
                            TagName{DT_RELASZ, "RELASZ"},
                            TagName{DT_RELAENT, "RELAENT"},
                            TagName{DT_STRSZ, "STRSZ"},
                            TagName{DT_SYMENT, "SYMENT"},
                            TagName{DT_INIT, "INIT"},
                            TagName{DT_FINI, "FINI"},
                            TagName{DT_SONAME, "SONAME"},
                            TagName{DT_RPATH, "RPATH"},
                            TagName{DT_SYMBOLIC, "SYMBOLIC"},
                            TagName{DT_REL, "REL"},
                            TagName{DT_RELSZ, "RELSZ"},
                            TagName{DT_RELENT, "RELENT"},
                            TagName{DT_PLTREL, "PLTREL"},
                            TagName{DT_DEBUG, "DEBUG"},
                            TagName{DT_TEXTREL, "TEXTREL"},
                            TagName{DT_JMPREL, "JMPREL"},
                            TagName{DT_BIND_NOW, "BIND_NOW"},
                            TagName{DT_INIT_ARRAY, "INIT_ARRAY"},
                            TagName{DT_FINI_ARRAY, "FINI_ARRAY"},
                            TagName{DT_INIT_ARRAYSZ, "INIT_ARRAYSZ"},
                            TagName{DT_FINI_ARRAYSZ, "FINI_ARRAYSZ"},
                            TagName{DT_RUNPATH, "RUNPATH"},
                            TagName{DT_FLAGS, "FLAGS"},
                            TagName{DT_PREINIT_ARRAY, "PREINIT_ARRAY"},
                            TagName{DT_PREINIT_ARRAYSZ, "PREINIT_ARRAYSZ"},
                            TagName{DT_GNU_HASH, "GNU_HASH"},
                            TagName{DT_AUDIT, "AUDIT"},
                            TagName{DT_DEPAUDIT, "DEPAUDIT"},
                            TagName{DT_VERSYM, "VERSYM"},
                            TagName{DT_RELACOUNT, "RELACOUNT"},
                            TagName{DT_FLAGS_1, "FLAGS_1"},
                            TagName{DT_VERDEF, "VERDEF"},
                            TagName{DT_VERDEFNUM, "VERDEFNUM"},
                            TagName{DT_VERNEED, "VERNEED"},
                            TagName{DT_VERNEEDNUM, "VERNEEDNUM"},
                            TagName{DT_AUXILIARY, "AUXILIARY"},
                            TagName{DT_FILTER, "FILTER"}};

bool is_string_tag(std::uint64_t tag) {
  return tag == DT_NEEDED || tag == DT_SONAME || tag == DT_RPATH || tag == DT_RUNPATH || tag == DT_AUXILIARY ||
         tag == DT_FILTER || tag == DT_AUDIT || tag == DT_DEPAUDIT;
}

std::size_t symbol_size(const ElfImage& image) {
  return image.wide ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym);
}

const ElfSection* section_named(const ElfImage& image, std::string_view name) {
  const auto found = std::find_if(image.sections.begin(), image.sections.end(),
                                  [&](const ElfSection& section) { return section.name == name; });
  return found == image.sections.end() ? nullptr : &*found;
}

bool is_symbol_section(const ElfSection& section) {
  return section.type == SHT_SYMTAB || section.type == SHT_DYNSYM;
}

std::string dynamic_tag_name(std::uint64_t tag) {
  const auto found = std::find_if(k_tags.begin(), k_tags.end(), [&](const TagName& each) { return each.tag == tag; });
  return found == k_tags.end() ? fmt::format("{:#x}", tag) : std::string{found->name};
}

std::vector<DynamicEntry> dynamic_entries(const ElfImage& image, const ElfSection& section, bool& whole) {
  const std::size_t width = image.wide ? 8 : 4;
  whole = section.bytes.size() % (2 * width) == 0;
  const auto* strings = section_named(image, ".dynstr");
  std::vector<DynamicEntry> entries;
  for (std::size_t at = 0; at + 2 * width <= section.bytes.size(); at += 2 * width) {
    DynamicEntry entry;
    entry.tag = number_at(section.bytes, at, width, image.big_endian);
    entry.value = number_at(section.bytes, at + width, width, image.big_endian);
    if (is_string_tag(entry.tag) && strings != nullptr) entry.text = string_at(strings->bytes, entry.value);
    entries.push_back(std::move(entry));
  }
  return entries;
}

class DynamicDiff {
 public:
  DynamicDiff(const PlaceMap& places, const std::string& section) : m_places(places), m_section(section) {}

  std::vector<Change> run(const std::vector<DynamicEntry>& a, const std::vector<DynamicEntry>& b) {
    std::size_t at_a = 0;
    std::size_t at_b = 0;
    const auto common = [&](std::size_t until) {
      for (; at_a < until; ++at_a, ++at_b) take(&a[at_a], &b[at_b]);
    };
    for (const auto& hunk : diff_sequences(symbols(a), symbols(b))) {
      common(hunk.a0);
      while (at_a < hunk.a1 || at_b < hunk.b1) {
        const auto* before = at_a < hunk.a1 ? &a[at_a++] : nullptr;
        const bool replaced = at_b < hunk.b1 && (before == nullptr || before->tag == b[at_b].tag);
        take(before, replaced ? &b[at_b++] : nullptr);
      }
    }
    common(a.size());
    if (m_follow > 0) add_follow();
    return std::move(m_changes);
  }

 private:
  static std::vector<std::uint64_t> symbols(const std::vector<DynamicEntry>& entries) {
    std::vector<std::uint64_t> list;
    for (const auto& entry : entries) list.push_back(xxh3(as_bytes(fmt::format("{} {}", entry.tag, entry.text))));
    return list;
  }

  static std::string said(const DynamicEntry* entry) {
    if (entry == nullptr) return {};
    return entry->text.empty() ? fmt::format("{:#x}", entry->value) : entry->text;
  }

  void take(const DynamicEntry* before, const DynamicEntry* after) {
    if (before != nullptr && after != nullptr && before->tag == after->tag && before->text == after->text) {
      if (before->value == after->value) return;
      const bool moved = m_places.same_address(before->value, after->value) ||
                         m_places.same_size(before->value, after->value) || !before->text.empty();
      if (moved && m_places.moved()) {
        ++m_follow;
        return;
      }
    }
    const auto tag = before != nullptr ? before->tag : after->tag;
    // The table ends in empty entries, as many as were left free.
    if (tag == DT_NULL && (before == nullptr || before->value == 0) && (after == nullptr || after->value == 0)) {
      ++m_follow;
      return;
    }
    m_changes.push_back(
        make_change(Aspect::content, m_section + " " + dynamic_tag_name(tag), said(before), said(after)));
  }

  void add_follow() {
    auto change = make_change(Aspect::offset, m_section, {}, {});
    change.count = m_follow;
    change.bytes = 8 * m_follow;
    change.derived_from = "self";
    change.reason = "refers to what stands elsewhere now";
    m_changes.push_back(std::move(change));
  }

  const PlaceMap& m_places;
  const std::string& m_section;
  std::vector<Change> m_changes;
  std::uint64_t m_follow = 0;
};

std::string names_beside(const std::vector<std::string_view>& own, const std::vector<std::string_view>& other) {
  std::vector<std::string_view> names;
  std::set_difference(own.begin(), own.end(), other.begin(), other.end(), std::back_inserter(names));
  std::string text;
  for (const auto name : names) {
    if (text.size() + name.size() > k_change_bytes - 32) return text + fmt::format(", … {} in all", names.size());
    text += (text.empty() ? "" : ", ") + std::string{name};
  }
  return text;
}

}  // namespace

SymbolNames::SymbolNames(const ElfImage& image) : m_image(image) {
  const auto size = symbol_size(image);
  const auto value_at = image.wide ? offsetof(Elf64_Sym, st_value) : offsetof(Elf32_Sym, st_value);
  const auto size_at = image.wide ? offsetof(Elf64_Sym, st_size) : offsetof(Elf32_Sym, st_size);
  const auto info_at = image.wide ? offsetof(Elf64_Sym, st_info) : offsetof(Elf32_Sym, st_info);
  const std::size_t width = image.wide ? 8 : 4;
  for (const auto& section : image.sections) {
    if (!is_symbol_section(section)) continue;
    for (std::size_t at = 0; at + size <= section.bytes.size(); at += size) {
      if ((static_cast<unsigned char>(section.bytes[at + info_at]) & 15U) != STT_FUNC) continue;
      const auto value = number_at(section.bytes, at + value_at, width, image.big_endian);
      if (const auto name = name_at(section, at); !name.empty())
        m_functions.try_emplace(value, Function{number_at(section.bytes, at + size_at, width, image.big_endian), name});
    }
  }
}

const ElfSection* SymbolNames::strings_of(const ElfSection& section) const {
  return section_named(m_image, section.type == SHT_SYMTAB ? ".strtab" : ".dynstr");
}

std::string_view SymbolNames::name_at(const ElfSection& section, std::uint64_t record) const {
  const auto* strings = strings_of(section);
  const auto begin = static_cast<std::size_t>(record);
  if (strings == nullptr || begin + symbol_size(m_image) > section.bytes.size()) return {};
  return string_at(strings->bytes, number_at(section.bytes, begin, 4, m_image.big_endian));
}

std::string SymbolNames::at_address(std::uint64_t address) const {
  auto next = m_functions.upper_bound(address);
  if (next == m_functions.begin()) return {};
  const auto& [begin, function] = *std::prev(next);
  if (address - begin >= std::max<std::uint64_t>(function.size, 1)) return {};
  return address == begin ? std::string{function.name} : fmt::format("{}+{:#x}", function.name, address - begin);
}

std::string_view SymbolNames::of_record(const ElfSection& section, std::uint64_t offset) const {
  if (!is_symbol_section(section)) return {};
  return name_at(section, offset / symbol_size(m_image) * symbol_size(m_image));
}

std::vector<std::string_view> SymbolNames::names(const ElfSection& section) const {
  std::vector<std::string_view> names;
  if (!is_symbol_section(section)) return names;
  for (std::size_t at = 0; at + symbol_size(m_image) <= section.bytes.size(); at += symbol_size(m_image))
    if (const auto name = name_at(section, at); !name.empty()) names.push_back(name);
  std::sort(names.begin(), names.end());
  return names;
}

std::optional<std::vector<Change>> diff_dynamic(const ElfImage& a, const ElfSection& left, const ElfImage& b,
                                                const ElfSection& right, const PlaceMap& places) {
  bool whole_a = false;
  bool whole_b = false;
  const auto before = dynamic_entries(a, left, whole_a);
  const auto after = dynamic_entries(b, right, whole_b);
  if (!whole_a || !whole_b || a.wide != b.wide || a.big_endian != b.big_endian) return std::nullopt;
  return DynamicDiff{places, left.name}.run(before, after);
}

void tell_symbols(const SymbolNames& a, const ElfSection& left, const SymbolNames& b, const ElfSection& right,
                  Change& change) {
  const auto before = a.names(left);
  const auto after = b.names(right);
  auto lost = names_beside(before, after);
  auto gained = names_beside(after, before);
  if (lost.empty() && gained.empty()) return;
  change.before = std::move(lost);
  change.after = std::move(gained);
  change.place += ", symbols on one side only";
}

}  // namespace assay::artifact
