#include "provenance/judging_ahead.hpp"

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <utility>

#include "base/text.hpp"

namespace assay::provenance {

namespace {

constexpr std::size_t k_most_held = 24U << 20;  ///< bytes: of texts that wait, and of counterparts that were read
constexpr std::size_t k_most_waiting = 4096;
constexpr std::uint64_t k_largest_counterpart = 1U << 20;

std::string key_of(std::string_view path, const Sha256& digest) {
  return digest.hex() + ' ' + std::string{path};
}

}  // namespace

struct JudgingAhead::State {
  struct Work {
    std::size_t bytes = 0;
    std::function<void()> run;
  };

  State(const vcs::Reference& the_reference, const KnownFiles& known, BuildLines& build_lines)
      : reference(the_reference), meter(the_reference, known, build_lines) {}

  void add(Work work) {
    const std::scoped_lock lock{mutex};
    if (finished || waiting.size() >= k_most_waiting || held_bytes + work.bytes > k_most_held) return;
    held_bytes += work.bytes;
    waiting.push_back(std::move(work));
    changed.notify_all();
    if (!thread.joinable()) thread = std::thread{[this] { work_off(); }};
  }

  /// Too little memory for it is as if nobody had tried.
  void work_off() noexcept {
    try {
      for (;;) {
        std::unique_lock lock{mutex};
        changed.wait(lock, [&] { return finished || !waiting.empty(); });
        if (finished) return;
        const auto work = std::move(waiting.front());
        waiting.pop_front();
        lock.unlock();
        work.run();
        lock.lock();
        held_bytes -= work.bytes;
      }
    } catch (...) {
      const std::scoped_lock lock{mutex};
      finished = true;
      running.clear();
      changed.notify_all();
    }
  }

  void measure(const std::string& path, const std::string& key, const Bytes& content) {
    {
      const std::scoped_lock lock{mutex};
      running = key;
    }
    // As explain_composed() does for a text that stands at no path of the reference.
    auto novelty =
        looks_like_text(content) ? std::optional{meter.measure(path, as_text(content), std::nullopt)} : std::nullopt;
    const std::scoped_lock lock{mutex};
    running.clear();
    if (novelty) novelties.insert_or_assign(key, std::move(*novelty));
    changed.notify_all();
  }

  void read(const TreeEntry& counterpart) {
    auto content = reference.read(counterpart, k_largest_counterpart);
    if (!content) return;
    const std::scoped_lock lock{mutex};
    held_bytes += content->size();
    if (held_bytes <= k_most_held) counterparts.insert_or_assign(counterpart.path, std::move(*content));
  }

  const vcs::Reference& reference;
  NoveltyMeter meter;  ///< of the thread alone
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<Work> waiting;
  std::size_t held_bytes = 0;
  bool finished = false;
  std::string running;  ///< key of the text that is being measured
  std::unordered_map<std::string, Novelty> novelties;
  std::unordered_map<std::string, Bytes> counterparts;
  std::thread thread;
};

JudgingAhead::JudgingAhead(const vcs::Reference& reference, const KnownFiles& known, BuildLines& build_lines)
    : m_state(std::make_unique<State>(reference, known, build_lines)) {}

JudgingAhead::~JudgingAhead() {
  finish();
  if (m_state->thread.joinable()) m_state->thread.join();
}

void JudgingAhead::measure(std::string path, const Sha256& digest, std::shared_ptr<const Bytes> content) {
  const auto size = content->size();
  auto key = key_of(path, digest);
  m_state->add({size, [state = m_state.get(), path = std::move(path), key = std::move(key),
                       content = std::move(content)] { state->measure(path, key, *content); }});
}

void JudgingAhead::read(const TreeEntry& counterpart) {
  m_state->add({0, [state = m_state.get(), counterpart] { state->read(counterpart); }});
}

void JudgingAhead::finish() {
  const std::scoped_lock lock{m_state->mutex};
  m_state->finished = true;
  m_state->waiting.clear();
  m_state->changed.notify_all();
}

std::optional<Novelty> JudgingAhead::novelty_of(std::string_view path, const Sha256& digest) {
  const auto key = key_of(path, digest);
  std::unique_lock lock{m_state->mutex};
  m_state->changed.wait(lock, [&] { return m_state->running != key; });
  const auto found = m_state->novelties.find(key);
  return found != m_state->novelties.end() ? std::optional{found->second} : std::nullopt;
}

std::optional<Result<Bytes>> JudgingAhead::take_counterpart(const TreeEntry& counterpart) {
  const std::scoped_lock lock{m_state->mutex};
  auto node = m_state->counterparts.extract(counterpart.path);
  if (node.empty()) return std::nullopt;
  return Result<Bytes>{std::move(node.mapped())};
}

}  // namespace assay::provenance
