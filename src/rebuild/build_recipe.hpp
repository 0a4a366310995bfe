// How a project is built, phase by phase: chosen from what stands in its tree, or given by the user as TOML.
//
//   artifacts = ["out/*.tar.gz", "$ASSAY_INSTALL/**"]   # what is compared
//   needs = ["libfoo-dev (>= 2)"]                        # Debian packages, optional
//   [environment]                                        # optional
//   CFLAGS = "-O2"
//   [[phase]]
//   name = "build"
//   commands = ["make -j$(nproc)", "make install DESTDIR=$ASSAY_INSTALL"]
//
// Built-in recipes run no tests unless asked to: tests make nothing, and among what they read nobody sees what else is read
// there. A phase `test` of a given recipe runs them.
#pragma once
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "model/entry.hpp"

namespace assay::rebuild {

struct BuildPhase {
  std::string name;                   ///< lower-case letters: "configure", "build", "test", "install", "package"
  std::vector<std::string> commands;  ///< for sh -c, in the root of the tree; the first that fails ends the build
};

struct BuildRecipe {
  std::string name;  ///< "debian", "autotools", …; "given" if the user wrote it
  std::vector<BuildPhase> phases;
  std::vector<std::pair<std::string, std::string>> environment;
  /// Globs (`*`, `?`, `[…]`) of files that are artifacts, from the root of the tree ("../*.deb" too) or from
  /// `$ASSAY_INSTALL`, an empty directory to install into. One that ends in `/**` makes everything below its directory
  /// one artifact: a tar archive by name, with modes and links, and without times and owners.
  std::vector<std::string> artifacts;
  std::vector<std::string> needs;  ///< Debian packages it says it needs (Build-Depends), versions and alternatives kept
  std::vector<std::string> tools;  ///< Debian packages that bring the programs it calls, what every builder has apart
  std::string evidence;            ///< why this one: "debian/rules"

  /// One line for people.
  std::string to_string() const;
};

/// How whoever released it has it built and tested: with a phase `test` at the end where the build system knows tests, and not
/// as a distribution does. `name` as for build_recipe_named(), or empty. Errors: as for the others.
Result<BuildRecipe> choose_tested_recipe(std::string_view name, const TreeManifest& tree);

/// Errors: not_found if nothing in the tree says how it is built.
Result<BuildRecipe> choose_build_recipe(const TreeManifest& tree, std::string_view debian_control);
/// The built-in recipe of that name; an Error that lists them if there is none.
Result<BuildRecipe> build_recipe_named(std::string_view name, const TreeManifest& tree,
                                       std::string_view debian_control);
/// A recipe in TOML, see above. Errors name the file, the line and the key.
Result<BuildRecipe> read_build_recipe(const std::filesystem::path& file);
/// The same of a text; `file` is for messages.
Result<BuildRecipe> parse_build_recipe(std::string_view text, const std::filesystem::path& file);

}  // namespace assay::rebuild
