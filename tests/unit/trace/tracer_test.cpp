#include <fcntl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "support/catch.hpp"
#include "support/run.hpp"
#include "traced.hpp"

using namespace assay;
using namespace assay::test;
using namespace assay::trace;

namespace {

std::string digest_of(std::string_view text) {
  return sha256(as_bytes(text)).hex();
}

}  // namespace

TEST_CASE("tracer: a shell's commands, their files and their digests are recorded", "[trace]") {
  const TempDir directory;
  directory.write("in", "hello\n");
  const auto traced = trace_shell(directory, "cat in > out; wc -l < out > /dev/null; exit 3");
  CHECK(WEXITSTATUS(traced.status) == 3);
  CHECK(traced.gaps() == "");
  const auto cat = traced.process("cat");
  CHECK(traced.reads(cat, traced.file("/in")));
  CHECK(traced.writes(cat, traced.file("/out")));
  CHECK(traced.digest(traced.file("/out")) == digest_of("hello\n"));
  CHECK(traced.reads(traced.process("wc"), traced.file("/out")));
}

TEST_CASE("tracer: a program's libraries and its loader are among what it reads", "[trace]") {
  const TempDir directory;
  const auto traced = trace_program(directory, {"cat", "/dev/null"});
  const auto cat = traced.process("cat");
  CHECK(traced.reads(cat, traced.file("/cat")));
  CHECK(traced.reads(cat, traced.file("/libc.so.6")));
  const auto loader = traced.trace.files[traced.file("/cat")].loader;
  REQUIRE(loader != k_none);
  CHECK(traced.trace.files[loader].path.find("/ld-") != std::string::npos);
  CHECK(traced.reads(cat, loader));
  CHECK(traced.digest(loader).size() == 64);
}

TEST_CASE("tracer: the digest is that of the content when it was read, not of what the file became", "[trace]") {
  const TempDir directory;
  const auto traced = trace_shell(directory, "echo one > f; cat f; echo two > f; cat f; echo three > f; rm f");
  const auto versions = traced.versions("/f");
  REQUIRE(versions.size() == 3);
  CHECK(traced.digest(versions[0]) == digest_of("one\n"));
  CHECK(traced.digest(versions[1]) == digest_of("two\n"));
  CHECK(traced.digest(versions[2]).empty());
  const auto cats = traced.processes("cat");
  REQUIRE(cats.size() == 2);
  CHECK(traced.reads(cats[0], versions[0]));
  CHECK_FALSE(traced.reads(cats[0], versions[1]));
  CHECK(traced.reads(cats[1], versions[1]));
  CHECK_FALSE(traced.trace.files[versions[2]].at_end);
}

TEST_CASE("tracer: what is appended descends from what was there before", "[trace]") {
  const TempDir directory;
  directory.write("log", "first\n");
  const auto traced = trace_shell(directory, "echo second >> log");
  const auto versions = traced.versions("/log");
  REQUIRE(versions.size() == 2);
  CHECK(traced.digest(versions[0]) == digest_of("first\n"));
  CHECK(traced.digest(versions[1]) == digest_of("first\nsecond\n"));
  CHECK(traced.trace.files[versions[1]].previous == versions[0]);
  CHECK(traced.trace.files[versions[0]].writers.empty());
}

TEST_CASE("tracer: a change that keeps size and time stamp of a file that is open is seen", "[trace]") {
  const TempDir directory;
  // The writer keeps its descriptor; both contents have the same length and come within one tick of the kernel's clock.
  const auto traced =
      trace_shell(directory, "exec 3> f; echo aaaa >&3; read x < f; exec 4<> f; echo bbbb >&4; read x < f");
  std::vector<std::string> digests;
  for (const auto version : traced.versions("/f")) digests.push_back(traced.digest(version));
  CHECK(std::find(digests.begin(), digests.end(), digest_of("aaaa\n")) != digests.end());
  CHECK(digests.back() == digest_of("bbbb\n"));
}

TEST_CASE("tracer: names follow renames, hard links and renamed directories", "[trace]") {
  const TempDir directory;
  const auto traced = trace_shell(directory, "mkdir d; echo x > d/a; mv d e; ln e/a e/b; mv e/b c; rm e/a; ln -s c s");
  const auto& file = traced.trace.files[traced.file("/c")];
  CHECK(file.at_end);
  CHECK(file.sha256);
  using Kind = NameChange::Kind;
  const auto count = [&](Kind kind) {
    return std::count_if(traced.trace.names.begin(), traced.trace.names.end(),
                         [&](const auto& change) { return change.kind == kind; });
  };
  CHECK(count(Kind::rename) == 2);
  CHECK(count(Kind::hard_link) == 1);
  CHECK(count(Kind::symbolic_link) == 1);
  CHECK(count(Kind::remove) == 1);
}

