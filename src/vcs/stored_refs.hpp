// Refs as a repository stores them: one file each, or many in packed-refs (gitrepository-layout(5), git-pack-refs(1)).
//
// libgit2 goes through all refs of a repository for each question about some; curl's has 17,700 of pull requests beside 245
// branches and tags, and that took 17 ms.
#pragma once
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "digest/digest.hpp"

namespace assay::vcs {

struct StoredRef {
  std::string name;
  std::optional<GitOid> target;  ///< none if it is symbolic
  std::optional<GitOid> peeled;  ///< where the annotated tag leads, if that is known
};

/// Those of `packed_refs` whose names begin with `prefix`, by name. Lines that are none are passed over; of two of the
/// same name the last counts.
std::vector<StoredRef> parse_packed_refs(ByteView packed_refs, std::string_view prefix);

/// The names of files below `common_dir` that begin with `prefix` ("refs/tags/"), sorted; no more than `most`. Links to
/// directories are not followed, locks are no refs.
std::vector<std::string> loose_refs(const std::filesystem::path& common_dir, std::string_view prefix, std::size_t most);

}  // namespace assay::vcs
