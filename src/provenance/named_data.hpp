// Which data files of a release a script names: test data and binary files, by path, by pattern, or by a search through
// their directory. What it does with them is for inspect to find out.
#pragma once
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "provenance/release_tree.hpp"

namespace assay::provenance {

class DataNames {
 public:
  /// `tree` outlives it.
  explicit DataNames(const ReleaseTree& tree);
  /// Does `text`, of the script at `path`, name one of them, or one of the tests by its last name, where `whole`, which `text` is a
  /// part of, names the directories that it is in (`cd tests/files && . ./x.txt`, `d = "tests"` and `join(d, "x.bin")`)? Linear time.
  bool named_in(std::string_view path, std::string_view text, std::string_view whole) const;
  /// Does `text` name an object that differs from a C source of the release in punctuation only? Linear time.
  bool names_lookalike_object(std::string_view text) const;

 private:
  class Script;
  bool ends_name(std::string_view path) const;
  bool named_by_parts(std::string_view line, Script& script) const;
  bool named_on(std::string_view line, Script& script) const;
  bool is_data_directory(std::string_view path) const;
  bool is_data(std::string_view path, Script& script) const;
  std::unordered_set<std::string_view> m_files;
  std::unordered_multimap<std::string_view, std::string_view> m_names;  ///< of those among the tests, by last name
  std::unordered_set<std::string_view> m_directories;
  std::unordered_set<std::string_view> m_test_directories;
  std::unordered_set<std::string_view> m_data_directories;  ///< among the tests, that hold such files
  std::unordered_set<std::string_view> m_sources;           ///< names of C sources without suffix
  std::unordered_set<std::string> m_folded_sources;         ///< the same without punctuation, of those that have some
};

}  // namespace assay::provenance
