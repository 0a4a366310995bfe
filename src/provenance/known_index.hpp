// Makes known-files data from an upstream's repository or from distribution packages, and finds out whether it can be
// made again.
#pragma once
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "provenance/known_manifest.hpp"

namespace assay::provenance {

/// Index the whole history of the git repository at `path`: all commits that `tips` (hexadecimal) descend from, or, if
/// none are given, all branches and tags. `address` is what the manifest calls the repository.
Result<KnownDataSet> index_repository(const std::filesystem::path& path, std::string name, std::string address,
                                      const KnownFilter& filter, const std::vector<std::string>& tips = {});

/// Index packages (`.deb`). A file counts as `name_version:path`, first seen at the date of the package.
Result<KnownDataSet> index_packages(const std::vector<std::filesystem::path>& packages, std::string name,
                                    const KnownFilter& filter);

/// Index the regular files below `directory` as those of a package called `label`, first seen at their modification
/// times.
Result<KnownDataSet> index_directory(const std::filesystem::path& directory, std::string label, std::string name,
                                     const KnownFilter& filter);

/// Make the data set of `manifest` again: from the repository at `source`, restricted to the commits the manifest
/// records, or from the `.deb` files in the directory `source` that have the digests it records.
Result<KnownDataSet> index_again(const KnownManifest& manifest, const std::filesystem::path& source);

/// What differs between the recorded data and the data made again; empty if nothing does. At most a few lines of text,
/// names escaped.
std::vector<std::string> differences(const KnownDataSet& recorded, const KnownDataSet& made_again);

}  // namespace assay::provenance
