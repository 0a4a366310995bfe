// Any bytes as a verification policy: with no evidence it is never met.
#include <cstdlib>

#include "attest/policy.hpp"
#include "base/bytes.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto policy = assay::attest::VerificationPolicy::parse(assay::as_text({data, size}), "policy.toml");
  if (policy && assay::attest::evaluate(*policy, {}).state == assay::attest::LinkState::ok) std::abort();
  return 0;
}
