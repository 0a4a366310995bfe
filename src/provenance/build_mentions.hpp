// Does version control speak of a file, where a project says what its build reads, makes, and takes from others?
#pragma once
#include <string>
#include <string_view>
#include <unordered_map>

#include "provenance/explain/explainer.hpp"
#include "vcs/reference.hpp"

namespace assay::provenance {

/// The words of the files in one directory that say what a build makes and reads: configure.ac, Makefile.am, CMakeLists.txt, meson.build,
/// setup.py, bootstrap.conf, …, and `.gitignore`. `.`, `-`, `_` and `+` are parts of a word; case is put aside. A file that cannot be read
/// has none.
class BuildWords {
 public:
  BuildWords(const vcs::Reference& reference, std::string_view directory);

  /// Is `name` one of them?
  bool name(std::string_view name) const;
  /// Is it one of a file that a build reads? `.gitignore` tells what lies about, not who asked for it.
  bool ask_for(std::string_view name) const;

 private:
  std::unordered_map<std::string, bool> m_words;  ///< true where a build reads it
};

/// Is `name` a word of the build at the top or in the directory of the difference? Each directory is read once for all files.
bool is_named_by_build(const ExplainContext& context, std::string_view name);
/// The same, by files that a build reads.
bool is_asked_for_by_build(const ExplainContext& context, std::string_view name);

}  // namespace assay::provenance
