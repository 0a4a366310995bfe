// What an analyst does first with a finding that has bytes behind it.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "model/finding.hpp"

namespace assay::inspect {

/// "look at the bytes: `assay extract SUBJECT PLACE -o FILE`", of the first stage that came out of a chain, else of the first
/// blob of some weight; empty if there is none.
std::string extraction_step(std::string_view subject, const std::vector<Finding>& findings);

/// `text` as a shell takes it for one word, whatever a hostile name would make of it.
std::string as_shell_word(std::string_view text);

}  // namespace assay::inspect
