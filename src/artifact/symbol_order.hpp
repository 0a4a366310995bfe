// Objects whose symbols stand in another order: assemblers list them as they come upon them, and relocations refer to them by number
// (System V ABI, chapter 4, "Symbol Table", "Relocation"). What a linker makes of both is the same where
// local symbols come first and no other name is there twice.
#pragma once
#include <optional>

#include "artifact/elf_image.hpp"
#include "model/comparison.hpp"

namespace assay::artifact {

/// A section that only lists symbols, holds their names or refers to them.
bool is_of_symbols(const ElfSection& section);

/// If the sections of symbols of two relocatable objects differ and say the same: each symbol of one is in the other, with the same name,
/// place and kind; each relocation of one is in the other at the same place, and refers to the same symbol; and no name is left that
/// only one has. That is then one change; nothing of those sections remains to be told.
std::optional<Change> symbol_order(const ElfImage& a, const ElfImage& b);

}  // namespace assay::artifact
