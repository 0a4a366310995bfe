// A first look at scripts, fast enough to be taken at every one of a large release: could what stands here bring bytes of
// a file to an interpreter at all? Where not, nothing is parsed and nothing followed.
#pragma once
#include <string_view>

namespace assay::inspect {

/// True if a line of `text` that is no comment decodes, cuts or maps bytes, pipes into an interpreter, or searches a tree
/// as binary. Of 1,400 build scripts in 21 honest releases some 20 do, Automake's recipes that unpack its own archive
/// (`$(distdir)`) left aside. Linear in the size of `text`.
bool may_move_bytes(std::string_view text);

}  // namespace assay::inspect
