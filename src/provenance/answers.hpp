// Questions about a whole release or reference that the judging of each file asks again, answered once: to look through all files for
// each of them takes minutes where there are thousands.
#pragma once
#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <string>

namespace assay::provenance {

/// Safe on several threads at once; who asks what another is finding out waits for it.
class Answers {
 public:
  /// The answer to `question`, found out by `find` the first time. Whoever makes a release chooses the names in it, and so how many
  /// questions there are: past k_most of them the answer is `otherwise`, which must be the one that proves nothing.
  bool ask(const std::string& question, bool otherwise, const std::function<bool()>& find);

 private:
  static constexpr std::size_t k_most = 256;
  std::mutex m_mutex;
  std::map<std::string, bool> m_answers;
};

}  // namespace assay::provenance
