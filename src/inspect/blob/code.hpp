// Is this code? For what came out of a decoder, where an honest fixture has data.
#pragma once
#include <string>
#include <string_view>

#include "base/bytes.hpp"

namespace assay::inspect {

struct CodeVerdict {
  bool is_code = false;
  std::string_view what;     ///< "ELF", "shell script"; static text
  double token_density = 0;  ///< shell tokens per line, for text
};

/// Object-file and byte-code magic; a `#!` line; or text that is nearly all printable and as dense in shell syntax as
/// scripts are. Looks at the first 256 KiB. An empty or short text (under 32 bytes) without `#!` is no code.
CodeVerdict judge_code(ByteView content);

}  // namespace assay::inspect
