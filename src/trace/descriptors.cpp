#include "trace/descriptors.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace assay::trace {

std::optional<int> Held::access() const noexcept {
  if (copy) {
    const int flags = ::fcntl(copy.get(), F_GETFL);
    return flags < 0 || (flags & O_PATH) != 0 ? std::nullopt : std::optional{flags & O_ACCMODE};
  }
  // The link in proc(5) has the permissions that the descriptor has.
  const auto how = facts_of_link(AT_FDCWD, link.c_str());
  const bool reads = how && (how->mode & S_IRUSR) != 0, writes = how && (how->mode & S_IWUSR) != 0;
  if (!reads && !writes) return std::nullopt;
  return reads && writes ? O_RDWR : writes ? O_WRONLY : O_RDONLY;
}

int Descriptors::handle(int process) noexcept {
  auto& known = m_known[static_cast<std::size_t>(process) % m_known.size()];
  if (known.process != process || !known.handle) {
    known.process = process;
    known.handle = UniqueFd{static_cast<int>(::syscall(SYS_pidfd_open, process, 0))};
  }
  return known.handle.get();
}

void Descriptors::forget(int process) noexcept {
  auto& known = m_known[static_cast<std::size_t>(process) % m_known.size()];
  if (known.process == process) known.handle.reset();
}

std::optional<Held> Descriptors::look(int leader, int thread, int descriptor) {
  if (thread == leader && descriptor >= 0) {
    const int process = handle(leader);
    UniqueFd copy{process < 0 ? -1 : static_cast<int>(::syscall(SYS_pidfd_getfd, process, descriptor, 0))};
    if (!copy && process >= 0 && errno == EBADF) {
      errno = ENOENT;
      return std::nullopt;
    }
    if (const auto facts = copy ? facts_of(copy.get()) : std::nullopt)
      return Held{ProcPath::own(copy.get()), *facts, std::move(copy)};
  }
  const ProcPath link{thread, "fd", descriptor};
  const auto facts = facts_of(AT_FDCWD, link.c_str());
  return facts ? std::optional{Held{link, *facts, UniqueFd{}}} : std::nullopt;
}

std::size_t Descriptors::count(int process) noexcept {
  const auto facts = facts_of(AT_FDCWD, ProcPath{process, "fd"}.c_str());
  return facts ? facts->stamp.size : 0;
}

}  // namespace assay::trace
