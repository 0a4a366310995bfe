#include <sys/wait.h>

#include <filesystem>
#include <fstream>

#include "support/catch.hpp"
#include "traced.hpp"

using namespace assay;
using namespace assay::test;

TEST_CASE("trace: a program that looks for many files is told the truth, and what it finds is recorded", "[trace]") {
  const TempDir directory;
  for (const char* name : {"there", "by-child", "after", "filtered", "executed"})
    std::ofstream{directory.path() / name} << name << '\n';
  std::filesystem::create_symlink("nothing", directory.path() / "to-nothing");
  std::filesystem::create_symlink("loop", directory.path() / "loop");
  const auto run = trace_shell(directory, TRACE_MISSED_OPENS " > said || { cat said >&2; exit 1; }");
  INFO(read_text(directory.path() / "said"));
  REQUIRE(WIFEXITED(run.status));
  CHECK(WEXITSTATUS(run.status) == 0);
  CHECK(run.gaps().empty());
  const auto program = run.process("trace_missed_opens");
  for (const char* name : {"/there", "/made", "/after", "/filtered", "/executed"})
    CHECK(run.reads(program, run.file(name)));
  CHECK(run.reads(program + 1, run.file("/by-child")));
#if defined(__x86_64__)
  // Each round is 600 looks, 1,200 stops where they are stopped at: under filters, and with flags that differ from the first.
  CHECK(run.trace.stops < 4 * 1200 + 400);
#endif
}

TEST_CASE("trace: where a program puts data in the place of code that looked for files, its filter changes none of it",
          "[trace][hostile]") {
  const TempDir directory;
  std::ofstream{directory.path() / "there"} << "there\n";
  const auto run = trace_shell(directory, TRACE_MISSED_OPENS " data");
  REQUIRE(WIFEXITED(run.status));
  CHECK(WEXITSTATUS(run.status) == 0);
}
