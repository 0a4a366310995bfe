// The lines of macro files that a line of a generated script may come from: what Autoconf's and Libtool's macros do to a line on
// its way into `configure`, undone. For looking lines up among those of known macro files.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace assay::provenance {

/// Spellings of `line` in an m4 file or template, besides itself: brackets doubled (m4's quotes) or as quadrigraphs, `>&5` as
/// AS_MESSAGE_LOG_FD, a tagged variable of Libtool as _LT_TAGVAR, a version as @VERSION@. At most a dozen.
std::vector<std::string> unexpanded(std::string_view line);

}  // namespace assay::provenance
