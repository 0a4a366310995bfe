// Does version control speak of a file, where a project says what its build reads, makes, and takes from others?
#pragma once
#include <string_view>

#include "provenance/explain/explainer.hpp"
#include "vcs/reference.hpp"

namespace assay::provenance {

/// Is `name` (a base name) in `directory` of the reference a word of one of the files that say what the build makes and reads (configure.ac, Makefile.am, CMakeLists.txt,
/// meson.build, setup.py, bootstrap.conf, …), at the top or in that directory? Case aside, and reading each of them
/// anew: for few files. False where they cannot be read.
bool is_named_by_build(const vcs::Reference& reference, std::string_view directory, std::string_view name);
/// The same of the directory of the difference, of which each build file is read once for all files: for many of them.
bool is_named_by_build(const ExplainContext& context, std::string_view name);

/// Is `name` a word of `text`, of which `.`, `-` and `_` are parts?
bool has_word(std::string_view text, std::string_view name);

}  // namespace assay::provenance
