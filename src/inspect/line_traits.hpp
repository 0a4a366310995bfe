// What a single line of a build script does that build scripts rarely do. Used to rank novel lines; one trait alone is
// weak evidence and never a finding.
#pragma once
#include <string_view>
#include <vector>

namespace assay::inspect {

struct LineTrait {
  std::string_view id;    ///< "pipe-to-shell"
  std::string_view what;  ///< "pipes into a shell"
  unsigned weight;        ///< 1 (common in honest scripts) to 5 (none in 1,596 honest m4 files)
};

/// The traits of one line, tokenised as shell text: `| sh)` in a `case` pattern is not a pipe into a shell.
std::vector<LineTrait> traits_of_line(std::string_view line);

/// Sum of the weights of the traits of one line.
unsigned line_weight(std::string_view line);

}  // namespace assay::inspect
