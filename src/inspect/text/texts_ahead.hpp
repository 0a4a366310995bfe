// The checks of text that need nothing but the text, made while others are still being read: reading an archive leaves a core idle
// half of the time.
#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "digest/digest.hpp"
#include "inspect/content/content_rules.hpp"
#include "inspect/text/trojan_source.hpp"

namespace assay::inspect {

/// Takes texts on one thread and looks at them on another. What is not done in time is simply not there; whoever asks makes the check
/// then, with the same outcome.
class TextsAhead {
 public:
  struct Outcome {
    std::vector<ContentHit> hits;
    std::chrono::milliseconds rule_time{0};  ///< what the content rules took
    std::vector<Deceit> deceits;
  };

  /// `rules` is asked on the other thread, for the first text; it may give null.
  explicit TextsAhead(std::function<const ContentRules*()> rules);
  ~TextsAhead();
  /// Look at the text that will stand at `path`, unless too much waits already. `digest` is its own.
  void offer(std::string path, const Sha256& digest, std::shared_ptr<const Bytes> content);
  enum class Waiting { dropped, examined };
  /// No more will come. Wait for the text that was begun, and if so wanted for those that wait.
  void finish(Waiting waiting = Waiting::dropped);
  /// After finish(): what was found in the text with this path and digest; null if nobody looked.
  const Outcome* find(std::string_view path, std::string_view sha256) const;

 private:
  struct State;
  std::unique_ptr<State> m_state;
};

}  // namespace assay::inspect
