// ext2, ext3 and ext4, through libext2fs, which reads from memory here. Nothing is mounted and no journal is replayed.
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

class ExtReader {
 public:
  ExtReader(const Content& image, const Limits& limits) : m_limits(limits), m_collector(limits) {
    t_image = image.bytes();
  }

  std::optional<ImageListing> run(std::string& problem) {
    ext2_filsys raw = nullptr;
    if (ext2fs_open2("image", nullptr, EXT2_FLAG_64BITS | EXT2_FLAG_SOFTSUPP_FEATURES, 0, 0, memory_manager(), &raw) !=
        0) {
      problem = "its superblock is damaged, or asks for features that are not read";
      return std::nullopt;
    }
    m_fs.reset(raw);
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
      take(path.empty() ? name : path + "/" + name, number);
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
  std::unique_ptr<struct_ext2_filsys, FsCloser> m_fs;
  std::vector<std::pair<std::string, ext2_ino_t>> m_waiting;
  std::set<ext2_ino_t> m_seen;
  Bytes m_block = Bytes(128U << 10);
  ImageCollector m_collector;
};

}  // namespace

std::optional<ImageListing> read_ext(const Content& image, const Limits& limits, std::string& problem) {
  return ExtReader{image, limits}.run(problem);
}

}  // namespace assay::artifact
