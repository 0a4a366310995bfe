// Where the rule data is, and the rules of every module.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "inspect/chain.hpp"
#include "inspect/content/content_rules.hpp"
#include "model/finding.hpp"
#include "provenance/known_files.hpp"

namespace assay::cli {

/// The directory with `known/` and its siblings: `asked` if given, else $ASSAY_RULES, else `../share/assay/rules` beside
/// the running binary, else the installed place, else the source tree this binary was built from.
Result<std::filesystem::path> find_rule_directory(const std::string& asked);

/// The known-files data of the last directory asked for that has some, else of the default one.
Result<provenance::KnownFiles> load_known_files(const std::vector<std::string>& asked);

/// The content rules that come with assay, and after them those of every directory asked for: the `*.yar` in it and in
/// its `content/`. An Error names the file and line of what cannot be compiled.
Result<inspect::ContentRules> load_content_rules(const std::vector<std::string>& asked);

/// Digest of the rule data in use, the policy of chains among it: 16 hexadecimal digits; part of every report.
std::string ruleset_digest(const provenance::KnownFiles& known, const inspect::ContentRules& content,
                           const inspect::ChainPolicy& policy);

/// Every rule of every module and the content rules, by id. The latter live as long as `content`.
std::vector<Rule> all_rules(const inspect::ContentRules& content);

}  // namespace assay::cli
