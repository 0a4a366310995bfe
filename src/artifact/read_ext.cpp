// ext2, ext3 and ext4, through libext2fs, which reads from memory here. Nothing is mounted and no journal is replayed.
#include <fmt/format.h>

#include <ext2fs/ext2fs.h>

#include <cstdlib>
#include <cstring>
#include <memory>
#include <set>

#include "artifact/file_system_image.hpp"

namespace assay::artifact {

namespace {

/// The library opens images by name and has no room for a pointer: the image that this thread is about to open.
thread_local ByteView t_image;

errcode_t channel_open(const char* /*name*/, int /*flags*/, io_channel* out);

errcode_t channel_close(io_channel channel) {
  if (--channel->refcount > 0) return 0;
  delete static_cast<ByteView*>(channel->private_data);
  std::free(channel->name);
  std::free(channel);
  return 0;
}

errcode_t channel_set_block_size(io_channel channel, int size) {
  channel->block_size = size;
  return 0;
}

/// A negative count is one of bytes.
errcode_t channel_read64(io_channel channel, unsigned long long block, int count, void* data) {
  const auto bytes = *static_cast<ByteView*>(channel->private_data);
  const auto block_size = static_cast<std::size_t>(channel->block_size);
  const auto size = count < 0 ? static_cast<std::size_t>(-static_cast<std::int64_t>(count))
                              : static_cast<std::size_t>(count) * block_size;
  if (block > bytes.size() / block_size) return EXT2_ET_SHORT_READ;
  const auto offset = static_cast<std::size_t>(block) * block_size;
  if (size > bytes.size() - offset) return EXT2_ET_SHORT_READ;
  std::memcpy(data, bytes.data() + offset, size);
  return 0;
}

errcode_t channel_read(io_channel channel, unsigned long block, int count, void* data) {
  return channel_read64(channel, block, count, data);
}

struct_io_manager make_manager() {
  struct_io_manager manager{};
  manager.magic = EXT2_ET_MAGIC_IO_MANAGER;
  manager.name = "memory";
  manager.open = channel_open;
  manager.close = channel_close;
  manager.set_blksize = channel_set_block_size;
  manager.read_blk = channel_read;
  manager.read_blk64 = channel_read64;
  manager.write_blk = [](io_channel, unsigned long, int, const void*) -> errcode_t { return EXT2_ET_UNIMPLEMENTED; };
  manager.write_blk64 = [](io_channel, unsigned long long, int, const void*) -> errcode_t {
    return EXT2_ET_UNIMPLEMENTED;
  };
  manager.flush = [](io_channel) -> errcode_t { return 0; };
  return manager;
}

io_manager memory_manager() {
  static auto manager = make_manager();
  return &manager;
}

errcode_t channel_open(const char* name, int /*flags*/, io_channel* out) {
  // Freed by the library's own conventions, with free(3).
  auto* channel = static_cast<io_channel>(std::calloc(1, sizeof(struct_io_channel)));
  if (channel == nullptr) return EXT2_ET_NO_MEMORY;
  channel->magic = EXT2_ET_MAGIC_IO_CHANNEL;
  channel->manager = memory_manager();
  channel->name = ::strdup(name);
  channel->block_size = 1024;
  channel->refcount = 1;
  channel->private_data = new ByteView{t_image};
  *out = channel;
  return 0;
}

struct FsCloser {
  void operator()(ext2_filsys fs) const { ext2fs_free(fs); }
};

EntryKind kind_of(const ext2_inode& inode) {
  switch (inode.i_mode & 0170000U) {
    case 0040000:
      return EntryKind::directory;
    case 0120000:
      return EntryKind::symlink;
    case 0010000:
      return EntryKind::fifo;
    case 0140000:
      return EntryKind::socket;
    case 0020000:
    case 0060000:
      return EntryKind::device;
    default:
      return EntryKind::regular;
  }
}

using FileSystem = std::unique_ptr<struct_ext2_filsys, FsCloser>;

/// Null if its superblock is damaged, which its checksum would say, or asks for features that are not read.
FileSystem open_image(const Content& image) {
  t_image = image.bytes();
  ext2_filsys raw = nullptr;
  const auto flags = EXT2_FLAG_64BITS | EXT2_FLAG_SOFTSUPP_FEATURES;
  return FileSystem{ext2fs_open2("image", nullptr, flags, 0, 0, memory_manager(), &raw) == 0 ? raw : nullptr};
}

class ExtReader {
 public:
  ExtReader(const Content& image, const Limits& limits)
      : m_limits(limits), m_fs(open_image(image)), m_collector(limits) {}

