// Lists that a script sorts come out otherwise in another locale: `c-hyper.c` stands before `cfilters.c` by bytes, and behind it
// where punctuation does not count.
#pragma once
#include <cstddef>
#include <optional>
#include <string_view>

namespace assay::provenance {

/// How many lines of `shipped` stand at another place than in `made`, if that is the only difference and each run of them is
///
/// - the same lines,
/// - each an XML element on a line of its own, the same but for one file name,
/// - in `made` in the order of bytes, in `shipped` in that of letters and digits, case and punctuation aside.
///
/// Nothing otherwise, and nothing if they do not differ: an order of one's choice is no locale.
std::optional<std::size_t> lines_sorted_otherwise(std::string_view made, std::string_view shipped);

}  // namespace assay::provenance
