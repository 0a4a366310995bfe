// The serial number of an m4 file, in both forms that automake's aclocal and people write:
//   `# serial 7` / `#serial 7 -*- Autoconf -*-` on a line of its own (the form aclocal honours), and
//   `# name.m4 serial 7` / `# name.m4 serial 7 (gettext-0.18)` / `dnl serial 7` (which aclocal ignores: cosmetic).
// The first follows scan_file() in automake's bin/aclocal.in: `^#\s*serial\s+(\S*)` before the first macro definition,
// the number `^\d+(?:\.\d+)*$`, lines that begin with `##` skipped, the greatest of several in force.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace assay::provenance {

struct M4Serial {
  std::uint32_t number = 0;  ///< the last component of a dotted serial ("2.4.1" is 1), at most UINT32_MAX; see `text`
  std::string text;          ///< as written: "30", "24.1", in the cosmetic form also "17b" and "AM5"; at most 64 bytes
  std::string name;          ///< "build-to-host.m4" where the line names a file, else empty
  bool honoured_by_aclocal = false;
  std::uint64_t line = 0;  ///< 1-based
};

/// The serial that `content` bears; the honoured form wins over the cosmetic one. The honoured form is looked for up to
/// the first macro definition (autoconf-archive keeps it below a long comment), the cosmetic one in the first 50 lines;
/// neither beyond the first megabyte.
std::optional<M4Serial> parse_m4_serial(std::string_view content);

}  // namespace assay::provenance
