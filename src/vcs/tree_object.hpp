// Raw git tree objects (gitformat-pack(5) stores them as git-mktree(1) makes them): "<octal mode> SP <name> NUL <id>"
// one after another. Parsed here and not by the git library, because what is malformed has to be named, not hidden.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "digest/digest.hpp"
#include "model/entry.hpp"

namespace assay::vcs {

/// One entry as it stands in the object; name and id point into it.
struct RawTreeEntry {
  std::uint32_t mode = 0;
  std::string_view name;
  ByteView id;

  bool is_tree() const noexcept { return (mode & 0170000) == 0040000; }
  bool is_submodule() const noexcept { return (mode & 0170000) == 0160000; }
};

/// Reads a tree object entry by entry, without judging names or order.
class TreeCursor {
 public:
  TreeCursor(ByteView object, GitHash hash) noexcept : m_rest(object), m_id_size(hash == GitHash::sha1 ? 20 : 32) {}
  /// The next entry; nothing at the end or where the object is broken.
  std::optional<RawTreeEntry> next() noexcept;
  /// After next() returned nothing: bytes are left that are no entry.
  bool broken() const noexcept { return !m_rest.empty(); }

 private:
  ByteView m_rest;
  std::size_t m_id_size;
};

/// What can be used of a tree object, and what is wrong with it.
struct ParsedTree {
  std::vector<RawTreeEntry> entries;  ///< those with a harmless name and a known mode, each name once
  std::uint64_t defects = 0;
  std::string first_defect;  ///< escaped for display; empty if there is none
};

/// Parse and judge a tree object by the rules of git-fsck(1): names that are empty, `.`, `..`, `.git` in any spelling a
/// file system may take for it, or hold a slash; unknown modes; entries out of order or given twice; cut short.
ParsedTree parse_tree(ByteView object, GitHash hash);

/// True if every component of `path` is a name that parse_tree() lets pass.
bool is_harmless_path(std::string_view path);

/// Kind and permission bits (0755, 0644 or 0) of a mode that parse_tree() let pass.
EntryKind kind_of_mode(std::uint32_t mode) noexcept;
std::uint32_t permissions_of_mode(std::uint32_t mode) noexcept;

}  // namespace assay::vcs
