// Changes as a comparator finds them, one after the other.
#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "artifact/tokens.hpp"
#include "model/comparison.hpp"

namespace assay::artifact {

/// Changes of one content, equal ones merged, up to a bound.
class ChangeList {
 public:
  static constexpr std::size_t k_most_distinct = 600;

  void add(Change change);
  std::uint64_t left_out() const noexcept { return m_left_out; }
  /// There are more changes than are told one by one, so nothing explains them all.
  bool overflows() const noexcept { return m_left_out > 0; }
  /// The changes; if some were left out, the last one says how many.
  std::vector<Change> finish();

 private:
  std::map<std::tuple<Aspect, std::string, std::string, std::string, Setting, std::string>, std::size_t> m_index;
  std::vector<Change> m_changes;
  std::uint64_t m_left_out = 0;
  std::uint64_t m_left_out_bytes = 0;
};

}  // namespace assay::artifact
