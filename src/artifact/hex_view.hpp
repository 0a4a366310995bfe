// Bytes side by side for people.
#pragma once
#include <string>

#include "base/bytes.hpp"

namespace assay::artifact {

/// Rows of 16 bytes that differ, `-` before `+`, with what was left out at the end; at most `rows` of them.
std::string hex_view(ByteView a, ByteView b, std::size_t rows);

}  // namespace assay::artifact
