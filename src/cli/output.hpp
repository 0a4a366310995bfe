// Where reports go: standard output, and files that are written whole or not at all.
#pragma once
#include <initializer_list>
#include <iosfwd>
#include <span>
#include <string>
#include <vector>

#include "cli/common_options.hpp"
#include "model/assessment.hpp"

namespace assay::cli {

/// One report to be written.
struct Destination {
  const report::Renderer* renderer = nullptr;
  std::string file;  ///< empty: standard output
};

/// Pair the n-th --format with the n-th -o. A format without -o goes to standard output (one at most), an -o without a
/// format takes the one its suffix names. Done before any work, so that a mistake costs no time.
Result<std::vector<Destination>> plan_output(const CommonOptions& options);

/// Error: a report would be written over one of `inputs` (empty names are none).
Result<void> spare_inputs(const std::vector<Destination>& destinations, std::initializer_list<std::string> inputs);

/// Render and write them all.
Result<void> write_reports(const Assessment& assessment, const std::vector<Destination>& destinations,
                           const report::RenderOptions& options, std::ostream& out);

/// Colour is for a terminal that wants it (NO_COLOR unset, TERM not "dumb"), or when asked for.
report::Color decide_color(std::string_view when);

}  // namespace assay::cli
