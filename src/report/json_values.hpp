// How the JSON contracts put what is outside bytes, and what may be missing.
#pragma once
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "model/comparison.hpp"
#include "model/link.hpp"

namespace assay::report {

/// Put outside bytes under `key`: escaped for display, and their exact bytes under `<key>_base64` where that differs.
void put_outside(nlohmann::ordered_json& object, const std::string& key, std::string_view bytes);

/// Our prose, with what came from outside escaped; null if empty.
nlohmann::ordered_json text_or_null(std::string_view text);

/// A subject, a finding, a chain of evidence, a coverage, as every contract has them.
nlohmann::ordered_json subject_values(const SubjectInfo& subject);
nlohmann::ordered_json finding_values(const Finding& finding);
nlohmann::ordered_json link_values(const Link& chain);
nlohmann::ordered_json coverage_values(const Coverage& coverage);
/// A comparison as docs/schema/comparison-1.json has it.
nlohmann::ordered_json comparison_values(const Comparison& comparison);

}  // namespace assay::report
