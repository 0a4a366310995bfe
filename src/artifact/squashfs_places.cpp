// What lies where in a squashfs 4.0 image (https://dr-emann.github.io/squashfs/). Its tables are compressed, so the places
// are those of a rendering of the image: the superblock and every table decoded, then a digest for each run of encoded bytes
// whose decoded ones are told elsewhere. Two images with one rendering and equal files are the same image.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "artifact/fields.hpp"
#include "artifact/file_system_image.hpp"
#include "artifact/squashfs_blocks.hpp"
#include "digest/digest.hpp"

namespace assay::artifact {

namespace {

constexpr std::uint64_t k_superblock = 96;
constexpr std::uint64_t k_device_block = 4096;
constexpr std::uint64_t k_metadata = 8192;  ///< bytes of a metadata block, decoded
constexpr std::uint64_t k_absent = ~std::uint64_t{0};
constexpr std::uint32_t k_no_fragment = ~std::uint32_t{0};
constexpr unsigned k_compressor_options = 0x400;

// Types of inodes; the extended ones count on from the others.
constexpr unsigned k_directory = 1, k_file = 2, k_link = 3, k_fifo = 6, k_extended = 7, k_last = 14;

/// A table of metadata blocks, decoded.
struct Table {
  Bytes bytes;
  std::map<std::uint64_t, std::size_t>
      blocks;  ///< where each block begins on disk, from the table's start, and decoded

  /// Where a reference leads.
  std::optional<std::size_t> at(std::uint64_t block, std::uint64_t offset) const {
    const auto found = blocks.find(block);
    if (found == blocks.end() || offset >= bytes.size() - found->second) return std::nullopt;
    return found->second + static_cast<std::size_t>(offset);
  }
};

struct SquashfsInode {
  unsigned type = 0;
  std::uint64_t directory = 0;       ///< of a directory: where its listing is
  std::uint64_t directory_size = 0;  ///< with the three bytes that stand for the two dots
  std::uint64_t start = 0, size = 0;
  std::uint32_t fragment = k_no_fragment, fragment_offset = 0;
  std::vector<std::uint32_t> blocks;
  std::uint32_t owner = 0;  ///< its path
  bool named = false;
  bool has_blocks = false;  ///< of its own, not holes alone
};

/// Encoded bytes whose decoded ones are told elsewhere: their digest stands for them.
struct Encoded {
  std::uint32_t owner = 0;
  std::vector<ByteView> runs;
};

class SquashfsWalk {
 public:
  SquashfsWalk(const Content& image, const Limits& limits)
      : m_image(image.bytes()), m_limits(limits), m_table_bytes_left(limits.memory / 8) {}

  std::optional<PlacedImage> run() {
    if (m_image.size() < k_superblock || !read_superblock() || !read_tables() || !read_inodes()) return std::nullopt;
    const auto root = number(m_image, 32, 8);
    const auto first = m_inode_table.at(root >> 16, root & 0xffff);
    if (!first || !name_inode(*first, "", 0) || !all_named() || !read_data() || !is_covered()) return std::nullopt;
    return render();
  }

 private:
  static std::uint64_t number(ByteView bytes, std::size_t at, std::size_t width) {
    return at + width <= bytes.size() ? little_endian(bytes, at, width) : 0;
  }

  bool read_superblock() {
    m_block_size = number(m_image, 12, 4);
    m_compressor = static_cast<unsigned>(number(m_image, 20, 2));
    m_used = number(m_image, 40, 8);
    const bool sound = m_block_size >= 4096 && m_block_size <= (1U << 20) && m_used >= k_superblock &&
                       m_used <= m_image.size() && number(m_image, 56, 8) == k_absent;
    m_extents[0] = k_superblock;
    if (!sound || (number(m_image, 24, 2) & k_compressor_options) == 0) return sound;
    const auto options = metadata_block(k_superblock);
    if (!options) return false;
    m_options = options->bytes;
    return take(k_superblock, options->encoded);
  }

