// Which M4 macros texts define and which they speak of: who leaves one out leaves out what it does, without a word in what is made,
// because M4 takes a name that nobody defined for text.
#pragma once
#include <functional>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "vcs/reference.hpp"

namespace assay::provenance {

using MacroNames = std::set<std::string, std::less<>>;

/// The macros that a text defines.
MacroNames macros_defined_in(std::string_view text);

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
