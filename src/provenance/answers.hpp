// Questions about a whole release or reference that the judging of each file asks again, answered once: to look through all files for
// each of them takes minutes where there are thousands.
#pragma once
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <typeindex>
#include <utility>

namespace assay::provenance {

/// Safe on several threads at once; who asks what another is finding out waits for it.
class Answers {
 public:
  /// The answer to `question`, found out by `find` the first time; `find` asks nothing itself. Whoever makes a release chooses the
  /// names in it, and so how many questions there are: past k_most of them there is no answer (null), and nothing is proven.
  template <typename T, typename Find>
  std::shared_ptr<const T> ask(const std::string& question, const Find& find) {
    const std::scoped_lock lock{m_mutex};
    const std::pair<std::type_index, std::string> key{typeid(T), question};
    if (const auto known = m_answers.find(key); known != m_answers.end())
      return std::static_pointer_cast<const T>(known->second);
    if (m_answers.size() >= k_most) return nullptr;
    auto answer = std::make_shared<const T>(find());
    m_answers.emplace(key, answer);
    return answer;
  }

 private:
  static constexpr std::size_t k_most = 256;
  std::mutex m_mutex;
  std::map<std::pair<std::type_index, std::string>, std::shared_ptr<const void>> m_answers;  ///< by type and question
};

}  // namespace assay::provenance
