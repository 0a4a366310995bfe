#include "base/block_queue.hpp"

#include <utility>

namespace assay {

std::optional<Bytes> BlockQueue::acquire() {
  std::unique_lock lock{m_mutex};
  if (m_cancelled) return std::nullopt;
  Bytes block;
  if (!m_free.empty()) {
    block = std::move(m_free.back());
    m_free.pop_back();
  }
  lock.unlock();
  block.resize(m_block_size);
  return block;
}

bool BlockQueue::push(Bytes block) {
  std::unique_lock lock{m_mutex};
  m_can_push.wait(lock, [&] { return m_cancelled || m_filled.size() < m_depth; });
  if (m_cancelled) return false;
  if (block.empty()) {
    m_free.push_back(std::move(block));
    return true;
  }
  m_filled.push_back(std::move(block));
  m_can_pop.notify_one();
  return true;
}

void BlockQueue::finish(Result<void> outcome) {
  const std::scoped_lock lock{m_mutex};
  m_outcome = std::move(outcome);
  m_finished = true;
  m_can_pop.notify_one();
}

std::optional<Bytes> BlockQueue::pop() {
  std::unique_lock lock{m_mutex};
  m_can_pop.wait(lock, [&] { return m_cancelled || m_finished || !m_filled.empty(); });
  if (m_cancelled || m_filled.empty()) return std::nullopt;
  auto block = std::move(m_filled.front());
  m_filled.pop_front();
  m_can_push.notify_one();
  return block;
}

void BlockQueue::recycle(Bytes block) {
  const std::scoped_lock lock{m_mutex};
  m_free.push_back(std::move(block));
}

void BlockQueue::cancel() {
  const std::scoped_lock lock{m_mutex};
  m_cancelled = true;
  m_can_push.notify_all();
  m_can_pop.notify_all();
}

Result<void> BlockQueue::outcome() const {
  const std::scoped_lock lock{m_mutex};
  return m_outcome;
}

}  // namespace assay
