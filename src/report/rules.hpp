// `assay rules`: what can be reported, and why.
#pragma once
#include <span>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "model/finding.hpp"
#include "report/renderer.hpp"

namespace assay::report {

/// One line a rule, by module and then by severity.
std::string render_rule_list_text(std::span<const Rule> rules, Color color);

/// `{"schema_version": "1", "rules": [{id, severity, title, description, remedy, reference}]}`, in the same order.
std::string render_rule_list_json(std::span<const Rule> rules);

/// Everything about the rule `id`. An unknown one is an Error of code `usage` that suggests the nearest.
Result<std::string> render_rule_explanation(std::span<const Rule> rules, std::string_view id, Color color);

}  // namespace assay::report
