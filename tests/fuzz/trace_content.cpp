// Any bytes as the beginning of a file that a build reads or runs: it has one kind, and its loader is text within it.
#include <cstdlib>

#include "base/bytes.hpp"
#include "trace/hashing.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const assay::ByteView head{data, size};
  const auto kind = assay::trace::kind_of(head);
  if (size == 0 && kind != assay::trace::ContentKind::empty) std::abort();
  const auto loader = assay::trace::loader_of(head);
  const bool sane = loader.find('\0') == std::string::npos &&
                    (loader.empty() || assay::as_text(head).find(loader) != std::string_view::npos);
  if (!sane) std::abort();
  return 0;
}
