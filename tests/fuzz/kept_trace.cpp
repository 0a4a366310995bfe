// Any bytes as a trace that was kept: what is accepted has references that lead somewhere, and comes out again as it was.
#include <cstdint>
#include <cstdlib>

#include "base/bytes.hpp"
#include "trace/graph.hpp"
#include "trace/trace_file.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace assay::trace;
  const auto trace = unpack(assay::as_text({data, size}));
  if (!trace) return 0;
  const auto again = unpack(pack(*trace));
  if (!again || pack(*again) != pack(*trace)) std::abort();
  const Graph graph{*trace};
  for (Index file = 0; file < trace->files.size() && file < 100; ++file) (void)graph.ancestry(file).size();
  return 0;
}
