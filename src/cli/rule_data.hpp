// Where the rule data is, and the rules of every module.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "model/finding.hpp"
#include "provenance/known_files.hpp"

namespace assay::cli {

/// The directory with `known/` and its siblings: `asked` if given, else $ASSAY_RULES, else `../share/assay/rules` beside
/// the running binary, else the installed place, else the source tree this binary was built from.
Result<std::filesystem::path> find_rule_directory(const std::string& asked);

/// The known-files data of every directory asked for, or of the default one.
Result<provenance::KnownFiles> load_known_files(const std::vector<std::string>& asked);

/// Digest of the rule data in use, 16 hexadecimal digits; part of every report.
std::string ruleset_digest(const provenance::KnownFiles& known);

/// Every rule of every module, by id.
std::vector<Rule> all_rules();

}  // namespace assay::cli
