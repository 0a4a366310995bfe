// Core metadata of any content: the description is a part of the text, and what is accepted names a package.
#include <cstdint>
#include <cstdlib>

#include "base/bytes.hpp"
#include "provenance/package_metadata.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace assay;
  const auto text = as_text(ByteView{data, size});
  const auto metadata = provenance::parse_metadata(text);
  if (!metadata) return 0;
  if (metadata->fields.size() < 3 || !text.ends_with(metadata->body)) std::abort();
  return 0;
}