  std::optional<ImageListing> run(std::string& problem) {
    if (!m_fs) {
      problem = "its superblock is damaged, or asks for features that are not read";
      return std::nullopt;
    }
    m_waiting.emplace_back("", EXT2_ROOT_INO);
    m_seen.insert(EXT2_ROOT_INO);
    while (!m_waiting.empty() && !m_collector.is_cut()) {
      const auto [path, inode] = std::move(m_waiting.back());
      m_waiting.pop_back();
      list(path, inode);
    }
    return m_collector.finish();
  }

 private:
  struct Found {
    std::vector<std::pair<std::string, ext2_ino_t>> entries;
    std::uint64_t most = 0;
  };

  static int on_entry(ext2_ino_t /*directory*/, int entry, ext2_dir_entry* found, int /*offset*/, int /*block_size*/,
                      char* /*buffer*/, void* list) {
    if (entry != DIRENT_OTHER_FILE || found->inode == 0) return 0;
    auto& names = *static_cast<Found*>(list);
    names.entries.emplace_back(std::string{found->name, found->name_len & 0xffU}, found->inode);
    return names.entries.size() > names.most ? DIRENT_ABORT : 0;
  }

  void list(const std::string& path, ext2_ino_t directory) {
    Found found;
    found.most = m_limits.max_entries;
    if (ext2fs_dir_iterate2(m_fs.get(), directory, 0, nullptr, on_entry, &found) != 0)
      return m_collector.cut("has a damaged directory");
    for (const auto& [name, number] : found.entries) {
      if (m_collector.is_cut()) return;
      take(path.empty() ? name : fmt::format("{}/{}", path, name), number);
    }
  }

  void take(const std::string& path, ext2_ino_t number) {
    ext2_inode inode{};
    if (ext2fs_read_inode(m_fs.get(), number, &inode) != 0) return m_collector.cut("has a damaged inode");
    const auto kind = kind_of(inode);
    auto* entry = m_collector.begin(path, kind);
    if (entry == nullptr) return;
    entry->member.mode = inode.i_mode & 07777U;
    entry->uid = inode.i_uid | static_cast<std::uint32_t>(inode.osd2.linux2.l_i_uid_high) << 16;
    entry->gid = inode.i_gid | static_cast<std::uint32_t>(inode.osd2.linux2.l_i_gid_high) << 16;
    entry->mtime = inode.i_mtime;
    attributes(number, *entry);
    if (kind == EntryKind::device) entry->device = inode.i_block[0] != 0 ? inode.i_block[0] : inode.i_block[1];
    if (kind == EntryKind::symlink && inode.i_size < sizeof inode.i_block && (inode.i_flags & EXT4_EXTENTS_FL) == 0 &&
        (inode.i_flags & EXT4_INLINE_DATA_FL) == 0) {
      entry->link_target.assign(reinterpret_cast<const char*>(inode.i_block), inode.i_size);
    } else if (kind == EntryKind::regular || kind == EntryKind::symlink) {
      read(number, kind == EntryKind::symlink ? &entry->link_target : nullptr);
    } else if (kind == EntryKind::directory) {
      if (!m_collector.may_descend(path) || !m_seen.insert(number).second)
        return m_collector.cut("has directories that are too deep, or lead in a circle");
      m_waiting.emplace_back(path, number);
    }
  }

