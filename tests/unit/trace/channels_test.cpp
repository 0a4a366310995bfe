// Ways by which bytes get from one process to another: whoever gives out what it got descends from it.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "support/catch.hpp"
#include "traced.hpp"

using namespace assay;
using namespace assay::test;
using namespace assay::trace;

namespace {

bool descends(const Traced& traced, std::string_view product, std::string_view input) {
  const Graph graph{traced.trace};
  const auto ancestry = graph.ancestry(traced.file(product));
  return std::any_of(ancestry.begin(), ancestry.end(),
                     [&](Index file) { return traced.trace.files[file].path.ends_with(input); });
}

char take_secret() {
  char byte = 0;
  return ::read(::open("secret", O_RDONLY), &byte, 1) == 1 ? byte : '\0';
}

/// Not the same bytes: what equals a file that was read is a copy, and descends from that without further questions.
int give_out(char byte) {
  const std::array<char, 3> text{byte, byte, '!'};
  const int out = ::open("out", O_CREAT | O_WRONLY | O_TRUNC, 0644);
  return ::write(out, text.data(), text.size()) == 3 ? 0 : 1;
}

void wait_for_all() {
  while (::wait(nullptr) > 0 || errno == EINTR) {
  }
}

char* shared_memory() {
  return static_cast<char*>(::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
}

/// Give `descriptor` the number 9 and let `sh` run `script`.
int run_with_nine(int descriptor, const char* script) {
  ::dup2(descriptor, 9);
  ::execl("/bin/sh", "sh", "-c", script, nullptr);
  return 1;
}

bool make_pipe(std::array<int, 2>& ends) {
  return ::pipe(ends.data()) == 0;
}
bool make_sockets(std::array<int, 2>& ends) {
  return ::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) == 0;
}

/// A fork of this process runs one script with one end of what was made as its descriptor 9, this process the other.
int connected(bool (*make_ends)(std::array<int, 2>&), const char* writes, const char* reads) {
  std::array<int, 2> ends{};
  if (!make_ends(ends)) return 1;
  if (::fork() == 0) {
    ::close(ends[0]);
    ::_exit(run_with_nine(ends[1], writes));
  }
  ::close(ends[1]);
  ::_exit(run_with_nine(ends[0], reads));
}

void check(const std::function<int()>& function) {
  const TempDir directory;
  directory.write("secret", "s");
  const auto traced = trace_function(directory, function);
  CAPTURE(traced.gaps());
  CHECK(traced.status == 0);
  CHECK(descends(traced, "/out", "/secret"));
}

}  // namespace

TEST_CASE("tracer: a fork is its forker until it executes something", "[trace][hostile]") {
  SECTION("it reads, into memory that both have") {
    check([] {
      char* memory = shared_memory();
      if (::fork() == 0) ::_exit((*memory = take_secret()) != 0 ? 0 : 1);
      wait_for_all();
      return give_out(*memory);
    });
  }
  SECTION("it reads there, and becomes something else") {
    check([] {
      char* memory = shared_memory();
      if (::fork() == 0) {
        *memory = take_secret();
        ::execl("/bin/true", "true", nullptr);
      }
      wait_for_all();
      return give_out(*memory);
    });
  }
  SECTION("it reads there, and its forker is gone") {
    check([] {
      char* memory = shared_memory();
      if (::fork() == 0) {
        if (::fork() == 0) ::_exit((*memory = take_secret()) != 0 ? 0 : 1);
        ::_exit(0);
      }
      while (*const_cast<volatile char*>(memory) == 0) ::usleep(1000);
      return give_out(*memory);
    });
  }
  SECTION("it writes what its forker had read") {
    check([] {
      const char secret = take_secret();
      if (::fork() == 0) ::_exit(give_out(secret));
      wait_for_all();
      return 0;
    });
  }
  SECTION("it was made with vfork(2)") {
    check([] {
      static volatile char byte = 0;
      if (::vfork() == 0) {
        byte = take_secret();
        ::_exit(0);
      }
      wait_for_all();
      return give_out(byte);
    });
  }
}

