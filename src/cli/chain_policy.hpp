// The policy file of chains, `policy/chain.toml` of the rule data: which conjunction of facts is how grave.
#pragma once
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "inspect/chain.hpp"

namespace assay::cli {

/// Parse the text of a policy; `file` is for messages. Every Error names file:line:column and what to write instead; a
/// fact, a severity or a key that does not exist is one.
Result<inspect::ChainPolicy> parse_chain_policy(std::string_view text, const std::filesystem::path& file);

/// The policy of the last directory in `asked` that has one, else the one that comes with assay.
Result<inspect::ChainPolicy> load_chain_policy(const std::vector<std::string>& asked);

}  // namespace assay::cli
