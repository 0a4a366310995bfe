// Any bytes as a bill of materials: what is read can be written in both formats and read again without loss.
#include <cstdlib>

#include "attest/sbom.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace assay::attest;
  auto sbom = read_sbom({data, size});
  if (!sbom) return 0;
  normalise(*sbom);
  const auto cyclonedx = read_sbom(assay::as_bytes(write_cyclonedx(*sbom)));
  if (!cyclonedx || cyclonedx->components.size() != sbom->components.size()) std::abort();
  const auto spdx = read_sbom(assay::as_bytes(write_spdx(*sbom)));
  if (!spdx || spdx->components.size() != sbom->components.size()) std::abort();
  return 0;
}
