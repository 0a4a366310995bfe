// Assessments made by hand, one for each answer a report has to give.
#pragma once
#include <span>
#include <string>
#include <vector>

#include "model/assessment.hpp"

namespace assay::report::test {

struct Case {
  std::string name;  ///< directory under tests/golden/report
  Assessment assessment;
};

/// verified, explained, unexplained, suspect, inconclusive, hostile, scan, forensic, waived.
std::vector<Case> cases();

/// One of them by name.
Assessment case_named(const std::string& name);

/// `count` findings of mixed severity, most severe first, each about an entry of its own.
Assessment huge(std::size_t count);

/// The rules that the cases' findings are made of.
std::span<const Rule> case_rules() noexcept;

}  // namespace assay::report::test
