// Cargo.toml as `cargo package` writes it anew (The Cargo Book, "cargo package": the normalised manifest): is it the one of
// version control?
#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace assay::provenance {

/// The manifests that a normalised one is made from.
struct CargoSources {
  std::string_view manifest;                            ///< the crate's own Cargo.toml
  std::string_view workspace;                           ///< the workspace's, for what is inherited; may be empty
  std::function<bool(std::string_view path)> has_file;  ///< in VCS, relative to the crate
  /// All files of VCS below a directory; both relative to the crate.
  std::function<std::vector<std::string>(std::string_view directory)> files_below;
  std::function<bool(std::string_view path)> is_published;  ///< in the release, relative to the crate
};

/// Why `normalised` cannot be what cargo makes of `sources`; empty if it can. Compared value by value: what is inherited from the
/// workspace, dependencies given as a bare version, targets that cargo finds by their place, and the `auto…` switches it writes out
/// where it lists all of these are taken into account; nothing but workspace tables, paths and development dependencies without a version may be missing.
/// Errors: one of the three is no TOML; names which.
Result<std::string> manifest_mismatch(std::string_view normalised, const CargoSources& sources);

/// Why a crate's Cargo.lock cannot have been made of that of version control and these sources; empty if it can: each package stands
/// there with all that pins it, and the crate itself has the version of its manifest. What it and others depend on may be less, and named
/// without a version where only one is left. Errors: one of them is no TOML; names which.
Result<std::string> lock_mismatch(std::string_view lock, std::string_view lock_of_vcs, const CargoSources& sources);

}  // namespace assay::provenance
