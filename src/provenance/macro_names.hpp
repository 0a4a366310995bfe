// Which M4 macros texts define and which they speak of: who leaves one out leaves out what it does, without a word in what is made,
// because M4 takes a name that nobody defined for text.
#pragma once
#include <functional>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "vcs/reference.hpp"

namespace assay::provenance {

using MacroNames = std::set<std::string, std::less<>>;

/// The macros that a text defines.
MacroNames macros_defined_in(std::string_view text);

/// Of those, the ones that a configure.ac may use: by AC_DEFUN and the like, and not what a file keeps to itself.
MacroNames macros_for_configure_in(std::string_view text);

/// Every name that stands in a text, comments too.
MacroNames names_in(std::string_view text);

/// Each macro that a text defines, with what stands from its definition up to the next one.
std::map<std::string, std::string_view, std::less<>> macro_bodies_in(std::string_view text);

/// The base names of the files that a text includes, as `m4_include([version.inc])` does.
MacroNames base_names_included_in(std::string_view text);

/// The paths that an aclocal.m4 includes, as they stand there.
std::set<std::string, std::less<>> macro_files_included_in(std::string_view aclocal);

/// Every name that stands in the texts of version control that Autoconf reads, comments too.
class MacroUses {
 public:
  explicit MacroUses(const vcs::Reference& reference);
  void add(std::string_view text);
  /// Is one of `before` named and not among `after`?
  bool miss_one(const MacroNames& before, const MacroNames& after) const;

 private:
  MacroNames m_names;
};

}  // namespace assay::provenance
