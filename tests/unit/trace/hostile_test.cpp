// Children that do not want to be seen, or that make a mess.
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <thread>

#include "support/catch.hpp"
#include "support/run.hpp"
#include "traced.hpp"

using namespace assay;
using namespace assay::test;
using namespace assay::trace;

namespace {

bool was_read(const Traced& traced, std::string_view path_end) {
  for (const auto& process : traced.trace.processes)
    for (const auto& access : process.reads)
      if (traced.trace.files[access.file].path.ends_with(path_end)) return true;
  return false;
}

int read_it(const char* path) {
  const int fd = ::open(path, O_RDONLY);
  char byte = 0;
  return fd >= 0 && ::read(fd, &byte, 1) == 1 ? fd : -1;
}

}  // namespace

TEST_CASE("tracer hostile: children that kill themselves, their parents and their siblings", "[trace][hostile]") {
  const TempDir directory;
  const auto traced = trace_function(directory, [] {
    for (int i = 0; i < 200; ++i) {
      const int child = ::fork();
      if (child != 0) continue;
      if (::fork() == 0) ::kill(::getppid(), SIGKILL);
      ::kill(::getpid(), i % 2 == 0 ? SIGKILL : SIGSEGV);
      ::_exit(0);
    }
    while (::wait(nullptr) > 0 || errno == EINTR) {
    }
    return 7;
  });
  CHECK(WEXITSTATUS(traced.status) == 7);
  CHECK(traced.trace.processes.size() == 401);
}

TEST_CASE("tracer hostile: thousands of processes that live for an instant", "[trace][hostile]") {
  const TempDir directory;
  const auto traced = trace_function(directory, [] {
    for (int i = 0; i < 3000; ++i) {
      if (::fork() == 0) ::_exit(0);
      if (i % 100 == 0)
        while (::waitpid(-1, nullptr, WNOHANG) > 0) {
        }
    }
    while (::wait(nullptr) > 0) {
    }
    return 0;
  });
  CHECK(traced.status == 0);
  CHECK(traced.trace.processes.size() == 3001);
  for (Index i = 1; i < traced.trace.processes.size(); ++i) REQUIRE(traced.trace.processes[i].parent == 0);
}

