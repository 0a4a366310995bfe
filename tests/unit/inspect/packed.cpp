#include "packed.hpp"

#include <lzma.h>

#include "support/catch.hpp"

namespace assay::inspect::test {

Bytes bytes_of(std::string_view text) {
  return {as_bytes(text).begin(), as_bytes(text).end()};
}

Bytes xz(std::string_view text) {
  Bytes out(lzma_stream_buffer_bound(text.size()));
  std::size_t size = 0;
  REQUIRE(lzma_easy_buffer_encode(6, LZMA_CHECK_CRC64, nullptr, as_bytes(text).data(), text.size(), out.data(), &size,
                                  out.size()) == LZMA_OK);
  out.resize(size);
  return out;
}

}  // namespace assay::inspect::test
