// A bounded pipe of byte blocks between two threads: decompression on one side, parsing and hashing on the other.
#pragma once
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <vector>

#include "base/bytes.hpp"
#include "base/error.hpp"

namespace assay {

/// Single producer, single consumer. Holds at most `depth` filled blocks; emptied blocks go back to be filled again, so
/// that memory is `(depth + 2) × block_size` whatever flows through.
class BlockQueue {
 public:
  BlockQueue(std::size_t block_size, std::size_t depth) : m_block_size(block_size), m_depth(depth) {}

  /// Producer: an empty block of capacity `block_size` to fill; nothing once the consumer has cancelled.
  std::optional<Bytes> acquire();
  /// Producer: hand over a filled block (its size is the number of valid bytes). Empty blocks are not passed on.
  /// False once the consumer has cancelled.
  bool push(Bytes block);
  /// Producer: no more blocks; `error` if the stream ended badly.
  void finish(Result<void> outcome);

  /// Consumer: the next block; nothing at the end, and then `outcome()` says how it ended.
  std::optional<Bytes> pop();
  /// Consumer: give a block back for reuse.
  void recycle(Bytes block);
  /// Consumer: stop the producer; its next call is refused.
  void cancel();
  /// How the stream ended; meaningful once pop() has returned nothing.
  Result<void> outcome() const;

 private:
  const std::size_t m_block_size;
  const std::size_t m_depth;
  mutable std::mutex m_mutex;
  std::condition_variable m_can_push;
  std::condition_variable m_can_pop;
  std::deque<Bytes> m_filled;
  std::vector<Bytes> m_free;
  Result<void> m_outcome;
  bool m_finished = false;
  bool m_cancelled = false;
};

}  // namespace assay
