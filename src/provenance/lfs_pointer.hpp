// Pointers of Git LFS (git-lfs/docs/spec.md, "The Pointer"): what version control has of a file whose content it has not.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

#include "digest/digest.hpp"

namespace assay::provenance {

struct LfsPointer {
  Sha256 sha256;  ///< of the content
  std::uint64_t size = 0;
};

/// The pointer that a file is, if it is one. Whether it stands for a content only an attribute says (`filter=lfs`).
std::optional<LfsPointer> parse_lfs_pointer(std::string_view file);

}  // namespace assay::provenance
