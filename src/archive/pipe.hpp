// A byte source run on a thread of its own, so that decompression and what the reader does overlap.
#pragma once
#include <exception>
#include <memory>
#include <optional>
#include <thread>

#include "archive/source.hpp"
#include "base/block_queue.hpp"

namespace assay::archive {

class Pipe {
 public:
  /// Start reading ahead of the consumer.
  explicit Pipe(ByteSource& source);
  ~Pipe();
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  /// The next block, valid until the next call; empty at the end and ever after. An Error once the source ended with
  /// one, after all that it gave before.
  Result<ByteView> next();
  /// Stop reading ahead and wait for the thread; the source is the caller's again afterwards.
  void stop();

 private:
  void produce();
  Result<void> produce_blocks();

  ByteSource& m_source;
  BlockQueue m_queue;
  std::optional<Bytes> m_current;
  std::exception_ptr m_exception;  ///< written by the thread before finish(), read after it
  std::thread m_thread;
};

}  // namespace assay::archive
