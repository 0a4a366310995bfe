// One file system object of a tree, and a whole tree. Values only, no I/O.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "digest/digest.hpp"

namespace assay {

/// A path inside a tree or archive: bytes, relative, `/`-separated, no leading slash, no `.` or `..` components once a
/// reader has normalised it. Never a std::filesystem::path: names from outside are not host paths.
using EntryPath = std::string;

/// A path through containers: `a.deb!data.tar.xz!usr/bin/x`. `!` inside a name is written `\!`, a backslash `\\`: doubling
/// the `!` would leave it open on which side of the separator a name's own `!` stands.
class ContainerPath {
 public:
  ContainerPath() = default;
  explicit ContainerPath(std::vector<std::string> parts) : m_parts(std::move(parts)) {}
  ContainerPath child(std::string_view name) const;
  const std::vector<std::string>& parts() const noexcept { return m_parts; }
  std::string to_string() const;
  /// The inverse of to_string().
  static ContainerPath parse(std::string_view text);
  auto operator<=>(const ContainerPath&) const = default;

 private:
  std::vector<std::string> m_parts;
};

enum class EntryKind : std::uint8_t { regular, symlink, hardlink, directory, submodule, device, fifo, socket };

std::string_view to_string(EntryKind kind) noexcept;

struct TreeEntry {
  EntryPath path;
  EntryKind kind = EntryKind::regular;
  std::uint32_t mode = 0;     ///< permission bits 07777; in VCS trees 0755, 0644 or 0
  std::uint64_t size = 0;     ///< bytes of content; 0 where kind has none
  DigestSet digests;          ///< of the content; of the link target for a symlink; a commit id for a submodule
  std::string link_target;    ///< of a symlink or hard link, raw bytes
  bool sha256_known = false;  ///< digests.sha256 was computed (a VCS tree knows git ids only)

  bool executable() const noexcept { return (mode & 0100) != 0; }
};

/// A tree: entries sorted by path bytes, unique by path.
class TreeManifest {
 public:
  TreeManifest() = default;
  /// Sorts. Where a path occurs more than once the last one given wins, as it does when an archive is unpacked.
  explicit TreeManifest(std::vector<TreeEntry> entries);
  const std::vector<TreeEntry>& entries() const noexcept { return m_entries; }
  const TreeEntry* find(std::string_view path) const noexcept;
  bool empty() const noexcept { return m_entries.empty(); }
  std::size_t size() const noexcept { return m_entries.size(); }

 private:
  std::vector<TreeEntry> m_entries;
};

}  // namespace assay
