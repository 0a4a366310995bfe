// Places inside a blob where something can stand that does not belong to it: behind an image's end, between the strings
// of a message catalogue, behind the last compressed stream, at any offset of unknown data, in base64 text. One finder per
// file, one line each in regions.cpp.
#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "inspect/blob/kind.hpp"
#include "inspect/walk_streams.hpp"

namespace assay::inspect {

struct Region {
  std::string name;  ///< component of the container path: "trailing", "gzip.2", "at.4096"
  std::string what;  ///< "behind the PNG image's end"
  std::size_t offset = 0;
  std::size_t size = 0;
  bool hidden = true;  ///< false: an honest part of a concatenation
  Bytes
      decoded{};  ///< the bytes, where they are not just a part of the blob; then `offset` and `size` say where the text stands
  std::string decoder{};  ///< "base64"; empty for a mere part
  std::size_t claimed =
      0;  ///< bytes of it that are certain to be its own, so that nothing else can begin there; 0: all
};

/// What a finder is given.
struct RegionInput {
  ByteView content;
  Kind kind;
  const DecodedStreams* streams = nullptr;
  bool damaged = false;  ///< it claims a format and cannot be decoded
};

struct Regions {
  std::vector<Region> found;  ///< at most k_regions_most
  bool complete = true;       ///< there are no more
};

/// The regions of a blob; those that are walked into and shown.
Regions find_regions(const RegionInput& input);

inline constexpr std::size_t k_regions_most = 512;
/// Of those that begin somewhere and end nobody knows where.
inline constexpr std::size_t k_open_regions_most = 64;
/// Fewer bytes than that are padding, whatever they are.
inline constexpr std::size_t k_region_least = 16;

std::vector<Region> find_stream_regions(const RegionInput& input);
std::vector<Region> find_png_regions(const RegionInput& input);
std::vector<Region> find_jpeg_regions(const RegionInput& input);
std::vector<Region> find_gif_regions(const RegionInput& input);
std::vector<Region> find_catalogue_regions(const RegionInput& input);
std::vector<Region> find_cpio_regions(const RegionInput& input);
std::vector<Region> find_embedded_regions(const RegionInput& input);
std::vector<Region> find_text_regions(const RegionInput& input);

/// The part of `content` from `offset` on as a region, if it is more than padding.
void add_trailing(std::vector<Region>& regions, ByteView content, std::size_t offset, std::string what);

}  // namespace assay::inspect
