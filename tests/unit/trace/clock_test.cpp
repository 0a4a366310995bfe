#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <sstream>

#include "support/catch.hpp"
#include "traced.hpp"

using namespace assay;
using namespace assay::test;
using namespace assay::trace;

namespace {

constexpr std::chrono::seconds k_offset{400 * 86400};

TraceOptions shifted(std::chrono::seconds offset) {
  TraceOptions options;
  options.time_offset = offset;
  return options;
}

/// Every time that the program told lies between `begin` and now, both shifted; and it did not wait for long.
void check_times(const std::string& output, std::time_t begin, std::chrono::seconds offset) {
  std::istringstream lines{output};
  std::string times, waited;
  std::getline(lines, times);
  std::getline(lines, waited);
  std::istringstream words{times};
  int count = 0;
  for (long time = 0; words >> time; ++count) {
    CHECK(time >= begin + offset.count());
    CHECK(time <= std::time(nullptr) + offset.count());
  }
  CHECK(count >= 6);
  CHECK(std::atol(waited.c_str()) < 10);
}

/// A 32-bit program without any library: it reads "secret", and writes what time(2) tells into "out".
std::string tiny_program() {
  constexpr std::uint32_t base = 0x08048000, code_at = 52 + 32;
  std::string code, data;
  const auto add = [&](std::initializer_list<int> bytes) {
    for (const int byte : bytes) code += static_cast<char>(byte);
  };
  const auto number = [](std::uint32_t value) { return std::string{reinterpret_cast<const char*>(&value), 4}; };
  constexpr std::uint32_t code_size = 75, secret = base + code_at + code_size, out = secret + 7;
  code += "\xb8" + number(5) + "\xbb" + number(secret);  // open("secret", O_RDONLY)
  add({0x31, 0xc9, 0xcd, 0x80, 0x89, 0xc3});
  code += "\xb8" + number(6);  // close
  add({0xcd, 0x80});
  code += "\xb8" + number(13);                                                // time(NULL)
  add({0x31, 0xdb, 0xcd, 0x80, 0x50});                                        // … push eax
  code += "\xb8" + number(8) + "\xbb" + number(out) + "\xb9" + number(0600);  // creat("out", 0600)
  add({0xcd, 0x80, 0x89, 0xc3});
  code += "\xb8" + number(4);  // write(fd, esp, 4)
  add({0x89, 0xe1});
  code += "\xba" + number(4);
  add({0xcd, 0x80});
  code += "\xb8" + number(1);  // exit(0)
  add({0x31, 0xdb, 0xcd, 0x80});
  REQUIRE(code.size() == code_size);
  data = std::string{"secret\0out\0", 11};
  const auto half = [](std::uint16_t value) { return std::string{reinterpret_cast<const char*>(&value), 2}; };
  std::string header{
      "\x7f"
      "ELF\x01\x01\x01\0\0\0\0\0\0\0\0\0",
      16};
  header += half(2) + half(3) + number(1) + number(base + code_at) + number(52) + number(0) + number(0);
  header += half(52) + half(32) + half(1) + half(40) + half(0) + half(0);
  const auto size = static_cast<std::uint32_t>(code_at + code.size() + data.size());
  header +=
      number(1) + number(0) + number(base) + number(base) + number(size) + number(size) + number(5) + number(4096);
  return header + code + data;
}

}  // namespace

#if defined(__x86_64__)

TEST_CASE("clock: programs see the shifted time, whichever way they ask, and wait no longer for it", "[trace][clock]") {
  const std::string program = GENERATE(TRACE_CLOCK_DYNAMIC, TRACE_CLOCK_STATIC);
  const auto offset = GENERATE(k_offset, -k_offset, std::chrono::seconds{0});
  const TempDir directory;
  const auto begin = std::time(nullptr);
  const auto traced = trace_shell(directory, program + " > out", shifted(offset));
  CAPTURE(program, offset.count());
  CHECK(traced.status == 0);
  CHECK(traced.gaps() == "");
  check_times(read_text(directory.path() / "out"), begin, offset);
}

TEST_CASE("clock: 32-bit programs are traced, and see the shifted time too", "[trace][clock]") {
  if (!answers_32_bit_calls()) {
    WARN("this kernel answers no 32-bit calls");
    return;
  }
  const TempDir directory;
  directory.write("secret", "x");
  const auto program = directory.write("tiny", tiny_program());
  std::filesystem::permissions(program, std::filesystem::perms::owner_all);
  const auto begin = std::time(nullptr);
  const auto traced = trace_program(directory, {program.string()}, shifted(k_offset));
  if (WIFEXITED(traced.status) && WEXITSTATUS(traced.status) == 127) {
    WARN("this kernel runs no 32-bit programs");
    return;
  }
  CHECK(traced.status == 0);
  CHECK(traced.gaps() == "");
  CHECK(traced.reads(traced.process("tiny"), traced.file("/secret")));
  CHECK(traced.writes(traced.process("tiny"), traced.file("/out")));
  const auto out = read_text(directory.path() / "out");
  REQUIRE(out.size() == 4);
  std::uint32_t told = 0;
  std::memcpy(&told, out.data(), sizeof told);
  CHECK(told >= begin + k_offset.count());
  CHECK(told <= std::time(nullptr) + k_offset.count());
}

#endif

TEST_CASE("tracer: in a sandbox with namespaces of its own, all is seen as the sandbox sees it, and hashed at its end",
          "[trace]") {
  auto tracer = Tracer::create({});
  REQUIRE(tracer);
  auto filter = (*tracer)->filter_file();
  REQUIRE(filter);
  const int descriptor = filter->get();
  const auto number = std::to_string(descriptor);
  REQUIRE((*tracer)->launch([&] {
    ::fcntl(descriptor, F_SETFD, 0);
    ::execlp("bwrap", "bwrap", "--unshare-all", "--die-with-parent", "--ro-bind", "/", "/", "--proc", "/proc", "--dev",
             "/dev", "--tmpfs", "/tmp", "--dir", "/tmp/build", "--chdir", "/tmp/build", "--add-seccomp-fd",
             number.c_str(), "/bin/sh", "-c", "echo content > f; mv f g; (sleep 1000 &) ; /bin/cat g > /dev/null",
             nullptr);
    ::_exit(127);
  }));
  Traced traced;
  traced.trace = (*tracer)->finish();
  CHECK(*(*tracer)->ended() == 0);
  CHECK(traced.gaps() == "");
  const auto file = traced.file("/g");
  CHECK(traced.trace.files[file].path == "/tmp/build/f");
  CHECK(traced.trace.files[file].at_end);
  CHECK(traced.digest(file) == sha256(as_bytes("content\n")).hex());
  CHECK(traced.reads(traced.process("cat"), file));
  const auto& program = traced.trace.files[traced.trace.processes[traced.process("cat")].images.back().program];
  CHECK(program.sha256);
  CHECK_FALSE(program.writable_place);
}
