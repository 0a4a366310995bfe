// Which installed package a file belongs to: the databases of dpkg, apk and rpm below a root file system.
#pragma once
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "attest/sbom.hpp"
#include "model/finding.hpp"

namespace assay::attest {

struct PackageFile {
  std::size_t package = 0;  ///< index into PackageFiles::packages()
  std::string md5;          ///< hex, as the package says it; empty if it does not
};

class PackageFiles {
 public:
  /// Look up `wanted`: absolute paths without links, as a program sees them whose root is `root`. What cannot be read is a
  /// gap. No database at all is none: then no file has an owner.
  static PackageFiles read(const std::filesystem::path& root, const std::vector<std::string>& wanted,
                           Coverage& coverage);

  /// Everything that is installed, each with name, version and purl.
  const std::vector<Component>& packages() const noexcept { return m_packages; }
  /// Nothing if no package lists the file.
  const PackageFile* find(std::string_view path) const;
  bool has_database() const noexcept { return !m_packages.empty(); }
  /// Is this file a record of the package manager itself: what is installed, and which files it brought?
  static bool is_record(std::string_view path) noexcept;

 private:
  friend class PackageFileReader;
  std::vector<Component> m_packages;
  std::unordered_map<std::string, std::optional<PackageFile>> m_files;  ///< what was wanted
};

}  // namespace assay::attest
