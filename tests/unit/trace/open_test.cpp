// Whoever opens files under the tracer has to get what it would get without it, and all that it reads has to stand in the trace.
#include <fcntl.h>
#include <grp.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <functional>
#include <string>
#include <thread>

#include "support/catch.hpp"
#include "support/run.hpp"
#include "traced.hpp"

using namespace assay;
using namespace assay::test;
using namespace assay::trace;

namespace {

/// Without capabilities, as a build is. No group of root's is kept.
bool become_ordinary() {
  return ::geteuid() != 0 || (::setgroups(0, nullptr) == 0 && ::setresgid(65534, 65534, 65534) == 0 &&
                              ::setresuid(65534, 65534, 65534) == 0);
}

/// A directory that everyone may write to.
void open_to_all(const TempDir& directory) {
  ::chmod(directory.path().c_str(), 0777);
}

std::string describe(int descriptor) {
  if (descriptor < 0) return std::strerror(errno);
  struct stat facts {};
  ::fstat(descriptor, &facts);
  char target[4096] = {}, byte[64] = {};
  const auto link = "/proc/self/fd/" + std::to_string(descriptor);
  if (::readlink(link.c_str(), target, sizeof target - 1) < 0) return "no link";
  const bool steady = S_ISREG(facts.st_mode) && std::string_view{target}.rfind("/proc/", 0) != 0;
  const auto got = steady ? ::pread(descriptor, byte, sizeof byte - 1, 0) : 0;
  std::string name{target};
  if (name.rfind("/proc/", 0) == 0) name = name.substr(name.rfind('/'));
  const auto text = std::to_string(descriptor) + " " + std::to_string(facts.st_mode) + " " + name + " " +
                    std::to_string(::fcntl(descriptor, F_GETFL)) + " " + std::to_string(::fcntl(descriptor, F_GETFD)) +
                    " " + std::to_string(got) + " " + byte;
  ::close(descriptor);
  return text;
}

/// What open(2) answers in all kinds of places, a line each.
int open_everything() {
  std::ofstream out{"results"};
  const auto say = [&](const char* what, int descriptor) { out << what << ": " << describe(descriptor) << '\n'; };
  const auto open_it = [&](const char* path, int flags = O_RDONLY) {
    say((std::to_string(flags) + " " + std::string{path}.substr(0, 60)).c_str(), ::open(path, flags));
  };
  ::mkdir("sub", 0755);
  ::mkdir("closed", 0000);
  std::ofstream{"plain"} << "plain\n";
  std::ofstream{"sub/deep"} << "deep\n";
  std::ofstream{"unreadable"} << "x";
  ::chmod("unreadable", 0000);
  if (::mkfifo("fifo", 0600) != 0 || ::symlink("plain", "link") != 0 || ::symlink("nowhere", "dangling") != 0 ||
      ::symlink("/proc/self/comm", "to_self") != 0 || ::symlink("/proc/self/nothing", "to_nothing") != 0 ||
      ::symlink("cycle", "cycle") != 0 || ::symlink("/etc", "to_etc") != 0 || ::symlink("sub", "to_sub") != 0 ||
      ::symlink("/proc/self/cwd", "to_cwd") != 0)
    return 1;
  for (const char* path : {"plain",
                           "./sub//deep",
                           "sub/../plain",
                           "missing",
                           "missing/file",
                           "plain/file",
                           "plain/",
                           "sub",
                           "sub/",
                           "closed/x",
                           "unreadable",
                           "link",
                           "dangling",
                           "to_self",
                           "to_nothing",
                           "cycle",
                           "to_etc/passwd",
                           "to_etc/missing",
                           "to_sub/deep",
                           "to_sub/missing",
                           "to_cwd/plain",
                           "to_cwd/missing",
                           "",
                           "/",
                           "/..",
                           "/etc/passwd",
                           "/../etc/passwd",
                           "/usr/../etc/passwd",
                           "/usr/include/missing.h",
                           "/lib/missing",
                           "/lib64/../missing",
                           "/bin/sh",
                           "/proc/self/comm",
                           "/proc/self/missing",
                           "/proc/thread-self/comm",
                           "/proc/sys/kernel/ostype",
                           "/sys/kernel/missing",
                           "/dev/null",
                           "/dev/fd/0",
                           "/dev/stdin",
                           "/dev/missing",
                           "/dev/null/file",
                           "../../../../../../../../../../etc/passwd",
                           "../../../../../../../../../../proc/self/comm"})
    open_it(path);
  for (const int flags : {O_CLOEXEC, O_NONBLOCK, O_NOFOLLOW, O_NOFOLLOW | O_CLOEXEC, O_DIRECTORY, O_PATH, O_NOATIME,
                          O_APPEND, O_SYNC, O_RDWR, O_WRONLY})
    for (const char* path : {"plain", "link", "sub", "/etc/passwd"}) open_it(path, flags);
  open_it("fifo", O_RDONLY | O_NONBLOCK);
  open_it(std::string(300, 'n').c_str());
  open_it(std::string(5000, 'n').c_str());
  open_it(("sub/" + std::string(4000, '/') + "deep").c_str());
  say("bad address", static_cast<int>(::syscall(SYS_openat, AT_FDCWD, 1UL, O_RDONLY)));
  const int sub = ::open("sub", O_RDONLY | O_DIRECTORY);
  const int file = ::open("plain", O_RDONLY);
  say("below a descriptor", ::openat(sub, "deep", O_RDONLY));
  say("beside a descriptor", ::openat(sub, "../plain", O_RDONLY));
  say("missing below a descriptor", ::openat(sub, "missing", O_RDONLY));
  say("below a file", ::openat(file, "deep", O_RDONLY));
  say("below nothing", ::openat(99, "deep", O_RDONLY));
  say("an absolute name below nothing", ::openat(99, "/etc/passwd", O_RDONLY));
  if (::chdir("sub") != 0) return 2;
  open_it("deep");
  open_it("../plain");
  if (::fchdir(sub) != 0 || ::rename("../sub", "../renamed") != 0) return 3;
  open_it("deep");
  open_it("../plain");
  if (::mkdir("gone", 0755) != 0 || ::chdir("gone") != 0 || ::rmdir("../gone") != 0) return 4;
  open_it("deep");
  open_it("../plain");
  if (::fchdir(sub) != 0) return 5;
  rlimit limit{8, 8};
  ::setrlimit(RLIMIT_NOFILE, &limit);
  for (int i = 0; i < 6; ++i)
    out << "with few descriptors: " << (::open("deep", O_RDONLY) < 0 ? std::strerror(errno) : "one") << '\n';
  // So that it can be hashed at the end.
  return ::chmod("../unreadable", 0600);
}

std::string results_of(const TempDir& directory) {
  auto text = test::read_text(directory.path() / "results");
  // Each runs in a directory of its own.
  const auto place = directory.path().string();
  for (auto at = text.find(place); at != std::string::npos; at = text.find(place, at))
    text.replace(at, place.size(), "HERE");
  return text;
}

/// The first line in which they differ, of both.
std::string differing_line(std::string_view a, std::string_view b) {
  while (!a.empty() || !b.empty()) {
    const auto end_a = std::min(a.find('\n'), a.size()), end_b = std::min(b.find('\n'), b.size());
    if (a.substr(0, end_a) != b.substr(0, end_b))
      return std::string{a.substr(0, std::min<std::size_t>(end_a, 300))} + " | " +
             std::string{b.substr(0, std::min<std::size_t>(end_b, 300))};
    a.remove_prefix(std::min(end_a + 1, a.size()));
    b.remove_prefix(std::min(end_b + 1, b.size()));
  }
  return {};
}

int run_untraced(const TempDir& directory, const std::function<int()>& function) {
  const int child = ::fork();
  if (child == 0) {
    const int null = ::open("/dev/null", O_RDWR);
    for (int descriptor = 0; descriptor < 3; ++descriptor) ::dup2(null, descriptor);
    ::close_range(3, ~0U, 0);
    ::_exit(::chdir(directory.path().c_str()) == 0 ? function() : 99);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  return status;
}

bool was_read(const Traced& traced, std::string_view path_end) {
  for (const auto& process : traced.trace.processes)
    for (const auto& access : process.reads)
      if (traced.trace.files[access.file].path.ends_with(path_end)) return true;
  return false;
}

int ordinary(const std::function<int()>& function) {
  return become_ordinary() ? function() : 98;
}

}  // namespace

TEST_CASE("tracer: what open(2) answers is what it answers untraced, whoever asks", "[trace]") {
  const TempDir untraced, traced_directory;
  open_to_all(untraced);
  open_to_all(traced_directory);
  const bool drop = GENERATE(true, false);
  const auto everything = [&] { return drop && !become_ordinary() ? 98 : open_everything(); };
  REQUIRE(run_untraced(untraced, everything) == 0);
  const auto traced = trace_function(traced_directory, everything);
  CHECK(traced.status == 0);
  CHECK(traced.gaps() == "");
  CHECK(differing_line(results_of(traced_directory), results_of(untraced)) == "");
  CHECK(was_read(traced, "/plain"));
  CHECK(was_read(traced, "/etc/passwd"));
  CHECK(was_read(traced, "/deep"));
}

TEST_CASE("tracer: signals do not end an open, whatever their handler says", "[trace]") {
  const TempDir directory;
  open_to_all(directory);
  const auto traced = trace_function(directory, [] {
    return ordinary([] {
      struct sigaction action {};
      action.sa_handler = [](int) { ::close(::open("/etc/hostname", O_RDONLY)); };  // without SA_RESTART
      ::sigaction(SIGALRM, &action, nullptr);
      const itimerval often{{0, 1000}, {0, 1000}};
      ::setitimer(ITIMER_REAL, &often, nullptr);
      for (int i = 0; i < 3000; ++i) {
        const int file = ::open(i % 3 == 0 ? "missing" : i % 3 == 1 ? "/proc/self/comm" : "/etc/passwd", O_RDONLY);
        if (file < 0 && errno != ENOENT) return 1;
        if (i % 3 == 0 && file >= 0) return 2;
        ::close(file);
      }
      return 0;
    });
  });
  CHECK(traced.status == 0);
}

TEST_CASE("tracer: a FIFO is opened by the process itself, which waits for the other end", "[trace]") {
  const TempDir directory;
  open_to_all(directory);
  const auto traced = trace_function(directory, [] {
    return ordinary([] {
      if (::mkfifo("fifo", 0600) != 0) return 1;
      if (::fork() == 0) {
        const int in = ::open("fifo", O_WRONLY);
        ::_exit(::write(in, "word", 4) == 4 ? 0 : 1);
      }
      const int out = ::open("fifo", O_RDONLY);
      char text[5] = {};
      const bool same = ::read(out, text, 4) == 4 && std::string_view{text} == "word";
      int status = 0;
      ::wait(&status);
      return same && status == 0 ? 0 : 2;
    });
  });
  CHECK(traced.status == 0);
  CHECK(traced.trace.pipes.size() == 1);
}

TEST_CASE("tracer: what a process has forbidden itself stays forbidden", "[trace][hostile]") {
  const TempDir directory;
  open_to_all(directory);
  SECTION("by a filter of its own") {
    const auto traced = trace_function(directory, [] {
      return ordinary([] {
        sock_filter words[] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
                               BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 0, 1),
                               BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EXDEV),
                               BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
        const sock_fprog program{4, words};
        if (::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program) >= 0) return 1;
        if (::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) return 2;
        return ::open("/etc/passwd", O_RDONLY) < 0 && errno == EXDEV ? 0 : 3;
      });
    });
    CHECK(traced.status == 0);
    CHECK_FALSE(was_read(traced, "/etc/passwd"));
  }
  SECTION("by Landlock") {
    const auto forbid = [] {
      return ordinary([] {
        landlock_ruleset_attr rules{};
        rules.handled_access_fs = LANDLOCK_ACCESS_FS_READ_FILE;
        const auto set = static_cast<int>(::syscall(SYS_landlock_create_ruleset, &rules, sizeof rules, 0));
        if (set < 0) return 0;  // not with this kernel
        ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        if (::syscall(SYS_landlock_restrict_self, set, 0) != 0) return 1;
        return ::open("/etc/passwd", O_RDONLY) < 0 && errno == EACCES ? 0 : 2;
      });
    };
    CHECK(run_untraced(directory, forbid) == 0);
    const auto traced = trace_function(directory, forbid);
    CHECK(traced.status == 0);
    CHECK_FALSE(was_read(traced, "/etc/passwd"));
  }
}

