// The tree as the interpreter sees it: names resolved the way a build would, contents read once, patterns searched for
// all together in one pass.
#pragma once
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "inspect/script/sed.hpp"
#include "inspect/tree_access.hpp"
#include "inspect/tree_links.hpp"

namespace assay::inspect {

/// A file in which a pattern was found.
struct TreeMatch {
  const TreeEntry* entry = nullptr;
  std::uint64_t offset = 0;  ///< of the first match
  std::string text;          ///< of the first match, at most 200 bytes
  bool binary = false;
};

class SourceTree {
 public:
  SourceTree(TreeAccess& tree, std::uint64_t max_file, std::uint64_t max_searched, std::size_t max_patterns);

  /// The files that a name in a script in `directory` may mean: relative to that directory or to the root; with wild
  /// cards; by its unique end where its beginning is not known. At most 16.
  const std::vector<const TreeEntry*>& resolve(std::string_view name, std::string_view directory);
  const TreeEntry* find(std::string_view path) const;
  /// Paths below `directory` (as a script says it) whose base name matches `glob`; at most 64.
  std::vector<const TreeEntry*> find_below(std::string_view name, std::string_view directory,
                                           std::string_view glob) const;
  /// The content, kept for the next time; null if it cannot be read or is too large (a gap), or if it is not at hand:
  /// ask again after fetch().
  std::shared_ptr<const std::string> read(const TreeEntry& entry, Coverage& coverage);

  /// Where the pattern of `grep` stands; null if that is not known yet: ask again after fetch().
  const std::vector<TreeMatch>* matches(const GrepCommand& grep, Coverage& coverage);
  /// Were names with wild cards compared with as many paths as they may be?
  bool exhausted() const noexcept { return m_comparisons_left == 0; }
  bool has_pending() const noexcept { return !m_pending.empty() || !m_pending_files.empty(); }
  /// One pass over the tree for every pattern and every file that was asked for.
  void fetch(Coverage& coverage);

 private:
  void search(Coverage& coverage);
  bool may_be_next(const TreeEntry& entry) const;
  void read_pending(Coverage& coverage);
  std::vector<const TreeEntry*> find_named(std::string_view name, std::string_view directory) const;
  bool compare() const noexcept { return m_comparisons_left > 0 && --m_comparisons_left > 0; }

  TreeAccess& m_tree;
  const TreeLinks m_links;
  std::uint64_t m_max_file;
  std::uint64_t m_max_searched;
  std::size_t m_max_patterns;
  std::unordered_map<std::string_view, const TreeEntry*> m_by_path;
  std::unordered_multimap<std::string_view, const TreeEntry*> m_by_name;
  std::map<std::string, std::shared_ptr<const std::string>, std::less<>> m_contents;
  std::uint64_t m_held = 0;
  std::uint64_t m_held_ahead = 0;  ///< bytes of files that nothing asked for yet
  std::map<std::pair<std::string, std::string>, std::vector<const TreeEntry*>> m_resolved;  ///< by directory and name
  std::map<std::string, std::vector<TreeMatch>> m_matches;                                  ///< by pattern and flags
  std::map<std::string, GrepCommand> m_pending;
  std::set<std::string, std::less<>> m_pending_files;
  mutable std::uint64_t m_comparisons_left = 100'000'000;
};

/// `a/./b/../c` → `a/c`; leading `..` that lead out are dropped, and so is a leading `/`.
std::string normalised_path(std::string_view directory, std::string_view name);

}  // namespace assay::inspect
