// What the user named as input, checked before anything is opened: what cannot be meant as a file gets its own answer.
#pragma once
#include <string>

#include "base/error.hpp"
#include "vcs/reference.hpp"

namespace assay::cli {

/// Errors: standard input, an address on the network.
Result<void> check_subject(const std::string& subject);

/// `REPO[@REV]` taken apart. Errors: an address on the network; a revision that is empty, as a variable that is not set makes it.
Result<vcs::ReferenceSpec> parse_reference(const std::string& text);

}  // namespace assay::cli
