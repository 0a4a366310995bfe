// Questions about a whole release or reference that the judging of each file asks again, answered once: to look through all files for
// each of them takes minutes where there are thousands.
#pragma once
#include <atomic>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <typeindex>
#include <utility>

namespace assay::provenance {

/// Safe on several threads at once; who asks what another is finding out waits for it, and for nothing else.
class Answers {
 public:
  /// The answer to `question`, found out by `find` the first time; `find` asks nothing itself. Whoever makes a release chooses the
  /// names in it, and so how many questions there are: past k_most of them there is no answer (null), nothing is proven, and
  /// exhausted() says so.
  template <typename T, typename Find>
  std::shared_ptr<const T> ask(const std::string& question, const Find& find) {
    Answer* answer = nullptr;
    {
      const std::scoped_lock lock{m_mutex};
      const std::pair<std::type_index, std::string> key{typeid(T), question};
      auto known = m_answers.find(key);
      if (known == m_answers.end()) {
        if (m_answers.size() >= k_most) {
          m_exhausted = true;
          return nullptr;
        }
        known = m_answers.emplace(key, std::make_unique<Answer>()).first;
      }
      answer = known->second.get();
    }
    std::call_once(answer->once, [&] { answer->value = std::make_shared<const T>(find()); });
    return std::static_pointer_cast<const T>(answer->value);
  }
  /// Was a question left without an answer? Which one it was depends on the threads, so what this comes to has to be said.
  bool exhausted() const noexcept { return m_exhausted; }

 private:
  struct Answer {
    std::once_flag once;
    std::shared_ptr<const void> value;
  };

  static constexpr std::size_t k_most = 4096;
  std::mutex m_mutex;
  std::atomic<bool> m_exhausted = false;
  std::map<std::pair<std::type_index, std::string>, std::unique_ptr<Answer>> m_answers;  ///< by type and question
};

}  // namespace assay::provenance
