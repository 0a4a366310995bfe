// What traced processes have open. A duplicate by pidfd_getfd(2) costs a fraction of a look through proc(5), which makes names
// and inodes for it; where the kernel gives none (before 5.6, or not for this process), it is proc(5).
#pragma once
#include <array>
#include <optional>

#include "base/file.hpp"
#include "trace/process_view.hpp"

namespace assay::trace {

/// What a stopped process has at a descriptor.
struct Held {
  ProcPath link;  ///< of proc(5), for it
  FileFacts facts;
  UniqueFd copy;  ///< what `link` leads to, if it is this program's own
  /// How it was opened, O_RDONLY, O_WRONLY or O_RDWR; nothing: as a place only (O_PATH), or not to be told.
  std::optional<int> access() const noexcept;
};

class Descriptors {
 public:
  /// Nothing, with errno ENOENT, if nothing is open there. `leader`: the process that `thread` belongs to; a thread that is
  /// not its leader may have descriptors of its own.
  std::optional<Held> look(int leader, int thread, int descriptor);
  /// How many a process has open; 0 if the kernel (before 6.2) does not say.
  static std::size_t count(int process) noexcept;
  /// The number is no longer, or not yet, this process's.
  void forget(int process) noexcept;

 private:
  int handle(int process) noexcept;

  struct Known {
    int process = 0;
    UniqueFd handle;
  };
  std::array<Known, 64> m_known;  ///< by process id; few run at one time
};

}  // namespace assay::trace
