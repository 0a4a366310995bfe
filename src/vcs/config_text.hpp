// The syntax of git-config(1) files, for the two we look at: `.gitmodules`, and a repository's own configuration, of
// which nothing is honoured but what says how its objects are stored. Includes are not followed.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace assay::vcs {

struct ConfigValue {
  std::string section;     ///< lower case
  std::string subsection;  ///< as written
  std::string key;         ///< lower case
  std::string value;       ///< "true" for a key that stands alone
};

/// Every assignment in the order of the file. What cannot be understood is skipped.
std::vector<ConfigValue> parse_config(std::string_view text);

/// The last value of `section.key` (no subsection); empty if there is none.
std::string_view config_value(const std::vector<ConfigValue>& config, std::string_view section, std::string_view key);

/// A submodule as `.gitmodules` names it.
struct SubmoduleName {
  std::string name;
  std::string path;
};
std::vector<SubmoduleName> parse_gitmodules(std::string_view text);

}  // namespace assay::vcs
