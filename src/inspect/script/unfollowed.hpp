// Files that a build executes by their name in languages that are not followed: what they do with bytes is not known, but
// test data that they run, or that a program among them names, is.
#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "inspect/script/analysis.hpp"
#include "inspect/tree_access.hpp"

namespace assay::inspect {

/// "Gradle", "Bazel" …: the language of a file that builds execute, or take commands from, by its name; empty for other files.
std::string_view unfollowed_language(std::string_view path);

class UnfollowedCheck {
 public:
  explicit UnfollowedCheck(const std::vector<TreeEntry>& entries) : m_entries(entries) {}
  /// Look at one such file, not at those among the tests. Linear in the size of `text`, of which a first part is read. Keys
  /// that it exclusive-ors with go to `analysis` where it names test data.
  void examine(std::string_view path, std::string_view text, const FileFacts& facts, ScriptAnalysis& analysis);

 private:
  struct Named {
    std::string file;
    std::size_t at = 0;  ///< offset of the name in the text
  };
  std::vector<Named> named_in(std::string_view path, std::string_view text);
  void examine_modules(std::string_view text, const std::function<void(const std::string&, std::size_t)>& tell) const;
  const std::string* test_data(std::string_view directory, std::string_view name);

  const std::vector<TreeEntry>& m_entries;
  std::unordered_set<std::string> m_files;  ///< test data, known once they are asked for
  bool m_known = false;
};

}  // namespace assay::inspect