TEST_CASE("tracer hostile: a daemon that leaves its parent is followed, and ends with kill_all()", "[trace][hostile]") {
  const TempDir directory;
  auto tracer = Tracer::create({});
  REQUIRE(tracer);
  const auto& running = **tracer;
  REQUIRE((*tracer)->launch([&] {
    if (!running.install_filter()) ::_exit(1);
    if (::fork() == 0) {
      ::setsid();
      if (::fork() == 0)
        for (;;) ::pause();
      ::_exit(0);
    }
    ::wait(nullptr);
    ::_exit(0);
  }));
  pollfd waiting{(*tracer)->ended_fd(), POLLIN, 0};
  REQUIRE(::poll(&waiting, 1, 20'000) == 1);
  CHECK(*(*tracer)->ended() == 0);
  (*tracer)->kill_all();
  const auto trace = (*tracer)->finish();
  REQUIRE(trace.processes.size() == 3);
  CHECK(trace.processes[2].exit_code == 128 + SIGKILL);
}

TEST_CASE("tracer hostile: a fork bomb is ended by kill_all()", "[trace][hostile]") {
  auto tracer = Tracer::create({});
  REQUIRE(tracer);
  const auto& running = **tracer;
  REQUIRE((*tracer)->launch([&] {
    if (!running.install_filter()) ::_exit(1);
    // Two new ones for each that ends: it never ends by itself, and never grows much.
    for (int generation = 0;; ++generation)
      if (::fork() != 0) {
        if (generation % 8 == 0) ::fork();
        ::_exit(0);
      }
  }));
  std::this_thread::sleep_for(std::chrono::milliseconds{300});  // let it spread: nothing tells when it has
  (*tracer)->kill_all();
  const auto trace = (*tracer)->finish();
  CHECK(trace.processes.size() > 10);
}

TEST_CASE("tracer hostile: a child that has itself traced, or is not to be dumped, is seen all the same",
          "[trace][hostile]") {
  const TempDir directory;
  directory.write("secret", "x");
  const auto traced = trace_function(directory, [] {
    ::ptrace(PTRACE_TRACEME, 0, 0, 0);
    if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return 1;
    const int fd = read_it("secret");
    if (fd < 0) return 2;
    ::close(fd);
    return 0;
  });
  CHECK(traced.status == 0);
  CHECK(traced.gaps() == "");
  CHECK(was_read(traced, "/secret"));
}

TEST_CASE("tracer hostile: what was read is recorded however the descriptor is got rid of", "[trace][hostile]") {
  const TempDir directory;
  directory.write("secret", "x");
  const auto check = [&](const std::function<int()>& function) {
    const auto traced = trace_function(directory, function);
    CAPTURE(traced.gaps());
    CHECK((was_read(traced, "/secret") || !traced.trace.coverage.complete()));
  };
  SECTION("close") {
    check([] { return ::close(read_it("secret")); });
  }
  SECTION("dup2 over it") {
    check([] {
      const int fd = read_it("secret");
      return ::dup2(::open("/dev/null", O_RDONLY), fd) == fd ? 0 : 1;
    });
  }
  SECTION("close_range") {
    check([] {
      read_it("secret");
      return ::close_range(0, ~0U, 0);
    });
  }
  SECTION("exit with it open") {
    check([] { return read_it("secret") >= 0 ? 0 : 1; });
  }
  SECTION("killed with it open") {
    check([] {
      read_it("secret");
      return ::kill(::getpid(), SIGKILL);
    });
  }
  SECTION("killed by a signal that leaves a core") {
    check([] {
      read_it("secret");
      return ::kill(::getpid(), SIGSEGV);
    });
  }
  SECTION("execve closes it") {
    check([] {
      ::fcntl(read_it("secret"), F_SETFD, FD_CLOEXEC);
      ::execl("/bin/true", "true", nullptr);
      return 1;
    });
  }
  SECTION("sent to oneself through a socket, and never received") {
    check([] {
      std::array<int, 2> ends{};
      ::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data());
      const int fd = read_it("secret");
      char byte = 0;
      iovec part{&byte, 1};
      alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
      msghdr message{};
      message.msg_iov = &part;
      message.msg_iovlen = 1;
      message.msg_control = control.data();
      message.msg_controllen = control.size();
      auto* header = CMSG_FIRSTHDR(&message);
      header->cmsg_level = SOL_SOCKET;
      header->cmsg_type = SCM_RIGHTS;
      header->cmsg_len = CMSG_LEN(sizeof fd);
      std::memcpy(CMSG_DATA(header), &fd, sizeof fd);
      if (::sendmsg(ends[0], &message, 0) != 1) return 1;
      return ::close(fd);
    });
  }
  SECTION("opened as descriptor 0") {
    check([] {
      ::close(0);
      return read_it("secret") == 0 ? 0 : 1;
    });
  }
  SECTION("read, then emptied") {
    const auto traced = trace_function(directory, [] {
      const int fd = read_it("secret");
      const int again = ::open("secret", O_WRONLY | O_TRUNC);
      ::close(again);
      ::close(fd);
      return 0;
    });
    bool old_content = false;
    for (const auto version : traced.versions("/secret"))
      old_content = old_content || traced.digest(version) == sha256(as_bytes("x")).hex();
    CHECK((old_content || !traced.trace.coverage.complete()));
  }
}

TEST_CASE("tracer hostile: pointers to nowhere, endless paths and long command lines", "[trace][hostile]") {
  const TempDir directory;
  const auto traced = trace_function(directory, [] {
    for (const auto address : {0UL, 1UL, 0xffff'ffff'ffff'f000UL, 0x7fff'ffff'f000UL}) {
      ::syscall(SYS_openat, AT_FDCWD, address, O_WRONLY | O_CREAT, 0600);
      ::syscall(SYS_rename, address, address);
      ::syscall(SYS_unlink, address);
      ::syscall(SYS_symlink, address, "link");
      ::syscall(SYS_connect, 0, address, 16);
      ::syscall(SYS_sendmsg, 0, address, 0);
      ::syscall(SYS_openat2, AT_FDCWD, "x", address, 24);
      ::syscall(SYS_execve, address, address, address);
    }
    const std::string endless(100'000, 'a');
    ::open(endless.c_str(), O_WRONLY | O_CREAT, 0600);
    const std::string argument(120'000, 'b');
    std::vector<char*> words{const_cast<char*>("true")};
    for (int i = 0; i < 10; ++i) words.push_back(const_cast<char*>(argument.c_str()));
    words.push_back(nullptr);
    ::execv("/bin/true", words.data());
    return 1;
  });
  CHECK(traced.status == 0);
  const auto& image = traced.trace.processes[0].images.back();
  CHECK(image.arguments_cut);
  CHECK(image.arguments.front() == "true");
}

TEST_CASE("tracer hostile: a thread executes while others open files", "[trace][hostile]") {
  const TempDir directory;
  const auto traced = trace_function(directory, [] {
    for (int i = 0; i < 8; ++i)
      std::thread{[] {
        for (;;) ::close(::open("/etc/passwd", O_RDONLY));
      }}.detach();
    std::thread{[] { ::execl("/bin/sh", "sh", "-c", "exit 5", nullptr); }}.join();
    return 1;
  });
  CHECK(WEXITSTATUS(traced.status) == 5);
  CHECK(traced.trace.processes.size() == 1);
  CHECK(program_name(traced.trace, 0) != "");
}

TEST_CASE("tracer hostile: threads that exchange descriptors and names cannot hide what they open",
          "[trace][hostile]") {
  const TempDir directory;
  directory.write("secret", "x");
  directory.write("harmless", "y");
  const auto traced = trace_function(directory, [] {
    static std::atomic<bool> done{false};
    std::thread swapper{[] {
      const int other = ::open("harmless", O_RDONLY);
      while (!done)
        for (int fd = 3; fd < 12; ++fd)
          if (fd != other) ::dup2(other, fd);
    }};
    bool seen = false;
    for (int i = 0; i < 300; ++i) seen = read_it("secret") >= 0 || seen;
    done = true;
    swapper.join();
    return 0;
  });
  CHECK(was_read(traced, "/secret"));
}

TEST_CASE("tracer hostile: two processes that share descriptors are no way around it", "[trace][hostile]") {
  const TempDir directory;
  directory.write("secret", "x");
  const auto traced = trace_function(directory, [] {
    static std::array<char, 1 << 16> stack;
    const int child = ::clone(
        [](void*) {
          ::close(read_it("secret"));
          return 0;
        },
        stack.data() + stack.size(), CLONE_FILES | SIGCHLD, nullptr);
    int status = 0;
    ::waitpid(child, &status, 0);
    return WEXITSTATUS(status);
  });
  CHECK(traced.status == 0);
  CHECK(was_read(traced, "/secret"));
}

TEST_CASE("tracer hostile: a process that stops and goes on is not held for ever", "[trace][hostile]") {
  const TempDir directory;
  const auto traced = trace_function(directory, [] {
    const int child = ::fork();
    if (child == 0) {
      ::raise(SIGSTOP);
      ::_exit(3);
    }
    int status = 0;
    if (::waitpid(child, &status, WUNTRACED) != child || !WIFSTOPPED(status)) return 1;
    ::kill(child, SIGCONT);
    ::waitpid(child, &status, 0);
    return WEXITSTATUS(status);
  });
  CHECK(WEXITSTATUS(traced.status) == 3);
}

TEST_CASE("tracer hostile: limits end the recording, not the build, and are gaps", "[trace][hostile]") {
  const TempDir directory;
  SECTION("of processes") {
    TraceOptions options;
    options.limits.processes = 3;
    const auto traced = trace_shell(directory, "for i in 1 2 3 4 5 6; do /bin/true; done; exit 4", options);
    CHECK(WEXITSTATUS(traced.status) == 4);
    CHECK(traced.trace.processes.size() == 3);
    CHECK_FALSE(traced.trace.coverage.complete());
  }
  SECTION("of records") {
    TraceOptions options;
    options.limits.records = 20;
    const auto traced = trace_shell(directory, "for i in 1 2 3 4 5 6; do /bin/true; echo > f$i; done; exit 4", options);
    CHECK(WEXITSTATUS(traced.status) == 4);
    CHECK_FALSE(traced.trace.coverage.complete());
  }
  SECTION("of the size of a file") {
    TraceOptions options;
    options.limits.file_bytes = 1000;
    const auto traced = trace_shell(directory, "head -c 2000 /dev/zero > f; cat f > /dev/null", options);
    CHECK(traced.digest(traced.file("/f")).empty());
    CHECK_FALSE(traced.trace.coverage.complete());
  }
}

TEST_CASE("tracer hostile: when the tracer's program is killed, so is everything it traces", "[trace][hostile]") {
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  const int program = ::fork();
  if (program == 0) {
    auto tracer = Tracer::create({});
    const auto& running = **tracer;
    (void)(*tracer)->launch([&] {
      if (!running.install_filter()) ::_exit(1);
      if (::fork() == 0) {
        ::setsid();
        if (::write(ends[1], "x", 1) != 1) ::_exit(1);
        for (;;) ::pause();
      }
      for (;;) ::pause();
    });
    for (;;) ::pause();
  }
  ::close(ends[1]);
  char byte = 0;
  REQUIRE(::read(ends[0], &byte, 1) == 1);  // the grandchild runs
  ::kill(program, SIGKILL);
  ::waitpid(program, nullptr, 0);
  // The pipe ends when the last of them is gone.
  pollfd waiting{ends[0], POLLIN, 0};
  REQUIRE(::poll(&waiting, 1, 20'000) == 1);
  CHECK(::read(ends[0], &byte, 1) == 0);
  ::close(ends[0]);
}
