// What a known-files data set was made from, and what is in it: `NAME.json` beside `NAME.known`.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace assay::provenance {

/// Which files are indexed. Patterns as for glob_match_any(): `*` spans directories; `!PATTERN` excludes what it
/// matches.
struct KnownFilter {
  std::vector<std::string> paths;       ///< their digests; none given: all files
  std::vector<std::string> line_paths;  ///< those of them whose lines count as known as well

  bool indexes(std::string_view path) const;
  bool takes_lines_of(std::string_view path) const;
};

/// A distribution package whose files are indexed.
struct KnownPackage {
  std::string label;   ///< "libtool_2.4.7-7~deb12u1", the prefix of its paths in the data
  std::string sha256;  ///< of the package file, where there is one; empty for an unpacked directory
};

struct KnownManifest {
  std::string name;
  std::string repository;         ///< public address; empty for packages
  std::string head;               ///< commit that HEAD stood at
  std::vector<std::string> tips;  ///< the commits whose ancestors were indexed: every branch and tag
  std::vector<KnownPackage> packages;
  KnownFilter filter;
  std::uint64_t paths = 0;
  std::uint64_t files = 0;  ///< distinct (path, content) pairs
  std::uint64_t contents = 0;
  std::uint64_t lines = 0;
  std::uint64_t size = 0;  ///< bytes of the `.known` file
  std::string sha256;      ///< of the `.known` file

  std::string to_json() const;
  /// Errors: not JSON, not a manifest, of another format version.
  static Result<KnownManifest> from_json(std::string_view text, const std::string& where);
};

struct KnownDataSet {
  std::string bytes;  ///< the `.known` file
  KnownManifest manifest;
};

/// The names of the data sets in `directory` (its `*.known` files), sorted. Errors: it cannot be read.
Result<std::vector<std::string>> data_set_names(const std::filesystem::path& directory);

/// `DIR/NAME.known`
std::filesystem::path data_set_file(const std::filesystem::path& directory, std::string_view name);

/// Write `DIR/NAME.known` and `DIR/NAME.json`, each whole or not at all.
Result<void> write_data_set(const KnownDataSet& set, const std::filesystem::path& directory);

/// Read `DIR/NAME.known` and its manifest, and check the one against the other: digest, size, structure, counts.
Result<KnownDataSet> read_data_set(const std::filesystem::path& directory, std::string_view name);

}  // namespace assay::provenance
