// Cryptographic digests of entries: SHA-256 decides trust, the git object id joins to version control.
// Git object id: SHA-1 or SHA-256 over "<type> SP <decimal size> NUL <content>" (gitformat-pack(5), git-hash-object(1)).
#pragma once
#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"

namespace assay {

/// A SHA-256 digest (FIPS 180-4).
struct Sha256 {
  std::array<std::uint8_t, 32> bytes{};
  auto operator<=>(const Sha256&) const = default;
  std::string hex() const;
  static std::optional<Sha256> from_hex(std::string_view hex);
};

enum class GitHash : std::uint8_t { sha1, sha256 };

/// A git object id of either object format; 20 or 32 bytes are significant.
struct GitOid {
  GitHash hash = GitHash::sha1;
  std::array<std::uint8_t, 32> bytes{};
  auto operator<=>(const GitOid&) const = default;
  std::size_t size() const noexcept { return hash == GitHash::sha1 ? 20 : 32; }
  ByteView view() const noexcept { return ByteView{bytes}.first(size()); }
  std::string hex() const { return to_hex(view()); }
  /// 40 or 64 hexadecimal digits.
  static std::optional<GitOid> from_hex(std::string_view hex);
};

/// What is known of one entry's content.
struct DigestSet {
  Sha256 sha256;
  GitOid git_oid;  ///< blob id in the object format of the repository compared with
  /// The content carries the marks of a SHA-1 collision attack (collision-detecting SHA-1, as git itself runs).
  /// The git id then proves nothing.
  bool sha1_collision = false;
  auto operator<=>(const DigestSet&) const = default;
};

/// SHA-256 of a whole buffer.
Sha256 sha256(ByteView content);

/// Git object id of a whole buffer; `type` is "blob", "tree", "commit" or "tag".
GitOid git_object_id(GitHash hash, std::string_view type, ByteView content);

/// Incremental SHA-256.
class Sha256Stream {
 public:
  Sha256Stream();
  ~Sha256Stream();
  Sha256Stream(Sha256Stream&&) noexcept;
  Sha256Stream& operator=(Sha256Stream&&) noexcept;
  void update(ByteView data);
  /// The digest of what was given since construction or the last finish(); ready for the next message afterwards.
  Sha256 finish();

 private:
  struct State;
  std::unique_ptr<State> m_state;
};

/// SHA-256, the git blob id and the SHA-1 collision check of one entry after another, in one pass over each.
/// Reuses its contexts: make one per thread, not one per entry.
class EntryHasher {
 public:
  explicit EntryHasher(GitHash hash);
  ~EntryHasher();
  EntryHasher(EntryHasher&&) noexcept;
  EntryHasher& operator=(EntryHasher&&) noexcept;
  /// Start an entry whose size is known beforehand (git hashes the size first).
  void begin(std::uint64_t size);
  void update(ByteView data);
  /// Finish the entry. If fewer or more bytes than announced were given, the git id is that of the announced size and
  /// matches nothing; the SHA-256 is that of the bytes given.
  DigestSet finish();

  /// The same in two steps for content that is at hand whole. First the id that joins it to version control: in SHA-1
  /// repositories from the collision-detecting SHA-1, so that content which bears the marks of an attack has an id that
  /// no object bears.
  GitOid git_id(ByteView content);
  /// Then, where the id decided nothing, the rest. `id` is what git_id() gave for this content; GitOid{} if it was not asked.
  DigestSet complete(const GitOid& id, ByteView content);

 private:
  struct State;
  std::unique_ptr<State> m_state;
};

}  // namespace assay

template <>
struct std::hash<assay::GitOid> {
  std::size_t operator()(const assay::GitOid& oid) const noexcept {
    std::size_t value = 0;
    for (std::size_t i = 0; i < sizeof value; ++i) value = value << 8 | oid.bytes[i];
    return value;
  }
};
template <>
struct std::hash<assay::Sha256> {
  std::size_t operator()(const assay::Sha256& digest) const noexcept {
    std::size_t value = 0;
    for (std::size_t i = 0; i < sizeof value; ++i) value = value << 8 | digest.bytes[i];
    return value;
  }
};
