// What `assay rebuild` hands to evidence: the build record (docs/predicates/rebuild-v1.md) and the bill of materials.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "rebuild/rebuild.hpp"

namespace assay::cli {

struct EvidenceFiles {
  std::string sbom;        ///< SPDX if its name has "spdx" in it, else CycloneDX; empty: none
  std::string record;      ///< empty: none
  std::string builder_id;  ///< a URI
  std::vector<std::filesystem::path> against;
  std::string recipe;  ///< the user's own file, if there is one
};

/// Errors: the build was not traced or made nothing, a file cannot be written.
Result<void> write_evidence(const rebuild::Rebuild& rebuilt, const EvidenceFiles& files);

}  // namespace assay::cli
