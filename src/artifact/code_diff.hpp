// Machine code against machine code of the same length, instruction by instruction around what differs. capstone decodes.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "model/comparison.hpp"

namespace assay::artifact {

struct CodeSide {
  std::string_view bytes;
  std::uint64_t address = 0;  ///< of the first byte
};

struct CodeDiffOptions {
  std::uint16_t machine = 0;  ///< ELF e_machine
  bool big_endian = false;
  std::string place;  ///< ".text"
  /// Do the two addresses stand for the same thing in the two files?
  std::function<bool(std::uint64_t before, std::uint64_t after)> corresponds;
  std::size_t shown = 24;  ///< lines of the view
  /// The function at an address of the second file, for people; may be empty, and so may be what it says.
  std::function<std::string(std::uint64_t address)> name;
};

struct CodeDiff {
  std::vector<Change> changes;  ///< every byte that differs is in one
  std::string view;             ///< disassembly around the first changed instructions, bounded
};

/// Compare code of equal size. An operand that refers to what moved is a change of aspect `offset`; an immediate is told
/// as a number; anything else is code that differs.
CodeDiff diff_code(const CodeSide& a, const CodeSide& b, const CodeDiffOptions& options);

/// Code of two sizes from `at` on for people, as a unified diff of `options.shown` lines that says what was cut; "" if the
/// machine is not known.
std::string diff_listings(const CodeSide& a, const CodeSide& b, std::size_t at, const CodeDiffOptions& options);

}  // namespace assay::artifact