TEST_CASE("tracer: descriptors beyond the standard ones connect programs", "[trace][hostile]") {
  SECTION("a pipe") {
    check([] { return connected(make_pipe, "cat secret >&9", "tr s t <&9 > out"); });
  }
  SECTION("a pair of sockets") {
    check([] { return connected(make_sockets, "exec 1>&9; cat secret", "exec 0<&9; head -c 1 | tr s t > out"); });
  }
  SECTION("a file that is open for reading") {
    check([] { return run_with_nine(::open("secret", O_RDONLY), "tr s t <&9 > out"); });
  }
  SECTION("one that another process has sent") {
    check([] {
      std::array<int, 2> ends{};
      if (!make_sockets(ends)) return 1;
      alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
      char byte = 'x';
      iovec vector{&byte, 1};
      msghdr message{};
      message.msg_iov = &vector;
      message.msg_iovlen = 1;
      message.msg_control = control.data();
      message.msg_controllen = control.size();
      if (::fork() == 0) {
        auto* header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int));
        const int secret = ::open("secret", O_RDONLY);
        std::memcpy(CMSG_DATA(header), &secret, sizeof secret);
        ::_exit(::sendmsg(ends[0], &message, 0) == 1 ? 0 : 1);
      }
      int secret = -1;
      if (::recvmsg(ends[1], &message, 0) != 1) return 1;
      std::memcpy(&secret, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof secret);
      wait_for_all();
      return ::read(secret, &byte, 1) == 1 ? give_out(byte) : 1;
    });
  }
}

TEST_CASE("tracer: segments of shared memory connect programs", "[trace][hostile]") {
  check([] {
    const auto id = std::to_string(::shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600));
    const auto script = "perl -e 'open F, q(secret); $x = <F>; shmwrite(" + id + ", $x, 0, 1)'; perl -e 'shmread(" +
                        id + ", $x, 0, 1); shmctl(" + id + ", 0, 0); open O, q(>out); print O $x x 3'";
    ::execl("/bin/sh", "sh", "-ec", script.c_str(), nullptr);
    return 1;
  });
}

TEST_CASE("tracer: the memory of other processes is out of reach, or it is a gap", "[trace][hostile]") {
  const TempDir directory;
  const auto traced = trace_function(directory, [] {
    static char byte = 'x';
    char got = 0;
    iovec local{&got, 1}, remote{&byte, 1};
    return ::process_vm_readv(::getpid(), &local, 1, &remote, 1, 0) == -1 && errno == EPERM ? 0 : 1;
  });
  CHECK(traced.status == 0);
  const auto reader = trace_function(directory, [] {
    const auto path = "/proc/" + std::to_string(::getpid()) + "/mem";
    if (::fork() == 0) ::_exit(::open(path.c_str(), O_RDONLY) >= 0 ? 0 : 1);
    wait_for_all();
    return 0;
  });
  CHECK(reader.gaps().find("looked into the memory of another process") != std::string::npos);
}

TEST_CASE("tracer: a program that never had a name comes from who wrote it", "[trace][hostile]") {
  const TempDir directory;
  directory.write("secret", "s");
  const auto traced = trace_function(directory, [] {
    const char secret = take_secret();
    const int program = static_cast<int>(::syscall(SYS_memfd_create, "p", 0U));
    const int from = ::open("/bin/true", O_RDONLY);
    std::array<char, 65536> buffer{};
    for (ssize_t got = 0; (got = ::read(from, buffer.data(), buffer.size())) > 0;)
      if (::write(program, buffer.data(), static_cast<std::size_t>(got)) != got) return 1;
    if (::write(program, &secret, 1) != 1) return 1;
    std::array<char*, 1> nothing{nullptr};
    return ::fexecve(program, nothing.data(), nothing.data());
  });
  REQUIRE(traced.status == 0);
  const auto program = traced.trace.processes.front().images.back().program;
  REQUIRE(program != k_none);
  CHECK_FALSE(traced.trace.files[program].writers.empty());
  CHECK(descends(traced, traced.trace.files[program].path, "/secret"));
}

TEST_CASE("tracer: a script is read by the kernel, whether or not its interpreter opens it", "[trace][hostile]") {
  const TempDir directory;
  directory.write("note.txt", "#!/bin/echo hidden in the first line\n");
  std::filesystem::permissions(directory.path() / "note.txt", std::filesystem::perms::owner_all);
  for (const char* how : {"./note.txt > out", "exec ./note.txt > out", "mkdir -p d; cd d; ../note.txt > ../out"}) {
    const auto traced = trace_shell(directory, how);
    CAPTURE(how, traced.gaps());
    const auto echo = traced.process("echo");
    CHECK(traced.reads(echo, traced.file("/note.txt")));
    CHECK(descends(traced, "/out", "/note.txt"));
  }
}