  std::optional<SquashfsBlock> metadata_block(std::uint64_t at) const {
    return read_metadata_block(m_image.first(static_cast<std::size_t>(m_used)), at, m_compressor);
  }

  /// Bytes of the image that something claims; two files may share theirs.
  bool take(std::uint64_t at, std::uint64_t size) {
    if (at > m_used || size > m_used - at) return false;
    const auto [found, fresh] = m_extents.try_emplace(at, size);
    return fresh || found->second == size;
  }

  /// So many more decoded bytes of a table may be held, with all that is known of them.
  bool afford(std::uint64_t size) {
    const bool good = size <= m_table_bytes_left;
    if (good) m_table_bytes_left -= size;
    return good;
  }

  /// Blocks from `begin` until `size` bytes are decoded, or until `end`.
  std::optional<Table> table(std::uint64_t begin, std::uint64_t end) {
    Table table;
    for (auto at = begin; at < end;) {
      const auto block = metadata_block(at);
      if (!block || !afford(block->bytes.size()) || !take(at, block->encoded)) return {};
      table.blocks[at - begin] = table.bytes.size();
      table.bytes.insert(table.bytes.end(), block->bytes.begin(), block->bytes.end());
      at += block->encoded;
      if (at > end) return std::nullopt;
    }
    return table;
  }

  /// A table that a list of its blocks leads to; `first` is where the first of them begins.
  std::optional<Bytes> indirect(std::uint64_t list, std::uint64_t size, std::uint64_t& first) {
    Bytes bytes;
    const auto count = (size + k_metadata - 1) / k_metadata;
    if (list > m_used || count * 8 > m_used - list || !afford(size) || !take(list, count * 8)) return {};
    for (std::uint64_t i = 0; i < count; ++i) {
      const auto at = number(m_image, static_cast<std::size_t>(list + i * 8), 8);
      const auto block = metadata_block(at);
      if (!block || !take(at, block->encoded)) return std::nullopt;
      first = std::min(first, at);
      bytes.insert(bytes.end(), block->bytes.begin(), block->bytes.end());
    }
    if (bytes.size() != size) return std::nullopt;
    return bytes;
  }

  bool read_tables() {
    const auto inodes = number(m_image, 64, 8);
    const auto directories = number(m_image, 72, 8);
    auto end = m_used;
    const auto read = [&](std::size_t field, std::uint64_t size, Bytes& into) {
      const auto list = number(m_image, field, 8);
      if (list == k_absent || size == 0) return size == 0 && (list == k_absent || list <= m_used);
      auto bytes = indirect(list, size, end);
      if (bytes) into = *std::move(bytes);
      end = std::min(end, list);
      return bytes.has_value();
    };
    const auto exported = number(m_image, 88, 8) == k_absent ? 0 : number(m_image, 4, 4);
    if (!read(80, number(m_image, 16, 4) * 16, m_fragment_table) || !read(88, exported * 8, m_export_table) ||
        !read(48, number(m_image, 26, 2) * 4, m_id_table))
      return false;
    auto table_of_inodes = table(inodes, directories);
    auto table_of_directories = directories <= end ? table(directories, end) : std::nullopt;
    if (!table_of_inodes || !table_of_directories) return false;
    m_inode_table = *std::move(table_of_inodes);
    m_directory_table = *std::move(table_of_directories);
    m_tables_begin = inodes;
    return true;
  }

  /// Every inode, one after the other; none may be left out.
  bool read_inodes() {
    for (std::size_t at = 0; at < m_inode_table.bytes.size();) {
      SquashfsInode inode;
      const auto size = inode_at(ByteView{m_inode_table.bytes}.subspan(at), inode);
      if (size == 0 || m_inodes.size() >= m_limits.max_entries) return false;
      m_inodes.emplace(at, std::move(inode));
      at += size;
    }
    return true;
  }

