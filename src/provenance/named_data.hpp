// Which data files of a release a script names: test data and binary files, by path, by pattern, or by a search through
// their directory. What it does with them is for inspect to find out.
#pragma once
#include <string>
#include <string_view>
#include <unordered_set>

#include "provenance/release_tree.hpp"

namespace assay::provenance {

class DataNames {
 public:
  /// `tree` outlives it.
  explicit DataNames(const ReleaseTree& tree);
  /// Does `text`, of the script at `script`, name one of them? Linear time.
  bool named_in(std::string_view script, std::string_view text) const;
  /// Does `text` name an object that differs from a C source of the release in punctuation only? Linear time.
  bool names_lookalike_object(std::string_view text) const;

 private:
  bool named_on(std::string_view line, std::string_view directory) const;
  bool is_data_directory(std::string_view path) const;
  bool is_data(std::string_view path) const;
  std::unordered_set<std::string_view> m_files;
  std::unordered_set<std::string_view> m_directories;
  std::unordered_set<std::string_view> m_test_directories;
  std::unordered_set<std::string_view> m_data_directories;  ///< among the tests, that hold such files
  std::unordered_set<std::string_view> m_sources;           ///< names of C sources without suffix
  std::unordered_set<std::string> m_folded_sources;         ///< the same without punctuation, of those that have some
};

}  // namespace assay::provenance
