// libgit2 as every part of this module uses it: initialised while something needs it, with no configuration but its own.
#pragma once
#include "base/bytes.hpp"
#include "digest/digest.hpp"

struct git_oid;

namespace assay::vcs {

/// Keeps libgit2 initialised. The settings are the process's: no configuration of the system or the user is read, objects are
/// hashed again when they are read, and little is cached. Throws std::runtime_error if the library cannot be initialised.
class Libgit2 {
 public:
  Libgit2();
  ~Libgit2();
  Libgit2(const Libgit2&) = delete;
  Libgit2& operator=(const Libgit2&) = delete;
};

enum class ObjectType : std::uint8_t;

/// The id of an object from the collision-detecting SHA-1; all zero if the library cannot compute it.
GitOid collision_detecting_id(ObjectType type, ByteView content);

GitOid from_libgit2(const git_oid& raw) noexcept;
git_oid to_libgit2(const GitOid& oid) noexcept;  ///< of a SHA-1 id: libgit2 1.5 knows no other

}  // namespace assay::vcs
