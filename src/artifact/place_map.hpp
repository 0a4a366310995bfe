// Which place of one ELF file stands where in another: what a reference that differs may merely follow from.
#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "artifact/elf_image.hpp"

namespace assay::artifact {

/// The string at `offset`, up to its NUL; empty behind the end.
std::string_view string_at(std::string_view bytes, std::uint64_t offset);

/// A table of strings for debuggers, and the strings in it.
bool is_debug_strings(const ElfSection& section);
std::unordered_set<std::string_view> debug_strings_of(std::string_view bytes);

/// Views both images, which have to outlive it.
class PlaceMap {
 public:
  /// `pairs`: indexes of the sections that stand for each other.
  PlaceMap(const ElfImage& a, const ElfImage& b, const std::vector<std::pair<std::size_t, std::size_t>>& pairs);

  /// Something has another size, came or went: only then can a changed reference be a mere consequence.
  bool moved() const noexcept { return m_moved; }

  bool same_address(std::uint64_t before, std::uint64_t after) const {
    return same(before, after, &ElfSection::address, &ElfSection::memory);
  }
  bool same_offset(std::uint64_t before, std::uint64_t after) const {
    return same(before, after, &ElfSection::offset, &ElfSection::size);
  }
  /// The two are sizes of one section.
  bool same_size(std::uint64_t before, std::uint64_t after) const;
  /// The two are where one unit's line numbers begin, in tables of another length.
  bool same_line_unit(std::uint64_t before, std::uint64_t after) const;
  /// The two are offsets of one string in a string table that changed.
  bool same_string(std::uint64_t before, std::uint64_t after) const;

 private:
  using Strings = std::unordered_set<std::string_view>;

  /// A table of strings for debuggers that differs. A reference to a string that only one side has, in place of one that
  /// only the other has, follows from the strings, which are told themselves.
  struct DebugStrings {
    const ElfSection* left;
    const ElfSection* right;
    Strings in_left, in_right;
    bool both_changed(std::uint64_t before, std::uint64_t after) const;
  };

  bool same(std::uint64_t before, std::uint64_t after, std::uint64_t ElfSection::*place,
            std::uint64_t ElfSection::*size) const;
  void note_line_units(const ElfSection& left, const ElfSection& right, bool big_endian);

  std::vector<std::pair<const ElfSection*, const ElfSection*>> m_pairs;
  std::vector<DebugStrings> m_strings;
  std::map<std::uint64_t, std::uint64_t> m_line_units;
  bool m_moved = false;
};

}  // namespace assay::artifact
