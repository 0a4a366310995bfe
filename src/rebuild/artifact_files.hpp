// Takes a build's artifacts out of the archive that the sandbox handed out, which is outside data like any other.
#pragma once
#include <filesystem>
#include <vector>

#include "base/error.hpp"
#include "base/limits.hpp"
#include "rebuild/build.hpp"

namespace assay::rebuild {

/// Write the regular files of the tar archive `descriptor` below `directory`, which is made; all else in it is left away.
/// Sorted by name. Errors: no archive, a name that leads out of the directory, the directory cannot be written.
Result<std::vector<BuiltArtifact>> extract_artifacts(int descriptor, const std::filesystem::path& directory,
                                                     const Limits& limits);

}  // namespace assay::rebuild
