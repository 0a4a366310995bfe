// C and C++ that a generator wrote twice, once told another path of its input: the same code under another banner.
#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace assay::provenance {

/// What tells two such files apart: lines of comment and `#line`, and the include guard that was shipped if it is spelt with other
/// underscores or is the one of yacc's own `y.tab.h`: what includes it stays the same only if nobody else has that name.
struct SourceDifference {
  std::size_t lines = 0;
  std::string guard;  ///< empty if it is the same
};

/// Nothing if anything of the code differs, or where lines cannot tell code from comment (raw strings, trigraphs, carriage returns,
/// comments that a backslash continues).
/// `#line` may name another directory and another number, but the same file. `name` is the file's own without its directory: what
/// yacc and lex write is `y.tab.c` and `lex.yy.c` (POSIX.1-2017, XCU) until somebody calls it that.
std::optional<SourceDifference> same_code(std::string_view made, std::string_view shipped, std::string_view name);

}  // namespace assay::provenance
