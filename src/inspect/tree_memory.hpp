// A tree of files that are in memory: a single file under examination, or what a test makes.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "inspect/tree_access.hpp"

namespace assay::inspect {

class MemoryTree final : public TreeAccess {
 public:
  MemoryTree() = default;
  /// Put a regular file in; one already there under that path is replaced.
  void add(EntryPath path, Bytes content, std::uint32_t mode = 0644);
  /// Put a symbolic link in, or a hard link to a file that is there already.
  void add_link(EntryPath path, EntryPath target, EntryKind kind);
  const std::vector<TreeEntry>& entries() const override { return m_entries; }
  Result<Bytes> read(std::string_view path, std::uint64_t max_size) override;
  Result<void> visit(const std::function<bool(const TreeEntry&)>& want, std::uint64_t max_size,
                     const std::function<void(const TreeEntry&, ByteView)>& visitor, Coverage& coverage) override;

 private:
  void put(TreeEntry entry);

  std::vector<TreeEntry> m_entries;  ///< by path
  std::map<EntryPath, Bytes, std::less<>> m_contents;
};

/// What visit() of every tree says of a file it leaves out for its size.
void note_too_large(const TreeEntry& entry, std::uint64_t max_size, Coverage& coverage);

}  // namespace assay::inspect