  /// The size of the inode that `bytes` begin with; 0 if it is damaged.
  std::size_t inode_at(ByteView bytes, SquashfsInode& inode) const {
    const auto type = static_cast<unsigned>(number(bytes, 0, 2));
    inode.type = type > k_extended ? type - k_extended : type;
    const bool extended = type > k_extended;
    std::size_t size = 0;
    if (type == 0 || type > k_last) return 0;
    if (inode.type == k_directory) size = directory_inode(bytes, extended, inode);
    else if (inode.type == k_file) size = file_inode(bytes, extended, inode);
    else if (inode.type == k_link) size = 24 + number(bytes, 20, 4) + (extended ? 4U : 0U);
    else size = (inode.type >= k_fifo ? 20U : 24U) + (extended ? 4U : 0U);
    return size <= bytes.size() ? size : 0;
  }

  std::size_t directory_inode(ByteView bytes, bool extended, SquashfsInode& inode) const {
    const auto block = number(bytes, extended ? 24 : 16, 4);
    const auto offset = number(bytes, extended ? 34 : 26, 2);
    inode.directory_size = extended ? number(bytes, 20, 4) : number(bytes, 24, 2);
    if (inode.directory_size > 3) {
      const auto at = m_directory_table.at(block, offset);
      if (!at) return 0;
      inode.directory = *at;
    }
    std::size_t size = extended ? 40 : 32;
    for (std::uint64_t i = 0; extended && i < number(bytes, 32, 2); ++i) {
      if (size + 12 > bytes.size()) return 0;
      // The kernel looks a name up from there on: no place but the one that is so far into the listing will do.
      const auto skipped = number(bytes, size, 4);
      const auto at = m_directory_table.at(number(bytes, size + 4, 4), (offset + skipped) % k_metadata);
      if (!at || *at != inode.directory + skipped) return 0;
      size += 12 + static_cast<std::size_t>(number(bytes, size + 8, 4)) + 1;
    }
    return size;
  }

  std::size_t file_inode(ByteView bytes, bool extended, SquashfsInode& inode) const {
    const auto width = extended ? 8U : 4U;
    inode.start = number(bytes, 16, width);
    inode.size = extended ? number(bytes, 24, 8) : number(bytes, 28, 4);
    inode.fragment = static_cast<std::uint32_t>(number(bytes, extended ? 44 : 20, 4));
    inode.fragment_offset = static_cast<std::uint32_t>(number(bytes, extended ? 48 : 24, 4));
    const std::size_t head = extended ? 56 : 32;
    const auto whole = inode.size / m_block_size;
    const auto count = inode.fragment == k_no_fragment && inode.size % m_block_size != 0 ? whole + 1 : whole;
    if (head > bytes.size() || count > (bytes.size() - head) / 4) return 0;
    for (std::uint64_t i = 0; i < count; ++i)
      inode.blocks.push_back(static_cast<std::uint32_t>(number(bytes, head + static_cast<std::size_t>(i) * 4, 4)));
    return head + static_cast<std::size_t>(count) * 4;
  }

  bool name_inode(std::size_t at, const std::string& path, unsigned depth) {
    const auto found = m_inodes.find(at);
    if (found == m_inodes.end() || depth > m_limits.max_path_depth) return false;
    auto& inode = found->second;
    if (inode.named) return inode.type != k_directory;  // a file of two names
    inode.named = true;
    inode.owner = path.empty() ? 0 : m_places.enter(path);
    return inode.type != k_directory || inode.directory_size <= 3 || list(inode, path, depth);
  }

