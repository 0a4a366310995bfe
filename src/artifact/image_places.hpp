// What each stretch of a file system image is: a field of a header or an inode, a part of a file. Of two images in which
// everything lies at the same place, that tells every byte that differs.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "artifact/node.hpp"

namespace assay::artifact {

struct ImagePlace {
  std::uint64_t offset = 0, size = 0;
  Aspect aspect = Aspect::content;
  std::string_view name;                     ///< "mtime"; empty for a file's own bytes
  std::uint32_t owner = 0;                   ///< index into ImagePlaces::paths
  std::string (*value)(ByteView) = nullptr;  ///< as it is told
  std::string_view token = {};
};

struct ImagePlaces {
  std::vector<std::string> paths{""};  ///< of members; the first is the image itself
  std::vector<ImagePlace> places;
  /// What the digests at these offsets are of, in pieces of the image.
  std::map<std::uint64_t, std::vector<ByteView>> encoded;

  /// The number of `path` from here on.
  std::uint32_t enter(std::string path) {
    paths.push_back(std::move(path));
    return static_cast<std::uint32_t>(paths.size() - 1);
  }
};

/// Places that hold a digest of encoded bytes; what these decode to is told elsewhere.
inline constexpr std::string_view k_compressed_data =
    "compressed data";  ///< of its owner; of the image: of ends of files
inline constexpr std::string_view k_compressed_tables = "compressed tables";

/// The places are those of this content: the image itself, or what its compressed tables say, decoded.
struct PlacedImage {
  Content content;
  ImagePlaces places;
};

std::string little_number(ByteView bytes);
std::string hex_number(ByteView bytes);
std::string text_value(ByteView bytes);

/// Tell what differs between two images of one size, beside what `node` and its children tell already. False if a byte that
/// differs lies in no known place, or not in the same one of both; `problem` then says where.
bool tell_places(const Pair& pair, ImagePlaces a, ImagePlaces b, Node& node, std::string& problem);

}  // namespace assay::artifact
