// Texts that programs read their settings from: most only describe something, some name what is run.
#pragma once
#include <string_view>

namespace assay::inspect {

/// Is it a text that only describes: what `reader` (ld, sqlite3, psql, openssl, git, R) takes from it runs nothing and takes no other file in?
/// False of other readers, and of what is no such text. Linear time.
bool only_describes(std::string_view reader, std::string_view text);

/// What git does with a setting, by its name ("core.hooksPath", "alias.x") and its value (git-config(1)).
enum class GitSetting {
  describes,  ///< runs nothing
  runs,       ///< the value is a command, or one is behind its "!"
  includes,   ///< the value is a file of settings, or of attributes that name some
  searches,   ///< the value is a directory in which git looks for what it runs
};
GitSetting git_setting(std::string_view name, std::string_view value);

}  // namespace assay::inspect
