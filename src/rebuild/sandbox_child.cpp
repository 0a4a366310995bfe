#include "rebuild/sandbox_child.hpp"

#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <unistd.h>

#include "trace/tracer.hpp"

namespace assay::rebuild {

namespace {

constexpr uid_t k_first_own_user = 0x7000'0000;  ///< beyond what anyone gives to people, services or containers

void set_limit(int which, std::uint64_t value) {
  const rlimit limit{static_cast<rlim_t>(value), static_cast<rlim_t>(value)};
  ::setrlimit(static_cast<__rlimit_resource>(which), &limit);
}

/// The processors the sandbox may run on: the first `count` of those this process may.
void limit_processors(unsigned count) {
  cpu_set_t all, some;
  CPU_ZERO(&some);
  if (::sched_getaffinity(0, sizeof all, &all) != 0) return;
  for (unsigned cpu = 0; cpu < CPU_SETSIZE && count > 0; ++cpu) {
    if (!CPU_ISSET(cpu, &all)) continue;
    CPU_SET(cpu, &some);
    --count;
  }
  ::sched_setaffinity(0, sizeof some, &some);
}

/// Put each of `descriptors` at the number of its place, and close all others. `descriptors` is written to.
bool place_descriptors(std::span<int> descriptors) {
  const auto count = static_cast<int>(descriptors.size());
  for (auto& descriptor : descriptors)
    descriptor = ::fcntl(descriptor, F_DUPFD_CLOEXEC, count + 5);  // out of the way first
  for (int i = 0; i < count; ++i)
    if (::dup2(descriptors[static_cast<std::size_t>(i)], i) < 0) return false;
  ::close_range(static_cast<unsigned>(count), ~0U, 0);
  return true;
}

/// Give up being root. The limit on processes counts all of a user's: a user of its own for each sandbox, so that one full
/// of processes does not starve the others; nobody where such users are not mapped.
bool become_nobody() {
  const auto own = k_first_own_user + static_cast<uid_t>(::getpid());
  if (::setgroups(0, nullptr) != 0) return false;
  if (::setresgid(own, own, own) == 0 && ::setresuid(own, own, own) == 0) return true;
  return ::setresgid(k_nobody, k_nobody, k_nobody) == 0 && ::setresuid(k_nobody, k_nobody, k_nobody) == 0;
}

}  // namespace

void become_sandbox(char* const* words, std::span<int> descriptors, const SandboxRequest& request, Identity identity) {
  const auto& limits = request.limits;
  if (!place_descriptors(descriptors)) ::_exit(126);
  ::setpgid(0, 0);
  if (request.processors > 0) limit_processors(request.processors);
  if (request.personality != 0)
    ::personality(static_cast<unsigned long>(::personality(0xffffffff)) | request.personality);
  set_limit(RLIMIT_CORE, 0);
  set_limit(RLIMIT_FSIZE, limits.file);
  set_limit(RLIMIT_DATA, limits.memory);
  // The sandbox is stopped when more are counted than may be. Of a fork bomb's processes, which come and go, some are missed
  // by every count, and the kernel counts those of all sandboxes of a user: its own bound stands well above.
  if (request.confined) set_limit(RLIMIT_NPROC, 4 * limits.processes);
  const int adjust = ::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (adjust >= 0 && ::write(adjust, "900", 3) < 0) ::_exit(126);
  // What the limit does not bind can at least not starve the one who counts.
  if (identity == Identity::caller && ::geteuid() == 0) ::setpriority(PRIO_PROCESS, 0, 15);
  if (identity == Identity::nobody && !become_nobody()) ::_exit(126);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  if (!request.confined &&
      (::chdir(request.work.c_str()) != 0 || (request.tracer != nullptr && !request.tracer->install_filter())))
    ::_exit(126);
  char* empty[] = {nullptr};
  ::execve(words[0], words, empty);
  ::_exit(127);
}

}  // namespace assay::rebuild
