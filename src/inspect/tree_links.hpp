// Where the links of a tree lead within it: a shell that is handed a link reads the file, whatever that is called.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/entry.hpp"

namespace assay::inspect {

/// Another name of a file.
struct LinkName {
  TreeEntry entry;        ///< the file as a regular one under this name
  bool symbolic = false;  ///< what is known of the content is known under the file's own name
};

class TreeLinks {
 public:
  /// `entries` are those of a tree, by path, and outlive this.
  explicit TreeLinks(const std::vector<TreeEntry>& entries);
  /// The regular file that `entry` is or leads to; null if it leads to none of the tree's, or to other bytes than a hard link has.
  const TreeEntry* file_of(const TreeEntry& entry) const;
  /// The regular file at `path`, links on the way followed; null if there is none.
  const TreeEntry* find(std::string_view path) const;
  /// The links that lead to `file`, by path.
  const std::vector<LinkName>& names_of(const TreeEntry& file) const;

 private:
  const TreeEntry* exact(std::string_view path) const;
  const TreeEntry* link_above(std::string_view path) const;
  const TreeEntry* file_of_hard_link(const TreeEntry& link) const;

  const std::vector<TreeEntry>& m_entries;
  bool m_any = false;  ///< there are links
  std::map<std::string_view, std::vector<LinkName>> m_names;
};

}  // namespace assay::inspect
