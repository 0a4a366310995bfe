// Proof bundles of any content: what is read, written again, is the same; and nothing is proven for a commit that is not there.
#include <cstdint>
#include <cstdlib>

#include "vcs/proof_bundle.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace assay;
  const auto bundle = vcs::ProofBundle::parse({data, size});
  if (!bundle) return 0;
  const auto again = vcs::ProofBundle::parse(as_bytes(bundle->serialise()));
  if (!again || again->identical != bundle->identical || again->objects.size() != bundle->objects.size()) std::abort();
  if (vcs::proven_files(*bundle, std::string(40, '0'))) std::abort();
  (void)vcs::proven_files(*bundle, bundle->commit).has_value();
  return 0;
}
