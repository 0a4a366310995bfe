// How SARIF puts a rule and a finding, whatever report they are part of.
#pragma once
#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "model/finding.hpp"

namespace assay::report {

/// A reportingDescriptor (SARIF 2.1.0, 3.49).
nlohmann::ordered_json sarif_rule(const Rule& rule);

/// A rule that nobody described, as a finding of it has it.
Rule bare_rule(const Finding& finding);

/// A result (3.27). `subject` is the name of what was looked at; `rule` is where its rule stands in the list.
nlohmann::ordered_json sarif_result(const Finding& finding, const std::string& subject, std::size_t rule);

}  // namespace assay::report
