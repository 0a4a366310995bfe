#include "trace/filter.hpp"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "base/file.hpp"

namespace assay::trace {

namespace {

struct Named {
  const char* name;
  Call call;
};

constexpr Named k_traced[] = {
    {"openat2", Call::openat2},   {"creat", Call::creat},           {"open_by_handle_at", Call::open_by_handle},
    {"truncate", Call::truncate}, {"truncate64", Call::truncate},   {"rename", Call::rename},
    {"renameat", Call::renameat}, {"renameat2", Call::renameat},    {"link", Call::link},
    {"linkat", Call::linkat},     {"symlink", Call::symlink},       {"symlinkat", Call::symlinkat},
    {"unlink", Call::unlink},     {"unlinkat", Call::unlinkat},     {"connect", Call::connect},
    {"sendmsg", Call::sendmsg},   {"sendmmsg", Call::sendmmsg},     {"recvmsg", Call::recvmsg},
    {"recvmmsg", Call::recvmmsg}, {"socketpair", Call::socketpair}, {"memfd_create", Call::memfd_create},
    {"shmat", Call::shmat},
};

/// Stopped at only with certain arguments; see add_opens() and add_conditional().
constexpr Named k_conditional[] = {
    {"open", Call::open},
    {"openat", Call::openat},
    {"sendto", Call::sendto},
    {"socketcall", Call::socketcall},
    {"seccomp", Call::seccomp},
    {"prctl", Call::seccomp},
    {"clock_gettime", Call::clock_gettime},
    {"clock_gettime64", Call::clock_gettime64},
    {"gettimeofday", Call::gettimeofday},
    {"time", Call::time},
    {"futex", Call::futex},
    {"futex_time64", Call::futex_time64},
    {"clock_nanosleep", Call::clock_nanosleep},
    {"clock_nanosleep_time64", Call::clock_nanosleep_time64},
};

constexpr std::uint64_t k_low_half = 0xffffffff;
constexpr int k_futex_clock_realtime = 256;
/// connect, socketpair, sendto, sendmsg, recvmsg, recvmmsg, sendmmsg (net.h of Linux)
constexpr unsigned k_socketcalls[] = {3, 8, 11, 16, 17, 19, 20};
constexpr std::uint64_t k_clone_untraced = 0x00800000;

struct ReleaseContext {
  void operator()(void* context) const noexcept { seccomp_release(context); }
};
using Context = std::unique_ptr<void, ReleaseContext>;

/// Adds rules, and remembers the first refusal.
class Rules {
 public:
  explicit Rules(scmp_filter_ctx context) : m_context(context) {}

  void add(std::uint32_t action, const char* name, std::initializer_list<scmp_arg_cmp> when = {}) {
    const int number = seccomp_syscall_resolve_name(name);
    if (number == __NR_SCMP_ERROR) return;  // a call that this libseccomp has never heard of
    const std::vector<scmp_arg_cmp> conditions{when};
    const int result = seccomp_rule_add_array(m_context, action, number, static_cast<unsigned>(conditions.size()),
                                              conditions.empty() ? nullptr : conditions.data());
    // EDOM: the call exists on none of the architectures.
    if (result < 0 && result != -EDOM && m_error == 0) m_error = -result;
  }
  int error() const noexcept { return m_error; }

