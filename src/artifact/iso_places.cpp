// Where things lie on an ISO 9660 image (ECMA-119): directory records with their dates, the Rock Ridge fields behind them
// (IEEE P1282), the files. Each volume descriptor has a tree of its own over the same files.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "artifact/fields.hpp"
#include "artifact/file_system_image.hpp"

namespace assay::artifact {

namespace {

constexpr std::uint64_t k_sector = 2048;
constexpr std::uint64_t k_first_descriptor = 16;
constexpr std::uint64_t k_most_descriptors = 64;
constexpr std::size_t k_record = 33;  ///< of a directory record before its name

/// ECMA-119 9.1.5: years since 1900, month, day, hour, minute, second, quarters of an hour from Greenwich.
std::string short_date(ByteView bytes) {
  const bool sound = bytes.size() == 7 && bytes[1] >= 1 && bytes[1] <= 12 && bytes[2] >= 1 && bytes[2] <= 31 &&
                     bytes[3] < 24 && bytes[4] < 60 && bytes[5] < 60;
  if (!sound) return "no date: " + to_hex(bytes);
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}", bytes[0] + 1900, bytes[1], bytes[2], bytes[3], bytes[4],
                     bytes[5]);
}

/// 8.4.26.1: sixteen digits and the zone.
std::string long_date(ByteView bytes) {
  return std::string{as_text(bytes.first(std::min<std::size_t>(bytes.size(), 16)))};
}

class IsoWalk {
 public:
  IsoWalk(const Content& image, const Limits& limits) : m_image(image), m_limits(limits) {}

  std::optional<ImagePlaces> run() {
    for (std::uint64_t i = 0; i < k_most_descriptors; ++i) {
      const auto at = (k_first_descriptor + i) * k_sector;
      const auto descriptor = m_image.part(at, k_sector).bytes();
      if (descriptor.size() != k_sector || as_text(descriptor.subspan(1, 5)) != "CD001") return std::nullopt;
      if (descriptor[0] == 255) return m_sound ? std::optional{std::move(m_places)} : std::nullopt;
      if (descriptor[0] != 1 && descriptor[0] != 2) continue;
      if (descriptor[0] == 2) add_dates(at);
      m_joliet = descriptor[0] == 2;
      directory(little_endian(descriptor, 158, 4), little_endian(descriptor, 166, 4), "", 0);
    }
    return std::nullopt;
  }

 private:
  void add_dates(std::uint64_t descriptor) {
    for (const auto& [name, offset] : {std::pair{std::string_view{"other volume created"}, 813U},
                                       {"other volume modified", 830U},
                                       {"other volume expires", 847U},
                                       {"other volume effective", 864U}})
      m_places.places.push_back({descriptor + offset, 16, Aspect::time, name, 0, text_value});
  }

  void field(std::uint64_t at, std::uint64_t size, Aspect aspect, std::string_view name, std::uint32_t owner,
             std::string (*value)(ByteView)) {
    m_places.places.push_back({at, size, aspect, name, owner, value});
  }

  /// Directories may lead in circles: each is read once for each tree.
  void directory(std::uint64_t sector, std::uint64_t size, const std::string& path, unsigned depth) {
    const auto begin = sector * k_sector;
    const auto bytes = m_image.part(begin, size).bytes();
    m_sound = m_sound && bytes.size() == size && depth <= m_limits.max_path_depth &&
              m_places.places.size() < m_limits.max_entries * 8;
    if (!m_sound || !m_seen.insert({m_joliet, sector}).second) return;
    for (std::size_t at = 0; at < bytes.size() && m_sound;) {
      const std::size_t length = bytes[at];
      if (length == 0) {  // a record does not cross a sector
        at = (at / k_sector + 1) * k_sector;
        continue;
      }
      m_sound = length > k_record && length <= bytes.size() - at && k_record + bytes[at + 32] <= length;
      if (m_sound) record(begin + at, bytes.subspan(at, length), path, depth);
      at += length;
    }
  }

