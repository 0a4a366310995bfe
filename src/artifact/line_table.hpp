// The line number information of DWARF 2 to 4 (DWARF 4, section 6.2.4), where paths stand between the numbers and move
// everything behind them. libdw would read the values; here every byte has to be accounted for.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assay::artifact {

/// A `.debug_line` section taken apart. The lengths in its headers stand in neither text: they follow from both.
struct LineTable {
  std::string names;  ///< of directories and files, each with its NUL
  std::string rest;   ///< everything else
  struct Unit {
    std::uint64_t names = 0, rest = 0;  ///< how many of the one, how many bytes of the other
    bool operator==(const Unit&) const = default;
  };
  std::vector<Unit> units;
  std::vector<std::uint64_t> offsets;  ///< of the units in the section, as `.debug_info` refers to them
};

/// Nothing if the section is damaged or a length does not agree with what it counts. Units of DWARF 5 keep their paths
/// elsewhere and are `rest` as they stand.
std::optional<LineTable> split_line_table(std::string_view bytes, bool big_endian);

}  // namespace assay::artifact
