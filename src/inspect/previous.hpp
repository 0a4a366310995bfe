// What changed since the release before: files that became executable or binary, whether new or not. Between two
// releases little of that happens, and what happens was somebody's decision.
#pragma once
#include <span>
#include <string_view>
#include <vector>

#include "inspect/tree_access.hpp"
#include "model/finding.hpp"

namespace assay::inspect {

/// Findings about files of `now` that are executable (by mode, format or first line) or binary, and were not there or
/// not so in `before`, which is called `name`. `facts` may be empty. Files whose bytes and mode are the same are not
/// read.
Result<std::vector<Finding>> changes_since(TreeAccess& before, TreeAccess& now, const FactsOf& facts,
                                           std::string_view name, Coverage& coverage);

/// Every rule changes_since() can report.
std::span<const Rule> previous_rules() noexcept;

}  // namespace assay::inspect
