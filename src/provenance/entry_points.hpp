// The entry points that a Python project declares, in pyproject.toml, setup.cfg or setup.py, and those of the entry_points.txt that
// setuptools writes of them ("Entry points specification" of the Python Packaging User Guide).
#pragma once
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace assay::provenance {

/// Pairs of group and `name=value`, without blanks.
using EntryPoints = std::set<std::pair<std::string, std::string>>;

/// Add what `text` declares: TOML, INI or Python, told line by line. What is written in another way is not found.
void add_declared_entry_points(std::string_view text, EntryPoints& declared);

/// Is each line of the entry_points.txt `text` declared, in its own group?
bool are_declared(std::string_view text, const EntryPoints& declared);

}  // namespace assay::provenance