  /// Values in inodes of their own may be of any size, and are not read: what lies there is told as the image's bytes.
  void attributes(ext2_ino_t number, ImageEntry& entry) {
    ext2_xattr_handle* handle = nullptr;
    if (ext2fs_has_feature_ea_inode(m_fs->super) != 0 || ext2fs_xattrs_open(m_fs.get(), number, &handle) != 0) return;
    if (ext2fs_xattrs_read(handle) == 0) ext2fs_xattrs_iterate(handle, on_attribute, &entry.attributes);
    ext2fs_xattrs_close(&handle);
  }

  static int on_attribute(char* name, char* value, std::size_t size, void* list) {
    static_cast<std::map<std::string, std::string>*>(list)->emplace(name, std::string{value, size});
    return 0;
  }

  void read(ext2_ino_t number, std::string* target) {
    ext2_file_t file = nullptr;
    if (ext2fs_file_open(m_fs.get(), number, 0, &file) != 0) return m_collector.cut("has a damaged file");
    unsigned int got = 0;
    bool sound = true;
    do {
      sound = ext2fs_file_read(file, m_block.data(), static_cast<unsigned int>(m_block.size()), &got) == 0;
      const auto bytes = ByteView{m_block}.first(sound ? got : 0);
      if (target != nullptr) {
        *target += as_text(bytes);
        if (target->size() > m_limits.max_path_length) sound = false;
      } else if (!m_collector.add(bytes)) {
        break;
      }
    } while (sound && got > 0);
    ext2fs_file_close(file);
    if (!sound) m_collector.cut("has a damaged file");
  }

  const Limits& m_limits;
  const FileSystem m_fs;
  std::vector<std::pair<std::string, ext2_ino_t>> m_waiting;
  std::set<ext2_ino_t> m_seen;
  Bytes m_block = Bytes(128U << 10);
  ImageCollector m_collector;
};

/// Which inode has which paths, and what of it lies where. The library checks the checksums of all that it reads.
class ExtPlaces {
 public:
  ExtPlaces(const Content& image, const Limits& limits)
      : m_image(image.bytes()), m_limits(limits), m_fs(open_image(image)) {}

  std::optional<ImagePlaces> run() {
    if (!m_fs || ext2fs_has_feature_meta_bg(m_fs->super) || m_fs->super->s_inodes_count > k_most_inodes)
      return std::nullopt;
    m_summed = ext2fs_has_feature_metadata_csum(m_fs->super);
    header();
    groups();
    for (ext2_ino_t number = 1; number < m_fs->super->s_first_ino; ++number) inode(number, 0);
    directory("", EXT2_ROOT_INO);
    while (m_sound && !m_waiting.empty()) {
      const auto [path, number] = std::move(m_waiting.back());
      m_waiting.pop_back();
      directory(path, number);
    }
    return m_sound ? std::optional{std::move(m_places)} : std::nullopt;
  }

 private:
  static constexpr std::uint32_t k_most_inodes = 1U << 20;

  struct Blocks {
    ExtPlaces* self;
    std::uint64_t size;
    std::uint32_t owner;
    bool directory;
  };

  void field(std::uint64_t at, std::uint64_t size, Aspect aspect, std::string_view name, std::uint32_t owner = 0,
             std::string_view token = {}) {
    m_places.places.push_back({at, size, aspect, name, owner, token.empty() ? little_number : hex_number, token});
  }

  std::uint64_t block_size() const { return static_cast<std::uint64_t>(m_fs->blocksize); }

  void header() {
    if (m_summed) field(1024 + 0x3fc, 4, Aspect::checksum, "superblock checksum");
    field(1024 + 0x178, 8, Aspect::content, "bytes ever written");
  }