  bool list(const SquashfsInode& directory, const std::string& path, unsigned depth) {
    const ByteView table{m_directory_table.bytes};
    auto at = static_cast<std::size_t>(directory.directory);
    const auto end = at + static_cast<std::size_t>(directory.directory_size - 3);
    if (end > table.size() || !m_listed.try_emplace(at, end).second) return false;
    while (at < end) {
      const auto count = number(table, at, 4) + 1;
      const auto block = number(table, at + 4, 4);
      const auto first = number(table, at + 8, 4);
      offset_place(m_directory_places, at + 4, 4);
      at += 12;
      for (std::uint64_t i = 0; i < count && at + 8 < end; ++i) {
        const auto target = m_inode_table.at(block, number(table, at, 2));
        const auto delta = static_cast<std::int16_t>(number(table, at + 2, 2));
        const auto size = static_cast<std::size_t>(number(table, at + 6, 2)) + 1;
        if (!target || size > end - at - 8 ||
            number(m_inode_table.bytes, *target + 12, 4) !=
                static_cast<std::uint32_t>(static_cast<std::int64_t>(first) + delta))
          return false;
        const std::string name{as_text(table.subspan(at + 8, size))};
        offset_place(m_directory_places, at, 2);
        at += 8 + size;
        if (name.find('/') != std::string::npos ||
            !name_inode(*target, path.empty() ? name : path + "/" + name, depth + 1))
          return false;
      }
    }
    return at == end;
  }

  /// Every inode has a name, and every byte of the table of directories is of a listing.
  bool all_named() const {
    std::size_t at = 0;
    for (const auto& [begin, end] : m_listed) {
      if (begin != at) return false;
      at = end;
    }
    return at == m_directory_table.bytes.size() &&
           std::all_of(m_inodes.begin(), m_inodes.end(), [](const auto& inode) { return inode.second.named; });
  }

  /// The blocks of files decode, all of each, and so do those that the ends of files share.
  bool read_data() {
    std::map<std::uint32_t, std::vector<std::pair<std::uint64_t, std::uint64_t>>> ends;
    for (auto& [place, inode] : m_inodes) {
      if (inode.type != k_file) continue;
      auto at = inode.start;
      Encoded encoded{inode.owner, {}};
      for (std::size_t i = 0; i < inode.blocks.size(); ++i) {
        const auto size = inode.blocks[i] & 0xffffffU;
        const auto left = inode.size - i * m_block_size;
        if (inode.blocks[i] == 0) continue;  // a hole
        inode.has_blocks = true;
        if (!data_block(at, inode.blocks[i], std::min(left, m_block_size), encoded)) return false;
        at += size;
      }
      m_encoded.push_back(std::move(encoded));
      if (inode.fragment != k_no_fragment)
        ends[inode.fragment].emplace_back(inode.fragment_offset, inode.size % m_block_size);
    }
    return read_fragments(ends);
  }

  bool data_block(std::uint64_t at, std::uint32_t word, std::uint64_t size, Encoded& into) {
    const auto encoded = word & 0xffffffU;
    // What does not shrink is kept as it is. So what is decoded here costs no more than what the files hold.
    if ((word & ~0x1ffffffU) != 0 || encoded > size || !take(at, encoded)) return false;
    const auto bytes = m_image.subspan(static_cast<std::size_t>(at), encoded);
    into.runs.push_back(bytes);
    if ((word & 0x1000000U) != 0) return encoded == size;
    const auto decoded = decode_squashfs_block(bytes, m_compressor, static_cast<std::size_t>(m_block_size));
    return decoded && decoded->size() == size;
  }

  bool read_fragments(std::map<std::uint32_t, std::vector<std::pair<std::uint64_t, std::uint64_t>>>& ends) {
    Encoded encoded;
    for (std::uint32_t i = 0; i < m_fragment_table.size() / 16; ++i) {
      auto& parts = ends[i];
      std::sort(parts.begin(), parts.end());
      std::uint64_t covered = 0;
      for (const auto& [begin, size] : parts) {
        if (begin > covered) return false;
        covered = std::max(covered, begin + size);
      }
      const auto entry = ByteView{m_fragment_table}.subspan(std::size_t{i} * 16, 16);
      if (!data_block(number(entry, 0, 8), static_cast<std::uint32_t>(number(entry, 8, 4)), covered, encoded))
        return false;
    }
    m_encoded.push_back(std::move(encoded));
    return ends.size() == m_fragment_table.size() / 16;
  }

