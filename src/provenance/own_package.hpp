// Whether a directory of a repository is a package of its own.
#pragma once
#include <string>
#include <string_view>

#include "vcs/reference.hpp"

namespace assay::provenance {

/// Is what stands in `directory` released as `project`? It has a manifest of a package there that says so, or is called so and has one;
/// and the repository's own tree is not that package: an old copy of a project says of itself what the project does.
bool is_package_of_its_own(const vcs::Reference& reference, const std::string& directory, std::string_view project);

}  // namespace assay::provenance