TEST_CASE("tracer: pipes connect who writes with who reads, through shells, here-documents and substitution",
          "[trace]") {
  const TempDir directory;
  directory.write("in", "data\n");
  SECTION("a pipeline") {
    const auto traced = trace_shell(directory, "cat in | tr a-z A-Z | cat -n > out");
    const Graph graph{traced.trace};
    const auto inputs = graph.inputs(traced.file("/out"));
    CHECK(std::find(inputs.begin(), inputs.end(), traced.file("/in")) != inputs.end());
  }
  SECTION("$(…) written by the shell") {
    const auto traced = trace_shell(directory, "x=$(cat in | cat); printf %s \"$x\" > out");
    const auto inputs = Graph{traced.trace}.inputs(traced.file("/out"));
    CHECK(std::find(inputs.begin(), inputs.end(), traced.file("/in")) != inputs.end());
  }
  SECTION("a here-document") {
    const auto traced = trace_shell(directory, "read x < in\ncat > out <<EOF\n$x\nEOF");
    const auto inputs = Graph{traced.trace}.inputs(traced.file("/out"));
    CHECK(std::find(inputs.begin(), inputs.end(), traced.file("/in")) != inputs.end());
  }
  SECTION("a FIFO") {
    const auto traced = trace_shell(directory, "mkfifo p; cat in > p & cat p > out; wait");
    const auto inputs = Graph{traced.trace}.inputs(traced.file("/out"));
    CHECK(std::find(inputs.begin(), inputs.end(), traced.file("/in")) != inputs.end());
  }
  SECTION("a loop in a pipeline") {
    const auto traced = trace_shell(directory, "cat in | while read x; do echo $x > out; done");
    const auto inputs = Graph{traced.trace}.inputs(traced.file("/out"));
    CHECK(std::find(inputs.begin(), inputs.end(), traced.file("/in")) != inputs.end());
  }
}

TEST_CASE("tracer: what is read after a content was fixed is none of its inputs", "[trace]") {
  const TempDir directory;
  directory.write("early", "1\n");
  directory.write("late", "2\n");
  const auto traced = trace_shell(directory, "read x < early; echo $x > out; cat out > /dev/null; read y < late");
  const auto inputs = Graph{traced.trace}.inputs(traced.file("/out"));
  CHECK(std::find(inputs.begin(), inputs.end(), traced.file("/early")) != inputs.end());
  CHECK(std::find(inputs.begin(), inputs.end(), traced.file("/late")) == inputs.end());
}

TEST_CASE("tracer: phases are begun by the driving shell, and by nothing that it starts", "[trace]") {
  const TempDir directory;
  const auto command = phase_command("build");
  const auto traced = trace_shell(
      directory, "true\n" + command + "head -c 0 /dev/null\nsh -c '" + phase_command("test") + "cat /dev/null'");
  REQUIRE(traced.trace.phases == std::vector<std::string>{"setup", "build"});
  CHECK(traced.trace.processes[traced.process("head")].phase == 1);
  CHECK(traced.trace.processes[traced.process("cat")].phase == 1);
  CHECK(traced.trace.processes[0].phase == 0);
  CHECK(shell(command + "echo harmless") == "harmless\n");
}

TEST_CASE("tracer: refused writes and connections are recorded once", "[trace]") {
  const TempDir directory;
  const auto traced = trace_function(directory, [] {
    if (::geteuid() == 0 && ::setuid(65534) != 0) return 1;
    for (int i = 0; i < 3; ++i) {
      if (::open("/etc/passwd", O_WRONLY | O_APPEND) >= 0) return 2;
      sockaddr_un address{};
      address.sun_family = AF_UNIX;
      std::snprintf(address.sun_path, sizeof address.sun_path, "/nowhere/socket");
      const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
      ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    }
    return 0;
  });
  CHECK(WEXITSTATUS(traced.status) == 0);
  REQUIRE(traced.trace.connections.size() == 1);
  CHECK(traced.trace.connections[0].address == "/nowhere/socket");
  CHECK(traced.trace.connections[0].error == ENOENT);
  CHECK_FALSE(traced.trace.connections[0].network);
  REQUIRE(traced.trace.refusals.size() == 1);
  CHECK(traced.trace.refusals[0].path == "/etc/passwd");
  CHECK(traced.trace.refusals[0].error == EACCES);
}

TEST_CASE("tracer: what would go on behind its back is refused", "[trace]") {
  const TempDir directory;
  const auto traced = trace_function(directory, [] {
    if (::syscall(SYS_io_uring_setup, 1, nullptr) != -1 || errno != ENOSYS) return 1;
    if (::syscall(SYS_clone3, nullptr, 0) != -1 || errno != ENOSYS) return 2;
    if (::syscall(SYS_clone, 0x00800000 | SIGCHLD, nullptr, nullptr, nullptr, nullptr) != -1 || errno != EPERM)
      return 3;
    if (::syscall(SYS_ptrace, 0, 0, 0, 0) != -1 || errno != EPERM) return 4;
    return 0;
  });
  CHECK(WEXITSTATUS(traced.status) == 0);
}

TEST_CASE("tracer: several run at once in one program", "[trace]") {
  const TempDir one, two;
  DigestCache cache;
  TraceOptions options;
  options.digests = &cache;
  auto first = Tracer::create(options);
  auto second = Tracer::create(options);
  REQUIRE(first);
  REQUIRE(second);
  const auto start = [](Tracer& tracer, const char* program) {
    return tracer.launch([&tracer, program] {
      if (tracer.install_filter()) ::execl("/bin/sh", "sh", "-c", program, nullptr);
      ::_exit(127);
    });
  };
  REQUIRE(start(**first, "for i in 1 2 3 4 5; do /bin/true; done; exit 1"));
  REQUIRE(start(**second, "for i in 1 2 3 4 5; do /bin/true; done; exit 2"));
  const auto a = (*first)->finish();
  const auto b = (*second)->finish();
  CHECK(WEXITSTATUS(*(*first)->ended()) == 1);
  CHECK(WEXITSTATUS(*(*second)->ended()) == 2);
  CHECK(a.processes.size() == 6);
  CHECK(b.processes.size() == 6);
}
