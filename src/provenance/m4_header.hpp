// The serial number of an m4 file, in both forms that automake's aclocal and people write:
//   `# serial 7` / `#serial 7 -*- Autoconf -*-` on a line of its own (the form aclocal honours), and
//   `# name.m4 serial 7` / `# name.m4 serial 7 (gettext-0.18)` (which aclocal ignores: cosmetic).
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace assay::provenance {

struct M4Serial {
  std::uint32_t number = 0;     ///< the last component of a dotted serial ("2.4.1" is 1); see `text`
  std::string text;             ///< as written: "30", "24.1"
  std::string name;             ///< "build-to-host.m4" in the second form, else empty
  bool honoured_by_aclocal = false;
  std::uint64_t line = 0;       ///< 1-based
};

/// The serial that `content` bears in its first 50 lines; the honoured form wins over the cosmetic one.
std::optional<M4Serial> parse_m4_serial(std::string_view content);

}  // namespace assay::provenance