  /// What is claimed is all there is, each byte by one; behind it nothing but zeros.
  bool is_covered() const {
    std::uint64_t at = 0;
    for (const auto& [begin, size] : m_extents) {
      if (size == 0) continue;
      if (begin != at) return false;
      at = begin + size;
    }
    const auto rest = m_image.subspan(static_cast<std::size_t>(m_used));
    return at == m_used && std::all_of(rest.begin(), rest.end(), [](std::uint8_t byte) { return byte == 0; });
  }

  using Places = std::vector<ImagePlace>;

  static void place(Places& places, std::uint64_t at, std::uint64_t size, Aspect aspect, std::string_view name,
                    std::uint32_t owner = 0) {
    places.push_back({at, size, aspect, name, owner, little_number});
  }
  static void offset_place(Places& places, std::uint64_t at, std::uint64_t size) {
    place(places, at, size, Aspect::offset, "offsets");
  }

  void add(ByteView bytes, const Places& places) {
    for (auto each : places) {
      each.offset += m_rendering.size();
      m_places.places.push_back(each);
    }
    m_rendering.insert(m_rendering.end(), bytes.begin(), bytes.end());
  }

  Places superblock_places() const {
    Places places;
    offset_place(places, 16, 4);
    place(places, 20, 2, Aspect::compression, "compressor");
    for (const std::uint64_t at : {32U, 40U, 48U, 64U, 72U, 80U, 88U}) offset_place(places, at, 8);
    return places;
  }

  Places inode_places() const {
    Places places;
    for (const auto& [at, inode] : m_inodes) {
      place(places, at + 2, 2, Aspect::mode, "mode", inode.owner);
      place(places, at + 4, 2, Aspect::owner, "uid", inode.owner);
      place(places, at + 6, 2, Aspect::owner, "gid", inode.owner);
      place(places, at + 8, 4, Aspect::time, "mtime", inode.owner);
      const bool extended = number(m_inode_table.bytes, at, 2) > k_extended;
      if (inode.type == k_directory && inode.directory_size > 3) directory_places(places, at, extended);
      if (inode.type == k_file) file_places(places, at, extended, inode);
    }
    return places;
  }

  void directory_places(Places& places, std::size_t at, bool extended) const {
    offset_place(places, at + (extended ? 24 : 16), 4);
    offset_place(places, at + (extended ? 34 : 26), 2);
    auto entry = at + 40;
    for (std::uint64_t i = 0; extended && i < number(m_inode_table.bytes, at + 32, 2); ++i) {
      offset_place(places, entry + 4, 4);
      entry += 12 + static_cast<std::size_t>(number(m_inode_table.bytes, entry + 8, 4)) + 1;
    }
  }

  static void file_places(Places& places, std::size_t at, bool extended, const SquashfsInode& inode) {
    // What is not followed anywhere proves nothing, and must not differ.
    if (inode.has_blocks) offset_place(places, at + 16, extended ? 8 : 4);
    place(places, at + (extended ? 24 : 28), extended ? 8 : 4, Aspect::size, "size", inode.owner);
    if (inode.fragment != k_no_fragment) {
      offset_place(places, at + (extended ? 44 : 20), 4);
      offset_place(places, at + (extended ? 48 : 24), 4);
    }
    for (std::size_t i = 0; i < inode.blocks.size(); ++i) offset_place(places, at + (extended ? 56 : 32) + i * 4, 4);
  }

