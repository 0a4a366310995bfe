// Any bytes as a verification policy: with no evidence it is never met, and one signer is never two.
#include <cstdlib>

#include "attest/policy.hpp"
#include "base/bytes.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace assay::attest;
  const auto policy = VerificationPolicy::parse(assay::as_text({data, size}), "policy.toml");
  if (!policy) return 0;
  if (evaluate(*policy, {}).state == LinkState::ok) std::abort();
  VerifiedStatement statement{
      "file", {}, {"https://a/one", "https://a/two"}, "https://issuer", SignedWith::certificate};
  statement.statement.predicate_type = policy->requirements.front().predicates.front();
  const auto link = evaluate(*policy, std::vector{statement, statement});
  for (std::size_t i = 0; i < link.children.size(); ++i)
    if (policy->requirements[i].count > 1 && link.children[i].state == LinkState::ok) std::abort();
  return 0;
}
