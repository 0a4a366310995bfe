#include "archive/pipe.hpp"

#include <utility>

namespace assay::archive {

namespace {

// Measured with tests/bench/bench_archive on curl 7.88.1: from 64 KiB to 1 MiB the CPU time of reading is the same
// within 5 %, so memory decides.
constexpr std::size_t k_block_size = 256U << 10;
constexpr std::size_t k_depth = 8;

}  // namespace

Pipe::Pipe(ByteSource& source) : m_source(source), m_queue(k_block_size, k_depth), m_thread([this] { produce(); }) {}

Pipe::~Pipe() {
  stop();
}

void Pipe::stop() {
  m_queue.cancel();
  if (m_thread.joinable()) m_thread.join();
}

void Pipe::produce() {
  Result<void> outcome;
  try {
    outcome = produce_blocks();
  } catch (...) {
    m_exception = std::current_exception();
  }
  m_queue.finish(std::move(outcome));
}

Result<void> Pipe::produce_blocks() {
  while (auto block = m_queue.acquire()) {
    ASSAY_TRY(const auto got, m_source.read(*block));
    if (got == 0) break;
    block->resize(got);
    if (!m_queue.push(*std::move(block))) break;
  }
  return {};
}

Result<ByteView> Pipe::next() {
  if (m_current) m_queue.recycle(*std::exchange(m_current, std::nullopt));
  m_current = m_queue.pop();
  if (m_current) return ByteView{*m_current};
  const auto outcome = m_queue.outcome();
  if (m_exception) std::rethrow_exception(m_exception);
  if (!outcome) return outcome.error();
  return ByteView{};
}

}  // namespace assay::archive