  /// Descriptors of the groups behind the superblock; the checksums of their bitmaps stand in them.
  void groups() {
    if (!m_summed) return;
    const std::uint64_t size = ext2fs_has_feature_64bit(m_fs->super) ? m_fs->super->s_desc_size : 32U;
    const auto begin = (m_fs->super->s_first_data_block + 1ULL) * block_size();
    for (dgrp_t group = 0; group < m_fs->group_desc_count; ++group) {
      const auto at = begin + group * size;
      const auto sums = [&](std::uint64_t low, std::uint64_t high, std::string_view name) {
        field(at + low, 2, Aspect::checksum, name);
        if (size >= 64) field(at + high, 2, Aspect::checksum, name);
      };
      if (ext2fs_group_desc_csum_verify(m_fs.get(), group) == 0) continue;
      field(at + 0x1e, 2, Aspect::checksum, "group's checksum");
      const auto of_blocks = EXT2_CLUSTERS_PER_GROUP(m_fs->super) / 8;
      const auto of_inodes = EXT2_INODES_PER_GROUP(m_fs->super) / 8;
      auto* blocks = bitmap(ext2fs_block_bitmap_loc(m_fs.get(), group), of_blocks);
      auto* inodes = bitmap(ext2fs_inode_bitmap_loc(m_fs.get(), group), of_inodes);
      if (blocks != nullptr &&
          ext2fs_block_bitmap_csum_verify(m_fs.get(), group, blocks, static_cast<int>(of_blocks)) != 0)
        sums(0x18, 0x38, "block bitmap's checksum");
      if (inodes != nullptr &&
          ext2fs_inode_bitmap_csum_verify(m_fs.get(), group, inodes, static_cast<int>(of_inodes)) != 0)
        sums(0x1a, 0x3a, "inode bitmap's checksum");
    }
  }

  /// The library's interface predates const; it only reads.
  char* bitmap(blk64_t block, std::uint64_t size) {
    const auto at = block * block_size();
    if (at > m_image.size() || size > m_image.size() - at) return nullptr;
    return const_cast<char*>(as_text(m_image).data() + at);
  }

  /// False if it cannot be read, as where its checksum does not fit.
  bool inode(ext2_ino_t number, std::uint32_t owner) {
    ext2_inode inode{};
    if (!m_inodes.insert(number).second) return true;
    if (ext2fs_read_inode(m_fs.get(), number, &inode) != 0) return false;
    const auto size = static_cast<std::uint64_t>(EXT2_INODE_SIZE(m_fs->super));
    const auto per_group = m_fs->super->s_inodes_per_group;
    const auto at =
        ext2fs_inode_table_loc(m_fs.get(), (number - 1) / per_group) * block_size() + (number - 1) % per_group * size;
    field(at, 2, Aspect::mode, "mode", owner);
    field(at + 2, 2, Aspect::owner, "uid", owner);
    field(at + 24, 2, Aspect::owner, "gid", owner);
    field(at + 120, 2, Aspect::owner, "uid", owner);
    field(at + 122, 2, Aspect::owner, "gid", owner);
    field(at + 8, 4, Aspect::time, "atime", owner);
    field(at + 12, 4, Aspect::time, "ctime", owner);
    field(at + 16, 4, Aspect::time, "mtime", owner);
    if (m_summed) field(at + 124, 2, Aspect::checksum, "inode's checksum", owner);
    if (size >= 160) {
      if (m_summed) field(at + 130, 2, Aspect::checksum, "inode's checksum", owner);
      field(at + 144, 4, Aspect::time, "crtime", owner);
    }
    if (number == EXT2_JOURNAL_INO) return journal(inode);
    const bool link = LINUX_S_ISLNK(inode.i_mode) && EXT2_I_SIZE(&inode) < sizeof inode.i_block;
    if (number < EXT2_GOOD_OLD_FIRST_INO && number != EXT2_ROOT_INO) return true;
    if (!link && (LINUX_S_ISREG(inode.i_mode) || LINUX_S_ISDIR(inode.i_mode) || LINUX_S_ISLNK(inode.i_mode)))
      blocks(number, inode, owner);
    return true;
  }

