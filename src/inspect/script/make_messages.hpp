// What make prints and no shell gets: the text of $(info …), $(warning …) and $(error …).
#pragma once
#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

namespace assay::inspect {

/// Where that stands in a makefile: begin and end, ascending. What a reference within is replaced by is no part of it:
/// $(shell …) runs there as well. Linear time.
std::vector<std::pair<std::size_t, std::size_t>> messages_of_make(std::string_view text);

}  // namespace assay::inspect
