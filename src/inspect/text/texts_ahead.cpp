#include "inspect/text/texts_ahead.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>
#include <utility>

#include "base/text.hpp"

namespace assay::inspect {

namespace {

constexpr std::size_t k_most_waiting = 24U << 20;  ///< bytes
constexpr std::chrono::seconds k_rule_time{
    10};  ///< for all texts together: slow rules are put to them later, and said to be slow

std::string key_of(std::string_view path, std::string_view sha256) {
  return std::string{sha256} + ' ' + std::string{path};
}

}  // namespace

struct TextsAhead::State {
  struct Text {
    std::string path;
    std::string sha256;
    std::shared_ptr<const Bytes> content;
  };

  explicit State(std::function<const ContentRules*()> ask_for_rules) : rules(std::move(ask_for_rules)) {}

  std::optional<Text> next() {
    std::unique_lock lock{mutex};
    offered.wait(lock, [&] { return finished || !waiting.empty(); });
    if (waiting.empty()) return std::nullopt;
    auto text = std::move(waiting.front());
    waiting.pop_front();
    waiting_bytes -= text.content->size();
    return text;
  }

  /// A text too many for the memory at hand is as one that was never begun.
  void work() noexcept {
    try {
      look_at_texts();
    } catch (...) {
    }
  }

  void look_at_texts() {
    const auto* const given = rules ? rules() : nullptr;
    std::chrono::milliseconds spent{0};
    while (const auto text = next()) {
      if (spent >= k_rule_time) continue;
      Outcome outcome;
      if (given != nullptr) {
        const auto begin = rule_clock();
        auto hits = given->scan(text->path, *text->content, k_rule_time);
        outcome.rule_time = std::chrono::duration_cast<std::chrono::milliseconds>(rule_clock() - begin);
        spent += outcome.rule_time;
        if (!hits) continue;
        outcome.hits = std::move(*hits);
      }
      outcome.deceits = find_deceits(language_of(text->path, as_text(*text->content)), as_text(*text->content));
      outcomes.insert_or_assign(key_of(text->path, text->sha256), std::move(outcome));
    }
  }

  const std::function<const ContentRules*()> rules;
  std::mutex mutex;
  std::condition_variable offered;
  std::deque<Text> waiting;
  std::size_t waiting_bytes = 0;
  bool finished = false;
  std::unordered_map<std::string, Outcome> outcomes;  ///< of the thread alone until it has ended
  std::thread thread;
};

TextsAhead::TextsAhead(std::function<const ContentRules*()> rules)
    : m_state(std::make_unique<State>(std::move(rules))) {}

TextsAhead::~TextsAhead() {
  finish();
}

void TextsAhead::offer(std::string path, const Sha256& digest, std::shared_ptr<const Bytes> content) {
  auto& state = *m_state;
  const std::scoped_lock lock{state.mutex};
  if (state.finished || state.waiting_bytes + content->size() > k_most_waiting) return;
  state.waiting_bytes += content->size();
  state.waiting.push_back({std::move(path), digest.hex(), std::move(content)});
  state.offered.notify_one();
  if (!state.thread.joinable()) state.thread = std::thread{[&state] { state.work(); }};
}

void TextsAhead::finish(Waiting waiting) {
  {
    const std::scoped_lock lock{m_state->mutex};
    m_state->finished = true;
    if (waiting == Waiting::dropped) m_state->waiting.clear();
    m_state->offered.notify_one();
  }
  if (m_state->thread.joinable()) m_state->thread.join();
}

const TextsAhead::Outcome* TextsAhead::find(std::string_view path, std::string_view sha256) const {
  const auto found = m_state->outcomes.find(key_of(path, sha256));
  return found != m_state->outcomes.end() ? &found->second : nullptr;
}

}  // namespace assay::inspect