 private:
  scmp_filter_ctx m_context;
  int m_error = 0;
};

scmp_arg_cmp equals(unsigned argument, std::uint64_t value) {
  return SCMP_CMP(argument, SCMP_CMP_MASKED_EQ, k_low_half, value);
}
scmp_arg_cmp has_bits(unsigned argument, std::uint64_t bits) {
  return SCMP_CMP(argument, SCMP_CMP_MASKED_EQ, bits, bits);
}
scmp_arg_cmp lacks_bits(unsigned argument, std::uint64_t bits) {
  return SCMP_CMP(argument, SCMP_CMP_MASKED_EQ, bits, 0);
}
scmp_arg_cmp is_not(unsigned argument, std::uint64_t value) {
  return SCMP_CMP(argument, SCMP_CMP_NE, value);
}

/// Directories that are only listed or walked through, and places that are only named (O_PATH), are no inputs. Where a flag
/// says more, it is looked at whatever else is said.
void add_opens(Rules& rules) {
  constexpr auto stop = SCMP_ACT_TRACE(0);
  constexpr std::uint64_t no_content = O_DIRECTORY | O_PATH;
  constexpr std::uint64_t kernels_tmpfile = 020000000;  // the C library's O_TMPFILE has O_DIRECTORY in it
  for (const auto& [name, flags] : {std::pair{"open", 1U}, std::pair{"openat", 2U}}) {
    rules.add(stop, name, {SCMP_CMP(flags, SCMP_CMP_MASKED_EQ, no_content, 0)});
    for (const std::uint64_t writes : {std::uint64_t{O_WRONLY}, std::uint64_t{O_RDWR}, std::uint64_t{O_CREAT},
                                       std::uint64_t{O_TRUNC}, kernels_tmpfile})
      rules.add(stop, name, {SCMP_CMP(flags, SCMP_CMP_MASKED_EQ, no_content | writes, O_DIRECTORY | writes)});
  }
}

void add_conditional(Rules& rules) {
  constexpr auto stop = SCMP_ACT_TRACE(0);
  rules.add(stop, "sendto", {is_not(4, 0)});
  for (const auto which : k_socketcalls) rules.add(stop, "socketcall", {equals(0, which)});
  rules.add(stop, "seccomp", {equals(0, SECCOMP_SET_MODE_STRICT)});
  rules.add(stop, "seccomp", {equals(0, SECCOMP_SET_MODE_FILTER), lacks_bits(1, SECCOMP_FILTER_FLAG_NEW_LISTENER)});
  rules.add(stop, "prctl", {equals(0, PR_SET_SECCOMP)});
}

void add_time(Rules& rules) {
  constexpr auto stop = SCMP_ACT_TRACE(0);
  for (const char* name : {"clock_gettime", "clock_gettime64"})
    for (const auto clock : {CLOCK_REALTIME, CLOCK_REALTIME_COARSE, CLOCK_REALTIME_ALARM, CLOCK_TAI})
      rules.add(stop, name, {equals(0, static_cast<std::uint64_t>(clock)), is_not(2, k_unshifted)});
  for (const char* name : {"gettimeofday", "time"}) rules.add(stop, name, {is_not(2, k_unshifted)});
  for (const char* name : {"adjtimex", "clock_adjtime", "clock_adjtime64"}) rules.add(SCMP_ACT_ERRNO(EPERM), name);
  for (const char* name : {"futex", "futex_time64"}) rules.add(stop, name, {has_bits(1, k_futex_clock_realtime)});
  for (const char* name : {"clock_nanosleep", "clock_nanosleep_time64"})
    rules.add(stop, name, {equals(0, CLOCK_REALTIME), has_bits(1, TIMER_ABSTIME)});
}

/// What would open files, make processes or change memory behind the tracer's back.
void add_refusals(Rules& rules) {
  for (const char* name : {"io_uring_setup", "io_uring_enter", "io_uring_register", "clone3"})
    rules.add(SCMP_ACT_ERRNO(ENOSYS), name);
  for (const char* name : {"ptrace", "process_vm_readv", "process_vm_writev", "pidfd_getfd"})
    rules.add(SCMP_ACT_ERRNO(EPERM), name);
  rules.add(SCMP_ACT_ERRNO(EPERM), "clone", {has_bits(0, k_clone_untraced)});
  rules.add(SCMP_ACT_ERRNO(EPERM), "seccomp",
            {equals(0, SECCOMP_SET_MODE_FILTER), has_bits(1, SECCOMP_FILTER_FLAG_NEW_LISTENER)});
  // A process that may not be looked at: it is told that it has its way.
  rules.add(SCMP_ACT_ERRNO(0), "prctl", {equals(0, PR_SET_DUMPABLE), equals(1, 0)});
}

std::vector<std::uint32_t> architectures() {
  const auto native = seccomp_arch_native();
  if (native == SCMP_ARCH_X86_64) return {native, SCMP_ARCH_X86};
  if (native == SCMP_ARCH_AARCH64) return {native, SCMP_ARCH_ARM};
  return {native};
}

Result<Bytes> export_program(scmp_filter_ctx context) {
  const UniqueFd file{::memfd_create("assay-filter", MFD_CLOEXEC)};
  if (!file) return errno_error("hold a filter in memory", "seccomp");
  if (const int result = seccomp_export_bpf(context, file.get()); result < 0) {
    errno = -result;
    return errno_error("make a seccomp filter", "libseccomp");
  }
  const auto size = ::lseek(file.get(), 0, SEEK_END);
  Bytes program(size > 0 ? static_cast<std::size_t>(size) : 0);
  if (program.empty() || ::pread(file.get(), program.data(), program.size(), 0) != size)
    return errno_error("read a seccomp filter", "libseccomp");
  return program;
}

}  // namespace

Result<Filter> Filter::make(bool shift_time) {
  const Context context{seccomp_init(SCMP_ACT_ALLOW)};
  if (!context)
    return Error{ErrorCode::unsupported, "libseccomp cannot make a filter on this machine", "seccomp",
                 "use --no-trace"};
  // What is of no known architecture, x32 among it, does not exist.
  seccomp_attr_set(context.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(ENOSYS));
  seccomp_attr_set(context.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2);
  Filter filter;
  for (const auto architecture : architectures()) {
    if (architecture != seccomp_arch_native() && seccomp_arch_add(context.get(), architecture) != 0) continue;
    for (const auto names : {std::span<const Named>{k_traced}, std::span<const Named>{k_conditional}})
      for (const auto& [name, call] : names)
        if (const int number = seccomp_syscall_resolve_name_arch(architecture, name); number >= 0)
          filter.m_calls.emplace(static_cast<std::uint64_t>(architecture) << 32 | static_cast<unsigned>(number), call);
  }
  Rules rules{context.get()};
  for (const auto& [name, call] : k_traced) rules.add(SCMP_ACT_TRACE(0), name);
  add_opens(rules);
  add_conditional(rules);
  add_refusals(rules);
  if (shift_time) add_time(rules);
  if (rules.error() != 0) {
    errno = rules.error();
    return errno_error("make a seccomp filter", "libseccomp");
  }
  ASSAY_TRY(filter.m_program, export_program(context.get()));
  return filter;
}

bool Filter::install() const noexcept {
  // The kernel reads the program and does not write to it.
  sock_fprog program{static_cast<unsigned short>(m_program.size() / sizeof(sock_filter)),
                     reinterpret_cast<sock_filter*>(const_cast<std::uint8_t*>(m_program.data()))};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return false;
  // Without this flag older kernels slow the whole program down for the sake of a filter that hides no secrets.
  if (::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, &program) == 0) return true;
  return ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

Call Filter::call_of(std::uint32_t architecture, std::uint64_t number) const noexcept {
  const auto found = m_calls.find(static_cast<std::uint64_t>(architecture) << 32 | (number & k_low_half));
  return found == m_calls.end() ? Call::none : found->second;
}

}  // namespace assay::trace
