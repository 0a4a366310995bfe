// squashfs, through libsquashfs (squashfs-tools-ng), which reads from memory here. The walk is our own: bounded in depth and
// number, whatever the image's directories lead to.
#include <sqfs/compressor.h>
#include <sqfs/data_reader.h>
#include <sqfs/dir.h>
#include <sqfs/dir_reader.h>
#include <sqfs/error.h>
#include <sqfs/id_table.h>
#include <sqfs/inode.h>
#include <sqfs/io.h>
#include <sqfs/super.h>

#include <cstring>
#include <memory>
#include <set>

#include "artifact/file_system_image.hpp"

namespace assay::artifact {

namespace {

struct SqfsDeleter {
  template <typename Object>
  void operator()(Object* object) const {
    sqfs_destroy(object);
  }
};
struct SqfsFree {
  void operator()(void* memory) const { sqfs_free(memory); }
};
template <typename Object>
using Owned = std::unique_ptr<Object, SqfsDeleter>;
using Inode = std::unique_ptr<sqfs_inode_generic_t, SqfsFree>;

/// The library's view of the image: reads only. It is first in the structure, so that one pointer serves for both.
struct MemoryFile {
  sqfs_file_t file{};
  ByteView bytes;
};

int read_at(sqfs_file_t* file, sqfs_u64 offset, void* buffer, size_t size) {
  const auto bytes = reinterpret_cast<MemoryFile*>(file)->bytes;
  if (offset > bytes.size() || size > bytes.size() - offset) return SQFS_ERROR_OUT_OF_BOUNDS;
  std::memcpy(buffer, bytes.data() + offset, size);
  return 0;
}

int refuse_write(sqfs_file_t* /*file*/, sqfs_u64 /*offset*/, const void* /*buffer*/, size_t /*size*/) {
  return SQFS_ERROR_IO;
}

EntryKind kind_of(const sqfs_inode_generic_t& inode) {
  switch (inode.base.type) {
    case SQFS_INODE_DIR:
    case SQFS_INODE_EXT_DIR:
      return EntryKind::directory;
    case SQFS_INODE_FILE:
    case SQFS_INODE_EXT_FILE:
      return EntryKind::regular;
    case SQFS_INODE_SLINK:
    case SQFS_INODE_EXT_SLINK:
      return EntryKind::symlink;
    case SQFS_INODE_FIFO:
    case SQFS_INODE_EXT_FIFO:
      return EntryKind::fifo;
    case SQFS_INODE_SOCKET:
    case SQFS_INODE_EXT_SOCKET:
      return EntryKind::socket;
    default:
      return EntryKind::device;
  }
}

class SquashfsReader {
 public:
  SquashfsReader(const Content& image, const Limits& limits) : m_collector(limits) {
    m_memory.bytes = image.bytes();
    m_memory.file.read_at = read_at;
    m_memory.file.write_at = refuse_write;
    m_memory.file.get_size = [](const sqfs_file_t* file) {
      return static_cast<sqfs_u64>(reinterpret_cast<const MemoryFile*>(file)->bytes.size());
    };
    m_memory.file.truncate = [](sqfs_file_t* /*file*/, sqfs_u64 /*size*/) -> int { return SQFS_ERROR_IO; };
  }

  std::optional<ImageListing> run(std::string& problem) {
    if (!open()) {
      problem = "its header or tables are damaged";
      return std::nullopt;
    }
    sqfs_inode_generic_t* root = nullptr;
    if (sqfs_dir_reader_get_root_inode(m_directories.get(), &root) != 0) {
      problem = "it has no root directory";
      return std::nullopt;
    }
    m_waiting.emplace_back("", Inode{root});
    while (!m_waiting.empty() && !m_collector.is_cut()) {
      auto [path, inode] = std::move(m_waiting.back());
      m_waiting.pop_back();
      list(path, *inode);
    }
    return m_collector.finish();
  }

 private:
  bool open() {
    if (sqfs_super_read(&m_super, &m_memory.file) != 0) return false;
    sqfs_compressor_config_t config;
    sqfs_compressor_t* compressor = nullptr;
    if (sqfs_compressor_config_init(&config, static_cast<SQFS_COMPRESSOR>(m_super.compression_id), m_super.block_size,
                                    SQFS_COMP_FLAG_UNCOMPRESS) != 0)
      return false;
    if (sqfs_compressor_create(&config, &compressor) != 0) return false;
    m_compressor.reset(compressor);
    m_ids.reset(sqfs_id_table_create(0));
    m_directories.reset(sqfs_dir_reader_create(&m_super, compressor, &m_memory.file, 0));
    m_data.reset(sqfs_data_reader_create(&m_memory.file, m_super.block_size, compressor, 0));
    return m_ids && m_directories && m_data &&
           sqfs_id_table_read(m_ids.get(), &m_memory.file, &m_super, compressor) == 0 &&
           sqfs_data_reader_load_fragment_table(m_data.get(), &m_super) == 0;
  }

