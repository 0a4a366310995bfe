// The members of an archive as a tree. What fits in memory is kept from the first pass; what does not is streamed again.
#pragma once
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "archive/reader.hpp"
#include "inspect/tree_access.hpp"

namespace assay::inspect {

class ArchiveTree final : public TreeAccess {
 public:
  using Progress = std::function<void(std::uint64_t done, std::uint64_t total)>;

  /// Read the archive `file` once. A directory that all its members are in is taken off their paths (see prefix()).
  /// Errors as those of archive::read_archive().
  static Result<ArchiveTree> open(const std::filesystem::path& file, const Limits& limits,
                                  const Progress& progress = {});
  /// Over an archive that was read already: its `entries` (with their full paths) as seen from `prefix` (no slash at its
  /// end; empty for none): what lies outside it begins with "../".
  ArchiveTree(std::filesystem::path file, std::vector<TreeEntry> entries, std::string prefix, const Limits& limits);

  /// What the pass found out: format, digest, findings, coverage. `entries` and `kept` are empty.
  const archive::ArchiveContents& contents() const noexcept { return m_contents; }
  /// The directory taken off, no slash at its end; empty if none.
  const std::string& prefix() const noexcept { return m_prefix; }
  /// The full path of a member of the tree.
  std::string path_in_archive(std::string_view path) const;

  const std::vector<TreeEntry>& entries() const override { return m_manifest.entries(); }
  Result<Bytes> read(std::string_view path, std::uint64_t max_size) override;
  bool is_at_hand(std::string_view path) const override { return m_cache.contains(path_in_archive(path)); }
  Result<void> visit(const std::function<bool(const TreeEntry&)>& want, std::uint64_t max_size,
                     const std::function<void(const TreeEntry&, ByteView)>& visitor, Coverage& coverage) override;

 private:
  const TreeEntry* find(std::string_view path) const;
  const Bytes* cached(const TreeEntry& entry) const;
  void take_entries(std::vector<TreeEntry> entries);

  std::filesystem::path m_file;
  Limits m_limits;
  std::string m_prefix;
  archive::ArchiveContents m_contents;
  TreeManifest m_manifest;
  std::map<EntryPath, Bytes, std::less<>> m_cache;  ///< by full path
};

}  // namespace assay::inspect
