// File system images as trees of members, read by the file systems' own libraries, within bounds and without mounting
// anything; and two of them held against each other.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "artifact/fields.hpp"
#include "artifact/image_places.hpp"
#include "artifact/members.hpp"

namespace assay::artifact {

struct ImageEntry {
  Member member;
  std::string link_target;
  std::uint32_t uid = 0, gid = 0;
  std::int64_t mtime = 0;                         ///< seconds since 1970
  std::uint64_t device = 0;                       ///< of a device
  std::map<std::string, std::string> attributes;  ///< extended ones, where the reader reads them
};

struct ImageListing {
  std::vector<ImageEntry> entries;  ///< by path
  std::string cut;                  ///< why not all of it was read; empty if it was
};

/// Collects what a reader finds, within the limits. All contents share one buffer, which goes to a file without a name once
/// it is large.
class ImageCollector {
 public:
  explicit ImageCollector(const Limits& limits)
      : m_limits(limits), m_contents(static_cast<std::size_t>(limits.memory / 8)) {}

  /// The entry whose content add() continues; null if there are too many, the path is too deep, or the image was cut.
  ImageEntry* begin(std::string path, EntryKind kind);
  /// More content of the last entry. False if it is too much, or cannot be kept.
  bool add(ByteView bytes);
  void cut(std::string reason);
  bool is_cut() const noexcept { return !m_listing.cut.empty(); }
  /// A path to be read further: no deeper than the limit.
  bool may_descend(std::string_view path) const;
  ImageListing finish();

 private:
  struct Extent {
    std::uint64_t begin, size;
  };
  const Limits& m_limits;
  ContentBuilder m_contents;
  std::vector<Extent> m_extents;
  std::uint64_t m_total = 0;
  ImageListing m_listing;
};

/// Nothing if the image cannot be read at all; `problem` then says why.
using ReadImage = std::optional<ImageListing> (*)(const Content& image, const Limits& limits, std::string& problem);
std::optional<ImageListing> read_squashfs(const Content& image, const Limits& limits, std::string& problem);
std::optional<ImageListing> read_ext(const Content& image, const Limits& limits, std::string& problem);
std::optional<ImageListing> read_iso(const Content& image, const Limits& limits, std::string& problem);

/// What lies where in the image; nothing if that cannot be told. Checksums among it fit what they are of.
using FindPlaces = std::optional<PlacedImage> (*)(const Content& image, const Limits& limits);
std::optional<PlacedImage> find_squashfs_places(const Content& image, const Limits& limits);
std::optional<PlacedImage> find_ext_places(const Content& image, const Limits& limits);
std::optional<PlacedImage> find_iso_places(const Content& image, const Limits& limits);

/// A format: how it is read, and the fields of its header, at `base`.
struct ImageFormat {
  ReadImage read;
  FindPlaces find_places;
  std::span<const FixedField> fields;
  std::uint64_t base;
};

/// Compare two images: named fields of their headers, and what they hold. What lies elsewhere in the images is left over,
/// unless everything lies at the same place in both and nothing but known fields and files differs.
bool compare_images(Session& session, const Pair& pair, const ImageFormat& format, Node& node);

}  // namespace assay::artifact
