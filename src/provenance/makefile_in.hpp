// Two `Makefile.in` that Automake made of the same `Makefile.am` and yet not the same: one with another libtool at hand, the other
// with another Automake of the same kind. What such a file may lack, without any build doing anything else.
#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assay::provenance {

struct MakefileDifference {
  std::size_t comments = 0;           ///< whole-line comments that only one of them has
  std::vector<std::string> unused;    ///< variables that configure would fill in and nothing in the file uses
  std::vector<std::string> lists;     ///< of what is distributed or makes `aclocal.m4` stale, with other members
  std::vector<std::string> versions;  ///< what another Automake of the same interface writes otherwise
};

/// How `shipped` differs from `made`, if every difference is one of these: a comment; a line `NAME = @NAME@` that is not there for
/// a NAME that nothing uses; another list of files that only maintainers' rules read; how strictly Automake was asked to look; what
/// Automake itself changed between versions of one interface.
/// Nothing if anything else differs, an order included, or if one of them is not Automake's.
std::optional<MakefileDifference> harmless_difference(std::string_view made, std::string_view shipped);

}  // namespace assay::provenance
