// What Automake changed in the makefiles that it makes between versions of one interface (1.16 to 1.16.5), so that a release made
// with an earlier one can be held against what a later one makes of the same `Makefile.am`.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace assay::provenance {

/// Changes both to what they have in common, where a difference is one that Automake itself made: programs for tags that configure did
/// not look for yet, a target of `distcheck` and a heading of tests without a variable, orders of installation. Returns what was
/// changed, for people; nothing else of either is touched. Lines are logical ones (with those that they go on in), without blank
/// ones and comments.
std::vector<std::string> level_automake_versions(std::vector<std::string>& made, std::vector<std::string>& shipped);

}  // namespace assay::provenance
