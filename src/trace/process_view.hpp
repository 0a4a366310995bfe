// Looking into a stopped process through proc(5) and process_vm_readv(2). Every function fails quietly: a hostile process
// may have hidden, changed or unmapped anything.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.hpp"

namespace assay::trace {

/// Which file it is. The time of birth tells a file from a later one that got its inode number.
struct FileKey {
  std::uint64_t device = 0, inode = 0;
  std::int64_t born = 0;  ///< nanoseconds; 0 where the file system does not know
  auto operator<=>(const FileKey&) const = default;
};

struct FileKeyHash {
  std::size_t operator()(const FileKey& key) const noexcept {
    const auto mixed = (key.inode ^ key.device * 0x9e3779b97f4a7c15) + static_cast<std::uint64_t>(key.born);
    return mixed * 0xff51afd7ed558ccd >> 7;
  }
};

/// What changes when the content does.
struct FileStamp {
  std::uint64_t size = 0;
  std::int64_t modified = 0, changed = 0;  ///< nanoseconds since the epoch
  bool operator==(const FileStamp&) const = default;
};

struct FileFacts {
  FileKey key;
  FileStamp stamp;
  std::uint32_t mode = 0;  ///< st_mode
  std::uint32_t links = 0;
};

/// statx(2) of `path`, relative to `directory` (AT_FDCWD: to nothing), following links.
std::optional<FileFacts> facts_of(int directory, const char* path) noexcept;
/// The same of the path itself if it is a link.
std::optional<FileFacts> facts_of_link(int directory, const char* path) noexcept;
std::optional<FileFacts> facts_of(int descriptor) noexcept;

/// A path like "/proc/123/fd/7", without allocating.
class ProcPath {
 public:
  ProcPath(int thread, const char* name) noexcept;
  ProcPath(int thread, const char* name, int number) noexcept;
  /// The link to a descriptor of this program's own.
  static ProcPath own(int descriptor) noexcept;
  const char* c_str() const noexcept { return m_text; }

 private:
  ProcPath() = default;
  char m_text[64];
};

/// The target of a link; empty if it cannot be read. " (deleted)" is as the kernel wrote it.
std::string link_target(const char* path);

/// Without " (deleted)" at its end.
std::string_view without_deleted(std::string_view target) noexcept;

/// argv as the kernel shows it, at most `most` bytes.
struct CommandLine {
  std::vector<std::string> arguments;
  bool cut = false;
};
CommandLine command_line_of(int process, std::size_t most);

/// A piece of a process's memory.
struct Mapping {
  std::uint64_t begin = 0, end = 0;
  bool is_code = false;  ///< of a file, its own copy, to be executed and not to be written
};
/// The one that holds `address`.
std::optional<Mapping> mapping_of(int process, std::uint64_t address);

/// Copy `size` bytes at `address` of the process; false if they are not all there.
bool read_memory(int thread, std::uint64_t address, void* to, std::size_t size) noexcept;
bool write_memory(int thread, std::uint64_t address, const void* from, std::size_t size) noexcept;
/// Write where the process itself may not: read-only and executable pages.
bool force_memory(int thread, std::uint64_t address, const void* from, std::size_t size) noexcept;
/// A string of at most `most` bytes; nothing if it has no end within them.
std::optional<std::string> read_text(int thread, std::uint64_t address, std::size_t most = 4096);

}  // namespace assay::trace
