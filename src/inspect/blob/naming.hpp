// Which binary test files does any text of the tree name? Context for an analyst: an honest fixture is mostly named by the
// test that reads it, a planted one by nobody, or by a pattern.
#pragma once
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "inspect/blob/check.hpp"

namespace assay::inspect {

class FixtureNames {
 public:
  /// The names to look for: files of `tree` in places of test data, by base name and stem.
  explicit FixtureNames(const std::vector<TreeEntry>& entries);
  /// `path` is binary (found out later than that it exists).
  void mark_binary(std::string_view path);
  /// Note the names that stand in a text of the tree.
  void read_text(std::string_view text);
  /// Files other than `self` that `text` names by their base name, at most 8.
  std::vector<std::string> named_in(std::string_view text, std::string_view self) const;
  /// One finding per directory that has binaries no text names.
  void report(BlobSink& sink) const;
  /// Is the fixture at `path` named by no text read so far? False for what is no fixture.
  bool is_unnamed(std::string_view path) const;

 private:
  struct Fixture {
    std::string path;
    bool binary = false;
  };
  /// The index of a fixture; their number if there is none at that path.
  std::size_t find(std::string_view path) const;
  struct Name {
    std::vector<std::size_t> fixtures;
    bool read = false;  ///< it stands in a text; that is noted once
  };
  std::vector<Fixture> m_fixtures;                  ///< by path
  std::unordered_map<std::string, Name> m_by_name;  ///< base name or stem → fixtures
  std::vector<bool> m_named;
  std::vector<std::string> m_patterns;  ///< words with `*`, distinct
};

}  // namespace assay::inspect
