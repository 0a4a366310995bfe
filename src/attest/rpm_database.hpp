// The packages that an rpm database (rpmdb.sqlite) says are installed, and their files.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "attest/sbom.hpp"
#include "base/bytes.hpp"
#include "base/error.hpp"

namespace assay::attest {

struct RpmPackage {
  Component component;
  std::vector<std::string> files;  ///< absolute, directories among them
};

/// Errors: not such a database, or too large.
Result<std::vector<RpmPackage>> read_rpm_database(const std::filesystem::path& file);

/// One header as it stands in the database: without the magic that a package file has before it (rpm.org, "RPM V4 Package
/// format", Header). Errors: damaged, or it has no name.
Result<RpmPackage> read_rpm_header(ByteView header);

}  // namespace assay::attest
