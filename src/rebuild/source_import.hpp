// Unpacks what others packed, in the sandbox: outside data is handed to tar(1) and dpkg-source(1) where they can do no harm.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>

#include "base/error.hpp"
#include "base/file.hpp"
#include "rebuild/control_file.hpp"

namespace assay::rebuild {

struct Imported {
  UniqueFd tar;  ///< the tree without a leading directory, members by name, owners 0, positioned at its start
  std::int64_t newest = 0;  ///< the time of its newest file
};

/// Unpack the source package that `description`, the content of the .dsc at `dsc`, lists; its parts lie beside it. Errors: a
/// part that is missing or does not have its SHA-256, no sandbox, dpkg-source(1) refuses it.
Result<Imported> import_source_package(const std::filesystem::path& dsc, const std::string& description,
                                       const std::filesystem::path& root);

/// Unpack a tar archive, compressed or not. A single top directory is left away. Errors: no sandbox, tar(1) refuses it.
Result<Imported> import_tarball(const std::filesystem::path& file, const std::filesystem::path& root);

}  // namespace assay::rebuild
