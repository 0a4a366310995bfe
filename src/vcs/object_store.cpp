#include "vcs/object_store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "vcs/libgit2.hpp"

namespace assay::vcs {

namespace {

constexpr std::array<std::string_view, 4> k_names = {"commit", "tree", "blob", "tag"};  // in the order of ObjectType

}  // namespace

std::string_view to_string(ObjectType type) noexcept {
  return k_names[static_cast<std::size_t>(type)];
}

std::optional<ObjectType> object_type(std::string_view name) noexcept {
  const auto* const found = std::find(k_names.begin(), k_names.end(), name);
  if (found == k_names.end()) return std::nullopt;
  return static_cast<ObjectType>(found - k_names.begin());
}

GitOid object_id(GitHash hash, ObjectType type, ByteView content) {
  return hash == GitHash::sha1 ? collision_detecting_id(type, content) : git_object_id(hash, to_string(type), content);
}

GitOid oid_from(ByteView bytes) noexcept {
  GitOid oid;
  oid.hash = bytes.size() == 20 ? GitHash::sha1 : GitHash::sha256;
  std::copy_n(bytes.begin(), std::min(bytes.size(), oid.bytes.size()), oid.bytes.begin());
  return oid;
}

Error wrong_type(const GitOid& id) {
  return {ErrorCode::format, "the object is not of the type that its place demands", fmt::format("object {}", id.hex()),
          "see what `git fsck` says of the repository"};
}

Error too_large(const GitOid& id, std::uint64_t size, std::uint64_t max_size) {
  return {ErrorCode::limit,
          fmt::format("the object has {} bytes, more than the {} allowed", size, max_size),
          fmt::format("object {}", id.hex()),
          {}};
}

}  // namespace assay::vcs
