// Tables of an ELF file as people name their records: symbols and dynamic tags (System V ABI, chapters 4 and 5).
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "artifact/elf_image.hpp"
#include "artifact/place_map.hpp"
#include "model/comparison.hpp"

namespace assay::artifact {

/// The symbols of one file, by place. Views the image.
class SymbolNames {
 public:
  explicit SymbolNames(const ElfImage& image);

  /// "main+0x12"; empty if no function is known to be there.
  std::string at_address(std::uint64_t address) const;
  /// The name of the symbol whose record holds that offset of a symbol table; empty if it is none.
  std::string_view of_record(const ElfSection& section, std::uint64_t offset) const;
  /// All names of a symbol table, sorted.
  std::vector<std::string_view> names(const ElfSection& section) const;

 private:
  struct Function {
    std::uint64_t size;
    std::string_view name;
  };
  const ElfSection* strings_of(const ElfSection& section) const;
  std::string_view name_at(const ElfSection& section, std::uint64_t record) const;

  const ElfImage& m_image;
  std::map<std::uint64_t, Function> m_functions;
};

/// `.dynamic` entry by entry, by their tags: an address or size follows from what moved, anything else decides what is
/// loaded and run. Nothing if the tables cannot be read.
std::optional<std::vector<Change>> diff_dynamic(const ElfImage& a, const ElfSection& left, const ElfImage& b,
                                                const ElfSection& right, const PlaceMap& places);

/// A change of a symbol table's size told by the names that one side only has, where there are any.
void tell_symbols(const SymbolNames& a, const ElfSection& left, const SymbolNames& b, const ElfSection& right,
                  Change& change);

}  // namespace assay::artifact
