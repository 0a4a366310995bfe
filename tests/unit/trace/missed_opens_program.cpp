// Looks for many files that are not there, as a compiler does, and checks that it is told the truth about those that are, and
// that a filter of its own stays its own. Run by missed_opens_test.cpp; free of the C++ library, so that it is small.
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

constexpr int k_looks = 300;

/// 0, or errno.
int try_to_open(const char* name, int flags) {
  const int file = open(name, flags);
  if (file < 0) return errno;
  close(file);
  return 0;
}

bool misses_all(int flags) {
  for (int i = 0; i < k_looks; ++i)
    if (try_to_open("/usr/include/not-there.h", flags) != ENOENT || try_to_open("not-there", flags) != ENOENT)
      return false;
  return true;
}

/// From now on faccessat(2) kills.
bool forbid_to_ask() {
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_faccessat, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog loaded{4, program};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &loaded) == 0;
}

bool child_succeeds(bool (*act)()) {
  const int child = fork();
  if (child == 0) _exit(act() ? 0 : 1);
  int status = -1;
  return waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool filtered_child() {
  return forbid_to_ask() && misses_all(O_RDONLY) && try_to_open("by-child", O_RDONLY) == 0;
}

int say(const char* what) {
  printf("wrong: %s\n", what);
  return 1;
}

}  // namespace

int main(int count, char** words) {
  if (count > 1) {  // it was executed by a process with a filter
    const bool finds = misses_all(O_RDONLY) && try_to_open(words[1], O_RDONLY) == 0;
    return finds ? 0 : say("executed under a filter");
  }
  if (!misses_all(O_RDONLY) || !misses_all(O_RDONLY | O_CLOEXEC)) return say("not there");
  if (try_to_open("there", O_RDONLY) != 0) return say("there");
  if (try_to_open("there", O_RDONLY | O_CLOEXEC) != 0) return say("there, with another flag");
  if (try_to_open("there/below", O_RDONLY) != ENOTDIR) return say("below a file");
  if (try_to_open("loop", O_RDONLY) != ELOOP) return say("loop");
  if (try_to_open("to-nothing", O_RDONLY) != ENOENT) return say("link that leads nowhere");
  if (try_to_open("to-nothing", O_RDONLY | O_NOFOLLOW) != ELOOP) return say("the link itself");
  if (try_to_open("made", O_RDONLY | O_CREAT | O_EXCL) != 0) return say("made");
  if (try_to_open("made", O_RDONLY) != 0) return say("made, then read");
  if (!child_succeeds(filtered_child)) return say("a child with a filter");
  if (!misses_all(O_RDONLY) || try_to_open("after", O_RDONLY) != 0) return say("after its child");
  if (!forbid_to_ask()) return say("a filter");
  if (!misses_all(O_RDONLY) || try_to_open("filtered", O_RDONLY) != 0) return say("with a filter");
  execl("/proc/self/exe", words[0], "executed", nullptr);
  return say("execute");
}
