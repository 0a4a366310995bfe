// Any bytes as a blob: every region that is found lies inside it, or is what its text decodes to.
#include <cstdlib>

#include "archive/decompressor.hpp"
#include "inspect/blob/code.hpp"
#include "inspect/blob/entropy.hpp"
#include "inspect/blob/region.hpp"
#include "inspect/walk_rpm.hpp"

using namespace assay;
using namespace assay::inspect;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView content{data, size};
  const auto kind = kind_of(content);
  const auto filter = archive::sniff_filter(content);
  const auto streams =
      filter == archive::Filter::none ? DecodedStreams{} : decode_streams(filter, content, 1U << 20, 16U << 20);
  const bool damaged = filter != archive::Filter::none && !streams.whole;
  const auto regions =
      find_regions({content, kind, filter == archive::Filter::none ? nullptr : &streams, damaged}).found;
  if (regions.size() > k_regions_most) std::abort();
  for (const auto& region : regions)
    if (region.offset > size || region.size > size - region.offset || region.name.empty()) std::abort();
  if (const auto payload = rpm_payload_offset(content); payload && *payload > size) std::abort();
  const auto profile = profile_entropy(content);
  if (profile.entropy < 0 || profile.entropy > 8.001 || profile.windows.size() != size / k_entropy_window) std::abort();
  judge_code(content);
  return 0;
}
