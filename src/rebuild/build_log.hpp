// What the log of a build says about why it failed.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace assay::rebuild {

/// The lines around the first real error of what `command` said (its part begins with "+ COMMAND"); the last lines if none
/// looks like one. At most 16 lines of at most 240 bytes, raw.
std::string error_excerpt(std::string_view log, std::string_view command);

/// The packages in what dpkg-checkbuilddeps(1) complains of, without versions; of alternatives the first.
std::vector<std::string> unmet_packages(std::string_view complaint);

}  // namespace assay::rebuild
