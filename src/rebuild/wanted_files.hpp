// Files that a release has and that neither the tree nor the recipe makes: often the project's own makefiles know how to make them,
// and whoever made the release had them made by `make` before `make dist`. Only the names come from the release.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace assay::rebuild {

/// Places in the sandbox's /build: of the list, and of the program that reads it.
inline constexpr std::string_view k_wanted_place = "wanted";
inline constexpr std::string_view k_wanted_program = "bin/make-the-rest";

/// Those of `paths` that can be a target's name and nothing else to make(1) and the shell, a bounded number of them, one a line.
std::string wanted_list(const std::vector<std::string>& paths);

/// A shell script that has each of the list on its input made that is still not there, by the nearest makefile above it. It always
/// succeeds.
std::string_view wanted_script();

}  // namespace assay::rebuild