TEST_CASE("tracer: who changes its root or its namespaces gets the files of there", "[trace][hostile]") {
  const TempDir directory;
  open_to_all(directory);
  directory.write("root/etc/passwd", "another\n");
  const bool by_clone = GENERATE(true, false);
  const auto go_there = [by_clone] {
    return ordinary([by_clone] {
      ::close(::open("/etc/passwd", O_RDONLY));  // the tracer knows it by now
      const auto look = [] {
        if (::chroot("root") != 0) return 2;
        char text[8] = {};
        const int file = ::open("/etc/passwd", O_RDONLY);
        return ::read(file, text, 7) == 7 && std::string_view{text} == "another" ? 0 : 3;
      };
      if (!by_clone) return ::unshare(CLONE_NEWUSER) == 0 ? look() : 0;
      const auto child = ::syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, nullptr, nullptr, nullptr, nullptr);
      if (child == 0) ::_exit(look());
      int status = 0;
      if (child > 0) ::waitpid(static_cast<int>(child), &status, 0);
      return WEXITSTATUS(status);  // 0 also where namespaces are not allowed
    });
  };
  REQUIRE(run_untraced(directory, go_there) == 0);
  const auto traced = trace_function(directory, go_there);
  CHECK(traced.status == 0);
}

TEST_CASE("tracer: threads that change the name while it is looked up get what is recorded", "[trace][hostile]") {
  const TempDir directory;
  open_to_all(directory);
  directory.write("secret", "x");
  directory.write("harmless", "y");
  const auto traced = trace_function(directory, [] {
    return ordinary([] {
      static char name[16] = "harmless";
      static std::atomic<bool> done{false};
      std::thread changer{[] {
        while (!done) {
          std::memcpy(name, "secret\0\0", 8);
          std::memcpy(name, "harmless", 8);
        }
      }};
      bool seen = false;
      for (int i = 0; i < 3000 && !seen; ++i) {
        const int file = ::open(name, O_RDONLY);
        char byte = 0;
        seen = file >= 0 && ::read(file, &byte, 1) == 1 && byte == 'x';
        ::close(file);
      }
      done = true;
      changer.join();
      return seen ? 7 : 0;
    });
  });
  if (WEXITSTATUS(traced.status) == 7) CHECK(was_read(traced, "/secret"));
  else CHECK(traced.status == 0);
}

