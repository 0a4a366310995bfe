#include "provenance/answers.hpp"

namespace assay::provenance {

bool Answers::ask(const std::string& question, bool otherwise, const std::function<bool()>& find) {
  const std::scoped_lock lock{m_mutex};
  if (const auto known = m_answers.find(question); known != m_answers.end()) return known->second;
  if (m_answers.size() >= k_most) return otherwise;
  return m_answers[question] = find();
}

}  // namespace assay::provenance
