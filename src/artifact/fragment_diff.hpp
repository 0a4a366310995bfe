// How one line or string became another: token by token where the tokens correspond, else by words.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/comparison.hpp"

namespace assay::artifact {

inline constexpr std::size_t k_scan_bound = 4096;  ///< of a fragment; longer ones are taken apart by words only

/// The changes that turn `a` into `b`.
std::vector<Change> diff_fragment(std::string_view a, std::string_view b, const std::string& place);

/// Fragments of one shape differ in what their tokens are, at most.
std::uint64_t shape_of(std::string_view fragment);

}  // namespace assay::artifact
