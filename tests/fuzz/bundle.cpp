// Any bytes as a bundle and as a trusted root; none of them may ever verify.
#include <cstdlib>

#include "attest/bundle.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace assay::attest;
  const auto text = assay::as_text({data, size});
  static_cast<void>(TrustedRoot::parse(text));
  const auto bundles = parse_bundles(text);
  if (!bundles) return 0;
  const auto artifact = Artifact::from_bytes("artifact", {data, size});
  for (const auto& bundle : *bundles)
    if (verify_bundle(bundle, artifact, {}, {}).link.state == LinkState::ok) std::abort();
  return 0;
}
