// Bytes against bytes that no comparator knows better.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/comparison.hpp"

namespace assay::artifact {

/// Bytes that differ: runs of them, as strings where they are strings. Every byte that differs is in a change. `place` is
/// put before offsets (".rodata").
std::vector<Change> diff_bytes(std::string_view a, std::string_view b, const std::string& place,
                               std::uint64_t base = 0);

}  // namespace assay::artifact
