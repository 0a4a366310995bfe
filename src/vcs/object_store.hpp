// Objects of a repository by their id (docs/adr/019). Nothing else of this module knows how they are stored.
#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "digest/digest.hpp"

namespace assay::vcs {

enum class ObjectType : std::uint8_t { commit, tree, blob, tag };

/// As objects name it: "commit".
std::string_view to_string(ObjectType type) noexcept;
std::optional<ObjectType> object_type(std::string_view name) noexcept;

struct ObjectHeader {
  ObjectType type = ObjectType::blob;
  std::uint64_t size = 0;  ///< bytes of content
};

/// The content of one object, and what keeps it in memory.
class ObjectContent {
 public:
  ObjectContent(std::shared_ptr<const void> owner, ByteView bytes) noexcept
      : m_owner(std::move(owner)), m_bytes(bytes) {}
  ByteView bytes() const noexcept { return m_bytes; }

 private:
  std::shared_ptr<const void> m_owner;
  ByteView m_bytes;
};

/// How many objects' ids begin alike.
struct PrefixMatch {
  enum class Count : std::uint8_t { none, one, several } count = Count::none;
  GitOid id;  ///< of the one
};

/// Safe on several threads at once.
class ObjectStore {
 public:
  virtual ~ObjectStore() = default;
  /// What an object claims to be; nothing of its content is verified. Errors: not_found, format.
  virtual Result<ObjectHeader> header(const GitOid& id) const = 0;
  /// An object whose content has that id. Errors: absent (not_found), of another type or damaged (format), larger than
  /// `max_size` (limit).
  virtual Result<ObjectContent> read(const GitOid& id, ObjectType type, std::uint64_t max_size) const = 0;
  virtual bool has(const GitOid& id) const = 0;
  /// Objects whose ids begin with the first `digits` hexadecimal digits of `id`.
  virtual PrefixMatch matching(const GitOid& id, std::size_t digits) const = 0;
  /// Forms of gitrevisions(7) that resolve_revision() leaves to the store: reflogs and searches in messages.
  virtual Result<GitOid> resolve_special(std::string_view revision) const = 0;
};

/// Those of a repository whose ids are of that hash. `objects` is the directory of that name, which worktrees share.
Result<std::unique_ptr<ObjectStore>> open_objects(GitHash hash, const std::filesystem::path& git_dir,
                                                  const std::filesystem::path& objects);

/// The id as git computes it; in SHA-1 one that nothing has for content that bears the marks of a collision attack.
GitOid object_id(GitHash hash, ObjectType type, ByteView content);

/// The id whose bytes these are: 20 of SHA-1 or 32 of SHA-256.
GitOid oid_from(ByteView bytes) noexcept;

Error wrong_type(const GitOid& id);
Error too_large(const GitOid& id, std::uint64_t size, std::uint64_t max_size);

}  // namespace assay::vcs
