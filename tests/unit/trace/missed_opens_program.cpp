// Looks for many files that are not there, as a compiler does, and checks that it is told the truth about those that are, and
// that a filter of its own stays its own. Run by missed_opens_test.cpp; free of the C++ library, so that it is small.
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
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

#if defined(__x86_64__)
/// Code that looks for files, and makes room for data when it has done so.
bool keeps_data_where_code_was() {
  constexpr long k_page = 4096;
  const unsigned char code[] = {0xb8, 0x01, 0x01, 0x00, 0x00, 0x0f, 0x05, 0xc3};  // mov eax, openat; syscall; ret
  const int file = open("code", O_RDWR | O_CREAT, 0600);
  if (file < 0 || ftruncate(file, k_page) != 0 || write(file, code, sizeof code) != sizeof code) return false;
  void* const place = mmap(nullptr, k_page, PROT_READ | PROT_EXEC, MAP_PRIVATE, file, 0);
  if (place == MAP_FAILED) return false;
  const auto look = reinterpret_cast<long (*)(int, const char*, int)>(place);
  for (int i = 0; i < k_looks; ++i)
    if (look(AT_FDCWD, "not-there", O_RDONLY) != -ENOENT) return false;
  if (look(AT_FDCWD, "there/below", O_RDONLY) != -ENOTDIR || memcmp(place, code, 1) == 0)
    return say("code of its own") == 0;
  auto* const data =
      static_cast<char*>(mmap(place, k_page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
  if (data != place || !forbid_to_ask()) return false;
  for (long i = 0; i < k_page; ++i)
    if (data[i] != 0) return false;
  return true;
}
#else
bool keeps_data_where_code_was() {
  return true;
}
#endif

}  // namespace

int main(int count, char** words) {
  if (count > 1 && strcmp(words[1], "data") == 0) return keeps_data_where_code_was() ? 0 : 1;
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