  void list(const std::string& path, const sqfs_inode_generic_t& inode) {
    if (sqfs_dir_reader_open_dir(m_directories.get(), &inode, 0) != 0)
      return m_collector.cut("has a damaged directory");
    while (!m_collector.is_cut()) {
      sqfs_dir_entry_t* raw = nullptr;
      const int state = sqfs_dir_reader_read(m_directories.get(), &raw);
      const std::unique_ptr<sqfs_dir_entry_t, SqfsFree> entry{raw};
      if (state > 0) return;
      sqfs_inode_generic_t* found = nullptr;
      if (state < 0 || sqfs_dir_reader_get_inode(m_directories.get(), &found) != 0)
        return m_collector.cut("has a damaged directory");
      take(path, {reinterpret_cast<const char*>(entry->name), entry->size + std::size_t{1}}, Inode{found});
    }
  }

  void take(const std::string& parent, std::string name, Inode inode) {
    name.resize(std::min(name.size(), std::strlen(name.c_str())));
    auto path = parent.empty() ? std::move(name) : parent + "/" + name;
    const auto kind = kind_of(*inode);
    auto* entry = m_collector.begin(path, kind);
    if (entry == nullptr) return;
    entry->member.mode = inode->base.mode & 07777U;
    entry->mtime = inode->base.mod_time;
    if (sqfs_id_table_index_to_id(m_ids.get(), inode->base.uid_idx, &entry->uid) != 0 ||
        sqfs_id_table_index_to_id(m_ids.get(), inode->base.gid_idx, &entry->gid) != 0)
      return m_collector.cut("names an owner that it does not list");
    if (kind == EntryKind::symlink) {
      const auto size =
          inode->base.type == SQFS_INODE_SLINK ? inode->data.slink.target_size : inode->data.slink_ext.target_size;
      if (size > inode->payload_bytes_used) return m_collector.cut("has a damaged link");
      entry->link_target.assign(reinterpret_cast<const char*>(inode->extra), size);
    } else if (kind == EntryKind::device) {
      entry->device = inode->base.type == SQFS_INODE_BDEV || inode->base.type == SQFS_INODE_CDEV
                          ? inode->data.dev.devno
                          : inode->data.dev_ext.devno;
    } else if (kind == EntryKind::regular) {
      read(*inode);
    } else if (kind == EntryKind::directory) {
      // An image may lead back to a directory above: each is read once.
      if (!m_collector.may_descend(path) || !m_seen.insert(inode->base.inode_number).second)
        return m_collector.cut("has directories that are too deep, or lead in a circle");
      m_waiting.emplace_back(std::move(path), std::move(inode));
    }
  }

  void read(const sqfs_inode_generic_t& inode) {
    sqfs_u64 size = 0;
    if (sqfs_inode_get_file_size(&inode, &size) != 0) return m_collector.cut("has a damaged file");
    for (sqfs_u64 at = 0; at < size;) {
      const auto got =
          sqfs_data_reader_read(m_data.get(), &inode, at, m_block.data(), static_cast<sqfs_u32>(m_block.size()));
      if (got <= 0) return m_collector.cut("has a damaged file");
      if (!m_collector.add(ByteView{m_block}.first(static_cast<std::size_t>(got)))) return;
      at += static_cast<sqfs_u64>(got);
    }
  }

  MemoryFile m_memory;
  sqfs_super_t m_super{};
  Owned<sqfs_compressor_t> m_compressor;
  Owned<sqfs_id_table_t> m_ids;
  Owned<sqfs_dir_reader_t> m_directories;
  Owned<sqfs_data_reader_t> m_data;
  std::vector<std::pair<std::string, Inode>> m_waiting;
  std::set<std::uint32_t> m_seen;
  Bytes m_block = Bytes(128U << 10);
  ImageCollector m_collector;
};

}  // namespace

std::optional<ImageListing> read_squashfs(const Content& image, const Limits& limits, std::string& problem) {
  return SquashfsReader{image, limits}.run(problem);
}

}  // namespace assay::artifact
