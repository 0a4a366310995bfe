// What is built: a Debian source package (.dsc), a tarball, a directory or a revision of a repository, on its way into the
// sandbox.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/limits.hpp"
#include "model/assessment.hpp"
#include "model/entry.hpp"

namespace assay::rebuild {

struct BuildSource {
  SubjectInfo subject;
  std::string name, version;   ///< "hello", "2.10-3"; version may be empty
  UniqueFd tar;                ///< the tree as a tar archive without a leading directory
  Sha256 digest;               ///< of that archive: the same tree gives the same
  TreeManifest tree;           ///< what is in it
  std::string debian_control;  ///< content of debian/control; empty if there is none
  std::int64_t source_date_epoch = 0;
  std::string epoch_from;          ///< "debian/changelog", "tag v1.2", "newest file"
  std::vector<std::string> notes;  ///< what a reader should know: "the signature of the .dsc was not checked"; escaped
};

struct SourceOptions {
  std::filesystem::path root = "/";  ///< whose dpkg-source(1) and tar(1) unpack it, in the sandbox
  Limits limits;
};

/// Open what the user named: FILE.dsc (its parts are verified against the digests it lists, and Debian's patches applied by
/// dpkg-source(1)), a release tarball, a directory (of a repository: the files of its working tree that it tracks), or
/// REPO@REV. Nothing is executed outside the sandbox. No file of the tree is newer than source_date_epoch if that is a
/// changelog's. Errors name the part that is missing or does not have its digest.
Result<BuildSource> open_build_source(const std::string& what, const SourceOptions& options);

}  // namespace assay::rebuild
