// Message catalogues of any content, in both forms.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "provenance/message_catalog.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace assay;
  const ByteView input{data, size};
  const auto compiled = provenance::parse_mo(input);
  const auto text = provenance::parse_po(as_text(input));
  if (compiled && !provenance::catalogue_mismatch(*compiled, *compiled).empty()) std::abort();
  std::vector<std::string> new_ids;
  if (text && (!provenance::merge_mismatch(*text, *text, new_ids).empty() || !new_ids.empty() ||
               !provenance::lost_messages(*text, *text).empty()))
    std::abort();
  (void)provenance::unaccounted_bytes(input);
  return 0;
}
