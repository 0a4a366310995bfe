// The index of a working tree (gitformat-index(5)): which files are tracked.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "digest/digest.hpp"

namespace assay::vcs {

/// One entry of the index.
struct IndexEntry {
  std::string path;
  std::uint32_t mode = 0;
  GitOid id;
  bool conflicted = false;  ///< the path stands in it more than once, after a merge
  bool absent = false;      ///< sparse checkout: not in the working tree by the user's own wish
};

/// The entries of an index of version 2, 3 or 4, a path once. Errors: cut short, a checksum that is not its own, names out
/// of order, such as lead outside of the working tree or take far more room than the file (format); split or sparse indices (unsupported).
Result<std::vector<IndexEntry>> parse_index(ByteView file, GitHash hash);

}  // namespace assay::vcs
