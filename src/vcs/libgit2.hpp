// libgit2 as every part of this module uses it: initialised while something needs it, with no configuration but its own.
#pragma once
#include <filesystem>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/error.hpp"
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

/// What a revision (gitrevisions(7)) leads to in a repository whose ids are SHA-1. `objects` are its directories of them.
Result<GitOid> resolve_by_libgit2(const std::filesystem::path& git_dir,
                                  const std::vector<std::filesystem::path>& objects, std::string_view revision);

}  // namespace assay::vcs
