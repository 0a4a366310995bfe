// SHA-1 of git blobs with the collision detection of Stevens and Shumow ("Speeding up detection of SHA-1 collision
// attacks using unavoidable attack conditions", 2017), as git itself runs it, taken from libgit2.
#pragma once
#include <cstdint>
#include <memory>

#include "digest/digest.hpp"

namespace assay {

/// Streams one blob after another. The id of content that bears the marks of a collision attack is deliberately not its
/// SHA-1 ("safe hash"), so comparing it with a plain SHA-1 reveals the attack.
class CollisionDetectingSha1 {
 public:
  CollisionDetectingSha1();
  ~CollisionDetectingSha1();
  CollisionDetectingSha1(CollisionDetectingSha1&&) noexcept;
  CollisionDetectingSha1& operator=(CollisionDetectingSha1&&) noexcept;
  void begin_blob(std::uint64_t size);
  void update(ByteView data);
  /// The id; all zero if the number of bytes given was not the one announced.
  GitOid finish();

 private:
  struct State;
  std::unique_ptr<State> m_state;
};

}  // namespace assay
