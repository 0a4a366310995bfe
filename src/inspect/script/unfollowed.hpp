// Files that a build executes by their name in languages that are not followed: what they do with bytes is not known, but
// test data that they run, or that a program among them names, is.
#pragma once
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "inspect/script/analysis.hpp"
#include "inspect/tree_access.hpp"

namespace assay::inspect {

/// "Gradle", "Bazel" …: the language of a file that builds execute, or take commands from, by its name; empty for other files.
std::string_view unfollowed_language(std::string_view path);

/// Does a line of a script for an editor, vim or emacs, run a file, or take it in, that is test data by its name? Linear time.
bool editor_runs_test_data(std::string_view text);

class UnfollowedCheck {
 public:
  explicit UnfollowedCheck(const std::vector<TreeEntry>& entries) : m_entries(entries) {}
  /// Look at one such file, not at those among the tests. Linear in the size of `text`. Keys that it exclusive-ors with go
  /// to `analysis` where it names test data; so does a gap in its coverage where it is longer than k_longest_script.
  void examine(std::string_view path, std::string_view text, const FileFacts& facts, ScriptAnalysis& analysis);

 private:
  const std::string* module_among_tests(std::string_view line);
  const std::string* test_data(std::string_view directory, std::string_view name);

  const std::vector<TreeEntry>& m_entries;
  std::unordered_set<std::string> m_files;                      ///< test data, known once they are asked for
  std::unordered_map<std::string, const EntryPath*> m_modules;  ///< files of the tests and the first of each directory
  bool m_known = false;
  bool m_modules_known = false;
};

}  // namespace assay::inspect
