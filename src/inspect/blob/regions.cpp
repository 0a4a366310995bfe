#include <algorithm>
#include <array>

#include "inspect/blob/region.hpp"

namespace assay::inspect {

namespace {

constexpr std::array k_finders{find_stream_regions,    find_png_regions,  find_jpeg_regions,     find_gif_regions,
                               find_catalogue_regions, find_cpio_regions, find_embedded_regions, find_text_regions};

/// Carving comes last and finds again what a format's own finder knows a better name for.
bool is_covered(const Region& region, const std::vector<Region>& regions) {
  return std::any_of(regions.begin(), regions.end(), [&](const Region& earlier) {
    const auto claimed = earlier.claimed != 0 ? earlier.claimed : earlier.size;
    return region.offset >= earlier.offset && region.offset < earlier.offset + claimed;
  });
}

}  // namespace

Regions find_regions(const RegionInput& input) {
  Regions regions;
  std::size_t open = 0;
  for (const auto finder : k_finders)
    for (auto& region : finder(input)) {
      if (is_covered(region, regions.found)) continue;
      const bool has_end = region.claimed == 0;
      if (regions.found.size() >= k_regions_most || (!has_end && open >= k_open_regions_most)) {
        regions.complete = false;
        continue;
      }
      open += has_end ? 0U : 1U;
      regions.found.push_back(std::move(region));
    }
  return regions;
}

void add_trailing(std::vector<Region>& regions, ByteView content, std::size_t offset, std::string what) {
  if (offset >= content.size() || content.size() - offset < k_region_least) return;
  const auto rest = content.subspan(offset);
  const auto is_padding = [](std::uint8_t byte) {
    return byte == 0 || byte == '\n' || byte == '\r' || byte == ' ' || byte == 0xFF;
  };
  if (std::all_of(rest.begin(), rest.end(), is_padding)) return;
  regions.push_back({"trailing", std::move(what), offset, rest.size()});
}

}  // namespace assay::inspect
