// Cache entries and prevalence data of any content.
#include <cstdint>
#include <cstdlib>

#include "provenance/prevalence.hpp"
#include "rebuild/cache.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace assay;
  const ByteView input{data, size};
  if (const auto outcome = rebuild::deserialise(as_text(input));
      outcome && !rebuild::deserialise(rebuild::serialise(*outcome)))
    std::abort();
  if (const auto prevalence = provenance::PrevalenceData::view(input, "fuzz"))
    (void)prevalence->find(sha256(input)).has_value();
  return 0;
}