  PlacedImage render() {
    add(m_image.first(k_superblock), superblock_places());
    add(m_options, {{0, m_options.size(), Aspect::compression, "compressor options", 0, hex_number}});
    add(m_inode_table.bytes, inode_places());
    add(m_directory_table.bytes, m_directory_places);
    Places fragments;
    for (std::size_t at = 0; at < m_fragment_table.size(); at += 16) offset_place(fragments, at, 12);
    add(m_fragment_table, fragments);
    add(m_id_table, id_places());
    Places exported;
    if (exports_inodes())
      for (std::size_t at = 0; at < m_export_table.size(); at += 8) offset_place(exported, at, 8);
    add(m_export_table, exported);
    for (auto& each : m_encoded) add_encoded(std::move(each), k_compressed_data);
    add_encoded({0,
                 {m_image.subspan(static_cast<std::size_t>(m_tables_begin),
                                  static_cast<std::size_t>(m_used - std::min(m_used, m_tables_begin)))}},
                k_compressed_tables);
    add_padding();
    return {Content::of(std::move(m_rendering)), std::move(m_places)};
  }

  /// An owner that some member has is told of that member. The root is none.
  Places id_places() const {
    std::set<std::uint64_t> used;
    for (const auto& [at, inode] : m_inodes)
      for (const std::size_t field : {4U, 6U})
        if (inode.owner != 0) used.insert(number(m_inode_table.bytes, at + field, 2));
    Places places;
    for (const auto index : used)
      if (index * 4 + 4 <= m_id_table.size()) offset_place(places, index * 4, 4);
    return places;
  }

  /// The table for NFS leads to each inode by its number.
  bool exports_inodes() const {
    for (std::size_t i = 0; i * 8 < m_export_table.size(); ++i) {
      const auto to = number(m_export_table, i * 8, 8);
      const auto at = m_inode_table.at(to >> 16, to & 0xffff);
      if (!at || !m_inodes.contains(*at) || number(m_inode_table.bytes, *at + 12, 4) != i + 1) return false;
    }
    return true;
  }

  void add_encoded(Encoded encoded, std::string_view name) {
    Sha256Stream stream;
    for (const auto run : encoded.runs) stream.update(run);
    m_places.encoded.emplace(m_rendering.size(), std::move(encoded.runs));
    const auto digest = stream.finish();
    add(digest.bytes, {{0, digest.bytes.size(), Aspect::compression, name, encoded.owner, hex_number}});
  }

  /// Zeros up to a whole number of 4 KiB are what mksquashfs(1) adds whatever it made; any other number is told.
  void add_padding() {
    auto padding = m_image.size() - m_used;
    if (m_image.size() % k_device_block == 0 && padding < k_device_block) padding = k_absent;
    Bytes bytes(8);
    for (std::size_t i = 0; i < 8; ++i) bytes[i] = static_cast<std::uint8_t>(padding >> (8 * i));
    add(bytes, {{0, 8, Aspect::encoding, "padding", 0, little_number}});
  }

  const ByteView m_image;
  const Limits& m_limits;
  std::uint64_t m_table_bytes_left;
  std::uint64_t m_block_size = 0, m_used = 0, m_tables_begin = 0;
  unsigned m_compressor = 0;
  Bytes m_options, m_fragment_table, m_export_table, m_id_table, m_rendering;
  Table m_inode_table, m_directory_table;
  std::map<std::size_t, SquashfsInode> m_inodes;     ///< by their place in the decoded table
  std::map<std::size_t, std::size_t> m_listed;       ///< listings of directories in the decoded table, begin and end
  std::map<std::uint64_t, std::uint64_t> m_extents;  ///< of the image that are claimed, by where they begin
  std::vector<Encoded> m_encoded;
  Places m_directory_places;
  ImagePlaces m_places;
};

}  // namespace

std::optional<PlacedImage> find_squashfs_places(const Content& image, const Limits& limits) {
  return SquashfsWalk{image, limits}.run();
}

}  // namespace assay::artifact
