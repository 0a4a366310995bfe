// The seccomp(2) filter: which system calls stop a traced process, which are refused, and what they are called on each
// architecture that the machine runs.
#pragma once
#include <cstdint>
#include <unordered_map>

#include "base/bytes.hpp"
#include "base/error.hpp"

namespace assay::trace {

/// A system call that the tracer looks at.
enum class Call : std::uint8_t {
  none,
  open,
  openat,
  openat2,
  creat,
  open_by_handle,
  truncate,
  rename,
  renameat,
  link,
  linkat,
  symlink,
  symlinkat,
  unlink,
  unlinkat,
  connect,
  sendto,
  sendmsg,
  sendmmsg,
  recvmsg,
  recvmmsg,
  memfd_create,
  socketpair,
  shmat,
  socketcall,
  seccomp,  ///< it filters its own calls; prctl(2) too
  clock_gettime,
  clock_gettime64,
  gettimeofday,
  time,  // only with shifted time, these and the next
  futex,
  futex_time64,
  clock_nanosleep,
  clock_nanosleep_time64,
};

/// A time call whose third argument is this is let through: the code that clock.cpp puts into the vDSO asks the kernel
/// this way, and shifts the answer itself.
inline constexpr std::uint32_t k_unshifted = 0x7a617373;

class Filter {
 public:
  /// `shift_time`: stop at time calls too. Errors: libseccomp knows no filter for this machine.
  static Result<Filter> make(bool shift_time);

  /// The filter as an array of struct sock_filter.
  ByteView program() const noexcept { return m_program; }
  /// Load it into the calling thread, with no_new_privs; async-signal-safe. False if the kernel refuses.
  bool install() const noexcept;

  /// `architecture` is an AUDIT_ARCH_* value, as ptrace(2) reports it.
  Call call_of(std::uint32_t architecture, std::uint64_t number) const noexcept;

 private:
  Bytes m_program;
  std::unordered_map<std::uint64_t, Call> m_calls;  ///< architecture << 32 | number
};

}  // namespace assay::trace
