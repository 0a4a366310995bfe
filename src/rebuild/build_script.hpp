// The shell script that a build runs: unpack the tree, look around, do the phases, hand out the artifacts.
#pragma once
#include <string>
#include <string_view>

#include "rebuild/build_recipe.hpp"
#include "rebuild/conditions.hpp"

namespace assay::rebuild {

/// What the script says on its status descriptor, a line each: `ready`; the probes of setting.hpp; `unmet PACKAGES` (as
/// dpkg-checkbuilddeps(1) lists them); `command PHASE N` (indices into the recipe); `failed CODE`; `collect`; `done`. The
/// artifacts are a tar archive. `work` is where everything happens: /build, or a directory of the host without a sandbox,
/// where processes left over are the caller's business; directories of `conditions` are below it. `without` is a file with
/// paths in the tree, each ended by a NUL, that are removed before anything looks at it; empty: none.
std::string build_script(const BuildRecipe& recipe, const Conditions& conditions, const std::string& work,
                         bool sandboxed, std::string_view without = {});

/// The variables that go with it, besides those of the conditions.
std::vector<std::pair<std::string, std::string>> build_environment(const BuildRecipe& recipe, const std::string& work,
                                                                   std::int64_t source_date_epoch);

}  // namespace assay::rebuild
