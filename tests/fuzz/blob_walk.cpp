// Any bytes as a file: the walk through everything in it ends, within its limits, and the trials with it.
#include <cstdlib>

#include "inspect/blob/analysis.hpp"
#include "inspect/tree_memory.hpp"

using namespace assay;
using namespace assay::inspect;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  MemoryTree tree;
  tree.add("tests/blob", Bytes{data, data + size});
  Harvest harvest;
  auto map = ByteMap::identity();
  std::swap(map.to['\t'], map.to[' ']);
  harvest.byte_maps.push_back({map, {"configure", 1, "tr"}});
  harvest.slices.push_back({4, 64, false, {"configure", 2, "dd"}});
  BlobOptions options;
  options.limits.memory = 4U << 20;
  options.limits.max_entries = 500;
  options.limits.max_nesting = 6;
  options.limits.ratio_floor = 1U << 20;
  options.deadline = archive::Deadline{std::chrono::seconds{5}};
  options.keep_nodes = true;
  const auto analysis = inspect_blobs(tree, {}, harvest, options);
  if (!analysis || analysis->nodes.size() > options.limits.max_entries + 1) std::abort();
  for (const auto& node : analysis->nodes)
    if (node.depth > options.limits.max_nesting + 1) std::abort();
  return 0;
}