  /// Its first block names the file system that it is of.
  bool journal(const ext2_inode& inode) {
    blk64_t first = 0;
    auto copy = inode;
    if (ext2fs_bmap2(m_fs.get(), EXT2_JOURNAL_INO, &copy, nullptr, 0, 0, nullptr, &first) == 0 && first != 0)
      field(first * block_size() + 0x30, 16, Aspect::content, "journal's file system UUID", 0, "uuid");
    return true;
  }

  void blocks(ext2_ino_t number, const ext2_inode& inode, std::uint32_t owner) {
    if ((inode.i_flags & EXT4_INLINE_DATA_FL) != 0) return;
    Blocks of{this, EXT2_I_SIZE(&inode), owner, LINUX_S_ISDIR(inode.i_mode)};
    const auto each = [](ext2_filsys, blk64_t* block, e2_blkcnt_t count, blk64_t, int, void* data) {
      auto& file = *static_cast<Blocks*>(data);
      return count < 0 ? 0 : file.self->block(*block, static_cast<std::uint64_t>(count), file);
    };
    m_sound = ext2fs_block_iterate3(m_fs.get(), number, BLOCK_FLAG_READ_ONLY, nullptr, each, &of) == 0 && m_sound;
  }

  int block(std::uint64_t number, std::uint64_t count, const Blocks& file) {
    const auto begin = count * block_size();
    if (begin >= file.size || m_places.places.size() > m_limits.max_entries * 16) return 0;
    const auto at = number * block_size();
    if (!file.directory) field(at, std::min(block_size(), file.size - begin), Aspect::content, {}, file.owner);
    else if (m_summed) field(at + block_size() - 4, 4, Aspect::checksum, "directory's checksum", file.owner);
    return 0;
  }

  static int on_entry(ext2_ino_t, int entry, ext2_dir_entry* found, int, int, char*, void* list) {
    if (entry == DIRENT_OTHER_FILE && found->inode != 0)
      static_cast<std::vector<std::pair<std::string, ext2_ino_t>>*>(list)->emplace_back(
          std::string{found->name, found->name_len & 0xffU}, found->inode);
    return 0;
  }

  void directory(const std::string& path, ext2_ino_t number) {
    if (!m_directories.insert(number).second) return;
    if (path.empty()) inode(number, 0);
    std::vector<std::pair<std::string, ext2_ino_t>> found;
    m_sound = m_sound && ext2fs_dir_iterate2(m_fs.get(), number, 0, nullptr, on_entry, &found) == 0;
    for (const auto& [name, child] : found) {
      const auto own = path.empty() ? name : fmt::format("{}/{}", path, name);
      m_sound = m_sound && m_places.paths.size() < m_limits.max_entries && inode(child, m_places.enter(own));
      ext2_inode facts{};
      if (m_sound && ext2fs_read_inode(m_fs.get(), child, &facts) == 0 && LINUX_S_ISDIR(facts.i_mode))
        m_waiting.emplace_back(own, child);
    }
  }

  const ByteView m_image;
  const Limits& m_limits;
  const FileSystem m_fs;
  ImagePlaces m_places;
  std::vector<std::pair<std::string, ext2_ino_t>> m_waiting;
  std::set<ext2_ino_t> m_inodes, m_directories;
  bool m_summed = false;
  bool m_sound = true;
};

}  // namespace

std::optional<PlacedImage> find_ext_places(const Content& image, const Limits& limits) {
  auto places = ExtPlaces{image, limits}.run();
  if (!places) return std::nullopt;
  return PlacedImage{image, *std::move(places)};
}

std::optional<ImageListing> read_ext(const Content& image, const Limits& limits, std::string& problem) {
  return ExtReader{image, limits}.run(problem);
}

}  // namespace assay::artifact