TEST_CASE("tracer: threads have one working directory, and each open sees the present one", "[trace]") {
  const TempDir directory;
  open_to_all(directory);
  directory.write("one/file", "1");
  directory.write("two/file", "2");
  const auto traced = trace_function(directory, [] {
    return ordinary([] {
      const int start = ::open(".", O_RDONLY | O_DIRECTORY);
      for (int i = 0; i < 100; ++i) {
        const char* where = i % 2 == 0 ? "one" : "two";
        bool moved = false;
        std::thread{[&] { moved = ::chdir(where) == 0; }}.join();
        if (!moved) return 3;
        char byte = 0;
        const int file = ::open("file", O_RDONLY);
        if (::read(file, &byte, 1) != 1 || byte != (i % 2 == 0 ? '1' : '2')) return 1;
        ::close(file);
        if (::fchdir(start) != 0) return 2;
      }
      return 0;
    });
  });
  CHECK(traced.status == 0);
}

#ifdef __x86_64__
TEST_CASE("tracer: a call of the 32-bit kind is seen as well", "[trace][hostile]") {
  if (!answers_32_bit_calls()) {
    WARN("this kernel answers no 32-bit calls");
    return;
  }
  const TempDir directory;
  open_to_all(directory);
  directory.write("secret", "x");
  const auto traced = trace_function(directory, [] {
    return ordinary([] {
      auto* low = static_cast<char*>(
          ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0));
      std::strcpy(low, "secret");
      long result = 5;  // open(2)
      asm volatile("int $0x80" : "+a"(result) : "b"(low), "c"(0), "d"(0) : "memory", "r8", "r9", "r10", "r11");
      if (result == -ENOSYS) return 0;  // not with this kernel
      char byte = 0;
      return result >= 0 && ::read(static_cast<int>(result), &byte, 1) == 1 && byte == 'x' ? 5 : 1;
    });
  });
  if (WEXITSTATUS(traced.status) == 5) CHECK(was_read(traced, "/secret"));
  else CHECK(traced.status == 0);
}
#endif
