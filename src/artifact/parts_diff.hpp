// How one sequence of lines or strings became another: which parts changed and which tokens in them, which parts were
// only put elsewhere, which came and went.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "model/comparison.hpp"

namespace assay::artifact {

struct PartsDiff {
  std::vector<Change> changes;  ///< equal ones merged, each with its count
  bool whole = true;            ///< false: there were more distinct changes than are kept; the last says how many
  std::string view;             ///< a unified diff, bounded
};

struct PartsDiffOptions {
  std::string_view unit = "line";  ///< "line", "string"
  std::size_t view_lines = 40;     ///< 0: no view
  std::size_t skipped = 0;         ///< parts before the first, for their numbers
};

/// Compare two sequences of parts. Every part that differs is in a change.
PartsDiff diff_parts(const std::vector<std::string_view>& a, const std::vector<std::string_view>& b,
                     const PartsDiffOptions& options);

/// The same for two texts, each cut after every `end`. What both begin and end with is not taken apart; where millions of
/// parts are left, one change says so.
PartsDiff diff_split(std::string_view a, std::string_view b, char end, PartsDiffOptions options);

/// `text` cut after each line feed; a last part without one counts.
std::vector<std::string_view> lines_with_ends(std::string_view text);

}  // namespace assay::artifact