  void record(std::uint64_t at, ByteView bytes, const std::string& parent, unsigned depth) {
    const std::size_t name_size = bytes[32];
    const auto own = as_text(bytes.subspan(k_record, name_size));
    const bool dots = own.size() == 1 && own[0] <= 1;
    const auto system = k_record + name_size + (name_size % 2 == 0 ? 1U : 0U);
    std::string name = dots ? std::string{} : alternate_name(bytes, system);
    if (name.empty() && !dots) name = plain_name(own);
    const auto path = dots ? parent : parent.empty() ? name : parent + "/" + name;
    const auto owner = m_places.enter(path);
    field(at + 18, 7, Aspect::time,
          dots       ? "recorded, of the directory"
          : m_joliet ? "recorded in the other tree"
                     : "recorded",
          owner, short_date);
    rock_ridge(at, bytes, system, owner, dots);
    if (dots) return;
    const auto sector = little_endian(bytes, 2, 4);
    const auto size = little_endian(bytes, 10, 4);
    if ((bytes[25] & 2) != 0) directory(sector, size, path, depth + 1);
    else if (size > 0 && !m_joliet) field(sector * k_sector, size, Aspect::content, {}, owner, nullptr);
  }

  /// Without the version.
  static std::string plain_name(std::string_view name) { return std::string{name.substr(0, name.find(';'))}; }

  static std::string alternate_name(ByteView record, std::size_t at) {
    std::string name;
    each_entry(record, at, [&](std::string_view kind, std::size_t begin, std::size_t size) {
      if (kind == "NM" && size > 5) name += as_text(record.subspan(begin + 5, size - 5));
    });
    return name;
  }

  template <typename Take>
  static void each_entry(ByteView record, std::size_t at, const Take& take) {
    while (at + 4 <= record.size()) {
      const std::size_t size = record[at + 2];
      if (size < 4 || size > record.size() - at) return;
      take(as_text(record.subspan(at, 2)), at, size);
      at += size;
    }
  }

  /// What a directory says of itself and of its parent repeats what was told of them, or should.
  void rock_ridge(std::uint64_t begin, ByteView record, std::size_t system, std::uint32_t owner, bool repeated) {
    each_entry(record, system, [&](std::string_view kind, std::size_t at, std::size_t size) {
      if (kind == "PX" && size >= 36) {
        field(begin + at + 4, 8, Aspect::mode, repeated ? "mode, repeated" : "mode", owner, hex_number);
        field(begin + at + 20, 8, Aspect::owner, repeated ? "uid, repeated" : "uid", owner, hex_number);
        field(begin + at + 28, 8, Aspect::owner, repeated ? "gid, repeated" : "gid", owner, hex_number);
      }
      if (kind == "TF" && size > 5) times(begin + at, record.subspan(at, size), owner, repeated);
    });
  }

  /// The flags say which of the times are there, in this order.
  void times(std::uint64_t begin, ByteView entry, std::uint32_t owner, bool repeated) {
    static constexpr std::string_view k_times[] = {"created",   "mtime",   "accessed", "status changed",
                                                   "backed up", "expires", "effective"};
    const std::size_t width = (entry[4] & 0x80U) != 0 ? 17 : 7;
    std::size_t at = 5;
    for (std::size_t i = 0; i < std::size(k_times); ++i) {
      if ((entry[4] >> i & 1U) == 0) continue;
      if (at + width > entry.size()) return;
      field(begin + at, width, Aspect::time, repeated && k_times[i] == "mtime" ? "mtime, repeated" : k_times[i], owner,
            width == 17 ? long_date : short_date);
      at += width;
    }
  }

  const Content& m_image;
  const Limits& m_limits;
  ImagePlaces m_places;
  std::set<std::pair<bool, std::uint64_t>> m_seen;
  bool m_joliet = false;
  bool m_sound = true;
};

}  // namespace

std::optional<PlacedImage> find_iso_places(const Content& image, const Limits& limits) {
  auto places = IsoWalk{image, limits}.run();
  if (!places) return std::nullopt;
  return PlacedImage{image, *std::move(places)};
}

}  // namespace assay::artifact
