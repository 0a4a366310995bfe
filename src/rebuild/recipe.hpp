// The way from a VCS tree to a release, as the project documents it: which commands, chosen from what stands in the
// tree, or given by the user.
#pragma once
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "model/entry.hpp"

namespace assay::rebuild {

struct RecipeStep {
  std::string command;  ///< for sh -c, in the root of the tree
  std::chrono::seconds time{900};
};

struct Recipe {
  std::string name;  ///< "autotools"; "given" if the user wrote it
  std::vector<RecipeStep> steps;
  std::vector<std::string> tools;  ///< programs whose versions are worth recording

  /// One line for people: "autotools: ./autogen.sh; ./configure; make distdir".
  std::string to_string() const;
};

/// What a recipe may depend on besides the tree.
struct RecipeFacts {
  std::string version;         ///< of the release; empty if unknown
  std::string gnulib;          ///< where a gnulib checkout stands in the sandbox; empty if there is none
  std::string bootstrap_text;  ///< content of `bootstrap`, if the tree has one
};

/// The recipe for `tree`; an Error of code not_found if nothing in it says how it is built.
Result<Recipe> choose_recipe(const TreeManifest& tree, const RecipeFacts& facts);

/// The built-in recipe called `name`, or, if there is none, an Error that lists them.
Result<Recipe> recipe_named(std::string_view name, const TreeManifest& tree, const RecipeFacts& facts);

/// A recipe of the user's own commands.
Recipe given_recipe(const std::vector<std::string>& commands);

/// True if `word` is the name of a built-in recipe.
bool is_recipe_name(std::string_view word) noexcept;

}  // namespace assay::rebuild
