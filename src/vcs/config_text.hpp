// The syntax of git-config(1) files, for the two we look at: `.gitmodules`, and a repository's own configuration, of
// which nothing is honoured but what says how its objects are stored. Includes are not followed.
#pragma once
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace assay::vcs {

struct ConfigValue {
  std::size_t header = 0;  ///< which of the file's section headers it stands below; 0 for none
  std::string section;     ///< lower case
  std::string subsection;  ///< as written
  std::string key;         ///< lower case
  std::string value;       ///< "true" for a key that stands alone
};

/// Give `take` every assignment in the order of the file. What cannot be understood is skipped. They are not handed out together: a
/// long name of a section, had by each of a million values, is more than any memory holds.
void read_config(std::string_view text, const std::function<void(const ConfigValue&)>& take);

/// A submodule as `.gitmodules` names it.
struct SubmoduleName {
  std::string name;
  std::string path;
};
/// Of several paths below one header the last counts.
std::vector<SubmoduleName> parse_gitmodules(std::string_view text);

}  // namespace assay::vcs
