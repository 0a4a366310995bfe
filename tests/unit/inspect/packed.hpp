// Bytes as fixtures of the tests hold them.
#pragma once
#include <string_view>

#include "base/bytes.hpp"

namespace assay::inspect::test {

Bytes bytes_of(std::string_view text);

/// `text` as one xz stream.
Bytes xz(std::string_view text);

}  // namespace assay::inspect::test
