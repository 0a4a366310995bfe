#include "rebuild/wanted_files.hpp"

#include "base/bytes.hpp"
#include "support/catch.hpp"
#include "support/run.hpp"
#include "support/temp_dir.hpp"

using namespace assay;
using namespace assay::rebuild;

TEST_CASE("wanted files: a name is a target's and nothing else to make and the shell", "[rebuild][hostile]") {
  CHECK(wanted_list({"man/a.1", "src/b+c_d.c"}) == "man/a.1\nsrc/b+c_d.c\n");
  for (const std::string path : {"SHELL=x", "-f", "a/--eval=x", "/etc/passwd", "../a", "a/../../b", "a b", "a\nb",
                                 "$(x)", "a;b", "%.c", "a:b", ""})
    CHECK(wanted_list({path}).empty());
  CHECK(wanted_list(std::vector<std::string>(600, "a")).size() == 1000);
}

TEST_CASE("wanted files: what is not there is made by the nearest makefile", "[rebuild]") {
  test::TempDir dir;
  const auto in = [&](const std::string& path) { return (dir.path() / path).string(); };
  dir.write("make-the-rest", std::string{wanted_script()});
  dir.write("w/Makefile", "sub/b.1:\n\techo root > $@\nc.1:\n\techo other > $@\nd.1:\n\tfalse\n");
  dir.write("w/man/Makefile", "a.1:\n\techo page > $@\n");
  dir.write("w/c.1", "there\n");
  dir.write("w/p-1.0/e.1", "released\n");
  dir.write("w/sub/keep", "");
  dir.write("list", "d.1\nc.1\ne.1\nman/a.1\nsub/b.1\nnone.1\n");
  CHECK(test::shell("cd '" + in("w") + "' && sh ../make-the-rest < ../list >/dev/null 2>&1; echo $?") == "0\n");
  CHECK(test::shell("cd '" + in("w") + "' && cat man/a.1 sub/b.1 c.1") == "page\nroot\nthere\n");
  CHECK(test::shell("cd '" + in("w") + "' && ls e.1 d.1 none.1 2>/dev/null || true").empty());
}
