// Options by which a compiler or a linker takes code, or further options, from a file.
#pragma once
#include <string_view>

namespace assay::inspect {

struct TakenFile {
  std::string_view name;  ///< empty: none
  bool script = false;    ///< as a linker script, which may only describe something
};

/// The file that `word` names for the compiler, or `word` itself behind `before`: `@F`, `-specs=F`, `-include F`, `-Wl,--plugin,F`.
TakenFile compiler_file(std::string_view before, std::string_view word) noexcept;

}  // namespace assay::inspect
