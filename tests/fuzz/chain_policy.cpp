// Any bytes as the policy of chains: refused with a place, or a policy in which every rule is whole.
#include <cstdlib>

#include "base/bytes.hpp"
#include "cli/chain_policy.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto policy = assay::cli::parse_chain_policy(assay::as_text({data, size}), "chain.toml");
  if (!policy) {
    if (!policy.error().where.starts_with("chain.toml:")) std::abort();
    return 0;
  }
  for (const auto& rule : policy->rules)
    if (rule.when.empty() || rule.because.empty()) std::abort();
  return 0;
}
