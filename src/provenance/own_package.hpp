// Whether a directory of a repository is a package of its own.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "vcs/reference.hpp"

namespace assay::provenance {

/// Is what stands in `directory` released as `project`? It has a manifest of a package there that says so, or is called so and has one;
/// and the repository's own tree is not that package: an old copy of a project says of itself what the project does.
bool is_package_of_its_own(const vcs::Reference& reference, const std::string& directory, std::string_view project);

/// Is it, or does it stand in, a directory where projects keep copies of what others publish: vendor, third_party, node_modules, …?
bool holds_copies_of_others(std::string_view directory);

/// The versions that the manifests in `directory` give, as they are written. What stands there until a release is made, 0.0.0, is none.
std::vector<std::string> declared_versions(const vcs::Reference& reference, const std::string& directory);

/// Another directory that says by the same kind of manifest that it is `project`; neither in `directory` nor in what stands aside or is
/// a copy. Empty if there is none.
std::string other_package_of_that_name(const vcs::Reference& reference, const std::string& directory,
                                       std::string_view project);

}  // namespace assay::provenance
