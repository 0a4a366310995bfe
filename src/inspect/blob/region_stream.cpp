// Compressed files: what stands behind the last stream, and the streams themselves where there are several.
#include <fmt/format.h>

#include "inspect/blob/region.hpp"

namespace assay::inspect {

namespace {

/// Files of many small streams are made by parallel and by seekable compressors; nobody hides in all of them.
constexpr std::size_t k_few_streams = 8;

}  // namespace

std::vector<Region> find_stream_regions(const RegionInput& input) {
  std::vector<Region> regions;
  if (input.streams == nullptr) return regions;
  const auto name = archive::to_string(input.streams->filter);
  const auto& streams = input.streams->streams;
  if (streams.size() > 1 && streams.size() <= k_few_streams)
    for (std::size_t i = 1; i < streams.size(); ++i)
      regions.push_back({fmt::format("{}.{}", name, i + 1),
                         fmt::format("{} stream {} of {}", name, i + 1, streams.size()),
                         static_cast<std::size_t>(streams[i].begin),
                         static_cast<std::size_t>(streams[i].end - streams[i].begin), false});
  if (input.streams->trailing > 0)
    add_trailing(regions, input.content, static_cast<std::size_t>(input.streams->trailing_begin),
                 fmt::format("behind the last {} stream", name));
  return regions;
}

}  // namespace assay::inspect
