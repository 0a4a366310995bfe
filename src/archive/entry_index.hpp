// The entries of an archive in their order, found by path.
#pragma once
#include <cstdint>
#include <optional>
#include <set>
#include <string_view>
#include <vector>

#include "model/entry.hpp"

namespace assay::archive {

/// Finds the entry added last under a path. Does not own the entries, nor hold their paths a second time.
class EntryIndex {
 public:
  explicit EntryIndex(const std::vector<TreeEntry>& entries) : m_entries(entries), m_by_path(ByPath{&entries}) {}
  EntryIndex(const EntryIndex&) = delete;
  EntryIndex& operator=(const EntryIndex&) = delete;

  /// Position of the last entry with that path.
  std::optional<std::uint32_t> find(std::string_view path) const;
  /// Take the entry at the end of the vector in. The position of the one it replaces, if there is one.
  std::optional<std::uint32_t> add_last();

 private:
  /// A tree, not a hash: names come from outside and must not be able to collide on purpose.
  struct ByPath {
    using is_transparent = void;
    const std::vector<TreeEntry>* entries;
    bool operator()(std::uint32_t a, std::uint32_t b) const { return (*entries)[a].path < (*entries)[b].path; }
    bool operator()(std::uint32_t a, std::string_view b) const { return (*entries)[a].path < b; }
    bool operator()(std::string_view a, std::uint32_t b) const { return a < (*entries)[b].path; }
  };

  const std::vector<TreeEntry>& m_entries;
  std::set<std::uint32_t, ByPath> m_by_path;
};

}  // namespace assay::archive
