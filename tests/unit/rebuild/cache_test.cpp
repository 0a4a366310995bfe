#include "rebuild/cache.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include "rebuild/toolchain.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

using namespace assay;
using namespace assay::rebuild;

namespace {

provenance::Regeneration sample(std::string_view content = "made\n") {
  provenance::Regeneration outcome;
  outcome.recipe = "autotools";
  outcome.tools = {"autoconf autoconf (GNU Autoconf) 2.71"};
  outcome.steps = {{"autoreconf -fi", 0, false}, {"./configure", 124, true}};
  outcome.coverage.add("regeneration", "a step failed", "install what it needs");
  outcome.add("configure", {"tree", Bytes{content.begin(), content.end()}});
  outcome.add("configure", {"tree", {}, "Autoconf 2.71 as its authors released it"});
  outcome.add("a path\nwith,odd:bytes", {"dist", {}});
  outcome.released = {"configure", "README"};
  outcome.has_most_of_the_tree = true;
  return outcome;
}

}  // namespace

TEST_CASE("regeneration cache: an outcome comes back as it was", "[rebuild][cache]") {
  test::TempDir dir;
  const RegenerationCache cache{dir.path() / "cache", 1 << 20};
  const auto key = sha256(as_bytes("key"));
  CHECK_FALSE(cache.find(key));
  REQUIRE(cache.store(key, sample()));
  const auto found = cache.find(key);
  REQUIRE(found);
  CHECK(found->from_cache);
  CHECK(found->recipe == "autotools");
  CHECK(found->tools == sample().tools);
  REQUIRE(found->steps.size() == 2);
  CHECK(found->steps[1].timed_out);
  CHECK(found->coverage.gaps.size() == 1);
  CHECK(found->files().size() == 2);
  CHECK(as_text(found->find("configure")[0].content) == "made\n");
  CHECK(found->find("configure")[1].with == "Autoconf 2.71 as its authors released it");
  CHECK(found->released == sample().released);
  CHECK(found->has_most_of_the_tree);
  CHECK_FALSE(cache.find(sha256(as_bytes("another key"))));
}

TEST_CASE("regeneration cache: damage anywhere makes an entry as if absent", "[rebuild][cache][hostile]") {
  const auto bytes = serialise(sample());
  REQUIRE(deserialise(bytes));
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    auto damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    CHECK_FALSE(deserialise(damaged));
    CHECK_FALSE(deserialise(std::string_view{bytes}.substr(0, i)));
  }
}

TEST_CASE("regeneration cache: stays within its size, and the entry used longest ago goes first", "[rebuild][cache]") {
  test::TempDir dir;
  const std::string large(100'000, 'x');
  const RegenerationCache cache{dir.path(), 250'000};
  const auto first = sha256(as_bytes("1")), second = sha256(as_bytes("2")), third = sha256(as_bytes("3"));
  REQUIRE(cache.store(first, sample(large)));
  REQUIRE(cache.store(second, sample(large)));
  const timespec old[] = {{1000, 0}, {1000, 0}};
  REQUIRE(::utimensat(AT_FDCWD, (dir.path() / (second.hex() + ".regenerated")).c_str(), old, 0) == 0);
  REQUIRE(cache.store(third, sample(large)));
  CHECK(cache.find(first));
  CHECK_FALSE(cache.find(second));
  CHECK(cache.find(third));
}

TEST_CASE("toolchain: its digest changes with a program", "[rebuild]") {
  test::TempDir root;
  root.write("usr/bin/autoconf", "#!/bin/sh\n");
  const auto before = toolchain_digest(root.path());
  CHECK(before == toolchain_digest(root.path()));
  root.write("usr/bin/autoconf", "#!/bin/sh\n# patched\n");
  CHECK_FALSE(before == toolchain_digest(root.path()));
}

TEST_CASE("toolchain: a file of the same size and time is another all the same", "[rebuild][hostile]") {
  test::TempDir root;
  root.write("usr/share/perl/5.36/Thing.pm", "one\n");
  const auto file = root.path() / "usr/share/perl/5.36/Thing.pm";
  const auto time = std::filesystem::last_write_time(file);
  const auto before = toolchain_digest(root.path());
  root.write("usr/share/perl/5.36/Thing.pm", "two\n");
  std::filesystem::last_write_time(file, time);
  CHECK_FALSE(before == toolchain_digest(root.path()));
}

TEST_CASE("toolchain: a log says which package is missing", "[rebuild]") {
  const auto missing = missing_tools(
      "checking for gawk... no\n./bootstrap: 3: help2man: not found\n./x.sh: line 4: gperf: command not "
      "found\nWARNING: 'makeinfo' is missing on your system.\n"
      "/usr/bin/env: ‘python’: No such file or directory\nawk: line 2: function gensub never defined\nsh: 1: "
      "nonsense-tool: not found\nhelp2man: not found\n"
      "configure.ac:92: error: possibly undefined macro: LT_SYS_SYMBOL_USCORE\nconfigure.ac:93: error: possibly "
      "undefined macro: OUR_OWN\n");
  std::vector<std::string> packages;
  for (const auto& one : missing) packages.push_back(one.package);
  CHECK(packages ==
        std::vector<std::string>{"help2man", "gperf", "texinfo", "python-is-python3", "gawk", "libltdl-dev"});
}

TEST_CASE("toolchain: a module of Python that is missing is a package, if it is a build back end or known to be one",
          "[rebuild]") {
  const auto packages = [](std::string_view log) {
    std::string text;
    for (const auto& one : missing_tools(log)) text += one.package + " ";
    return text;
  };
  CHECK(packages("ModuleNotFoundError: No module named 'hatchling'\n") == "python3-hatchling ");
  CHECK(packages("ModuleNotFoundError: No module named 'poetry.core'\n") == "python3-poetry-core ");
  CHECK(packages("ERROR Backend 'flit_core.buildapi' is not available.\n") == "flit ");
  CHECK(packages("pip._vendor.pyproject_hooks._impl.BackendUnavailable: Cannot import 'sip_tool.api'\n") ==
        "python3-sip-tool ");
  // It may be the project's own, which is a fault of the build.
  CHECK(packages("ModuleNotFoundError: No module named 'our_own'\n").empty());
  CHECK(packages(
            "Backend 'x' was chosen\nModuleNotFoundError: No module named '\nBackend '; rm -rf /' is not available\n")
            .empty());
}
