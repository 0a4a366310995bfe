#include "rebuild/source_lines.hpp"

#include "support/catch.hpp"

using namespace assay;
using namespace assay::rebuild;

namespace {

const SourceLines& lines() {
  static const SourceLines k_lines{{{"Makefile",
                                     "all: out\nout:\n\tuname -n > out\nother:\n\t{ echo other; uname -n; } > other\n"
                                     "tool:\n\t$(CC) $(CFLAGS) -o $@ tool.c\n"},
                                    {"sub/Makefile.am", "stamp:\n\tdate +%s > stamp\n"},
                                    {"gen.py", "import os\nos.system('uname -n')\n"}}};
  return k_lines;
}

}  // namespace

TEST_CASE("source lines: a command is found where it stands, of two the one near what ran it", "[rebuild]") {
  CHECK(lines().find({{"make"}, {"/bin/sh", "-c", "uname -n > out"}, {"uname", "-n"}}, {"Makefile"}) == "Makefile:3");
  CHECK(lines().find({{"make"}, {"/bin/sh", "-c", "{ echo other; uname -n; } > other"}, {"/usr/bin/uname", "-n"}},
                     {"Makefile"}) == "Makefile:5");
}

TEST_CASE("source lines: a generated makefile stands for what it was made from", "[rebuild]") {
  CHECK(lines().find({{"make"}, {"/bin/sh", "-c", "date +%s > stamp"}}, {"sub/Makefile"}) == "sub/Makefile.am:2");
}

TEST_CASE("source lines: a file that those processes did not read is not looked into", "[rebuild]") {
  CHECK(lines().find({{"uname", "-n"}}, {}) == std::nullopt);
  CHECK(lines().find({{"uname", "-n"}}, {"gen.py"}) == "gen.py:2");
}

TEST_CASE("source lines: where most of a command comes from variables, no line is named", "[rebuild]") {
  CHECK(lines().find({{"gcc", "-g", "-O2", "-fstack-protector-strong", "-o", "tool", "tool.c"}}, {"Makefile"}) ==
        std::nullopt);
  CHECK(lines().find({}, {"Makefile"}) == std::nullopt);
}
