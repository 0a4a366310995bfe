// Makes known-files data from an upstream's repository or from unpacked packages, and checks that it can be made again.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace assay::provenance {

/// Which files are indexed. Patterns as for glob_match_any(): `*` spans directories; `!PATTERN` excludes what it matches.
struct KnownFilter {
  std::vector<std::string> paths;       ///< their digests; none given: all files
  std::vector<std::string> line_paths;  ///< those of them whose lines count as known as well
};

/// A distribution package whose files are indexed.
struct KnownPackage {
  std::string label;   ///< "libtool_2.4.7-7~deb12u1", the prefix of its paths in the data
  std::string sha256;  ///< of the package file, where the source is one; else empty
};

/// What a data set was made from, and what is in it: `NAME.json` beside `NAME.known`.
struct KnownManifest {
  std::string name;
  std::string repository;          ///< public address; empty for packages
  std::string head;                ///< commit that HEAD stood at
  std::vector<std::string> tips;   ///< the commits whose ancestors were indexed: every branch and tag
  std::vector<KnownPackage> packages;
  KnownFilter filter;
  std::uint64_t paths = 0;
  std::uint64_t files = 0;         ///< distinct (path, content) pairs
  std::uint64_t contents = 0;
  std::uint64_t lines = 0;
  std::uint64_t size = 0;          ///< bytes of the `.known` file
  std::string sha256;              ///< of the `.known` file

  std::string to_json() const;
  /// Errors: not JSON, not a manifest, of another format version.
  static Result<KnownManifest> from_json(std::string_view text, const std::string& where);
};

struct KnownDataSet {
  std::string bytes;  ///< the `.known` file
  KnownManifest manifest;
};

/// Index the whole history of the git repository at `path`: all commits that `tips` (hexadecimal) descend from, or, if
/// none are given, all branches and tags. `address` is what the manifest calls the repository.
Result<KnownDataSet> index_repository(const std::filesystem::path& path, std::string name, std::string address,
                                      const KnownFilter& filter, const std::vector<std::string>& tips = {});

/// An unpacked package: every regular file below `directory` counts as `label:path`, first seen at its modification
/// time.
struct KnownTree {
  std::filesystem::path directory;
  KnownPackage package;
};
Result<KnownDataSet> index_trees(const std::vector<KnownTree>& trees, std::string name, const KnownFilter& filter);

/// Write `DIR/NAME.known` and `DIR/NAME.json`, each whole or not at all.
Result<void> write_data_set(const KnownDataSet& set, const std::filesystem::path& directory);

/// Read the manifest of `DIR/NAME` and check the data against it: digest, size, structure, counts.
Result<KnownManifest> check_data_set(const std::filesystem::path& directory, std::string_view name);

}  // namespace assay::provenance
