// The files of a distribution package (.deb, deb(5)), read without unpacking it.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "provenance/known_manifest.hpp"

namespace assay::provenance {

struct PackageReader {
  /// Asked for each regular file's path in the package ("usr/share/aclocal/libtool.m4").
  std::function<bool(std::string_view path)> wanted;
  /// Given the files that were wanted.
  std::function<void(std::string_view path, ByteView content)> visit;
};

struct PackageFacts {
  KnownPackage package;    ///< labelled name_version, as its control file has them
  std::int64_t built = 0;  ///< the time its archive members bear: the date of its changelog entry
};

/// Read the package `file`. Tar archives inside it that are wanted are both visited and read themselves; their members
/// follow a `!`: "usr/share/gettext/archive.dir.tar.xz!archive/m4/po.m4". Errors: no Debian package, damaged.
Result<PackageFacts> read_package(const std::filesystem::path& file, const PackageReader& reader);

}  // namespace assay::provenance
