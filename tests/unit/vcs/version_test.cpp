#include "vcs/version.hpp"

#include <fmt/format.h>

#include "support/catch.hpp"

using namespace assay::vcs;

namespace {

using Names = std::vector<std::string>;

std::string best(std::string_view file, const Names& tags) {
  const auto ranked = rank_tags(file, tags);
  return ranked.empty() ? "" : ranked.front();
}

}  // namespace

TEST_CASE("version: separators, case and leading zeros do not count", "[vcs][version]") {
  CHECK(version_tokens("V_9_2_P1") == version_tokens("v9.2p1"));
  CHECK(version_tokens("curl-7_88_1") == VersionTokens{"curl", "7", "88", "1"});
  CHECK(version_tokens("2022.09.03") == VersionTokens{"2022", "9", "3"});
  CHECK(version_tokens("0.00.0") == VersionTokens{"0", "0", "0"});
  CHECK(version_tokens("--").empty());
}

TEST_CASE("version: file names of releases are taken apart", "[vcs][version]") {
  struct Case {
    std::string_view file, project, version;
    bool snapshot = false;
  };
  const std::vector<Case> cases = {
      {"curl_7.88.1.orig.tar.gz", "curl", "7.88.1"},
      {"curl-7.88.1.tar.gz", "curl", "7.88.1"},
      {"/some/where/curl-7.88.1.tar.gz", "curl", "7.88.1"},
      {"openssh_9.2p1.orig.tar.gz", "openssh", "9.2p1"},
      {"libevent_2.1.12-stable.orig.tar.gz", "libevent", "2.1.12-stable"},
      {"foo-1.2.3-rc1.tar.xz", "foo", "1.2.3-rc1"},
      {"libzstd_1.5.4+dfsg2.orig.tar.xz", "libzstd", "1.5.4"},
      {"foo_1.0+ds1.orig.tar.xz", "foo", "1.0"},
      {"node-express_4.18.2+~4.17.14.orig.tar.gz", "node-express", "4.18.2"},
      {"node-foo_1.2+dfsg+~cs20230101.1.orig.tar.gz", "node-foo", "1.2"},
      {"foo_1.0~ds.orig.tar.xz", "foo", "1.0"},
      {"foo_1.0+repack.orig.tar.xz", "foo", "1.0"},
      {"foo_1.0.dfsg.1.orig.tar.gz", "foo", "1.0"},
      {"foo_1.0~rc1.orig.tar.gz", "foo", "1.0~rc1"},
      {"foo_1.0~rc1+dfsg.orig.tar.gz", "foo", "1.0~rc1"},
      {"kmod_30+20221128.orig.tar.xz", "kmod", "30+20221128", true},
      {"foo_1.2+git20230101.1a2b3c4.orig.tar.gz", "foo", "1.2+git20230101.1a2b3c4", true},
      {"libpng1.6_1.6.39.orig.tar.gz", "libpng1.6", "1.6.39"},
      {"util-linux_2.38.1.orig.tar.xz", "util-linux", "2.38.1"},
      {"c-ares-1.18.1.tar.gz", "c-ares", "1.18.1"},
      {"pcre2-10.42.tar.bz2", "pcre2", "10.42"},
      {"lz4-1.9.4.tgz", "lz4", "1.9.4"},
      {"v1.2.3.tar.gz", "", "v1.2.3"},
      {"1.2.3.zip", "", "1.2.3"},
      {"boost_1_81_0.tar.gz", "boost", "1_81_0"},
      {"tzdata2022f.tar.gz", "tzdata", "2022f"},
      {"serde-1.0.150.crate", "serde", "1.0.150"},
      {"tmux-3.3a.tar.gz", "tmux", "3.3a"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.file);
    const auto readings = parse_release_name(c.file);
    REQUIRE_FALSE(readings.empty());
    CHECK(readings.front().project == c.project);
    CHECK(readings.front().version == c.version);
    CHECK(readings.front().snapshot == c.snapshot);
  }
  CHECK(parse_release_name("").empty());
  CHECK(parse_release_name("README").empty());
  CHECK(parse_release_name("snapshot.tar.gz").empty());
  CHECK(parse_release_name(std::string(1000, '1')).empty());
}

TEST_CASE("version: a commit id in the name is seen", "[vcs][version]") {
  CHECK(parse_release_name("foo_1.2+git20230101.1a2b3c4.orig.tar.gz").front().commit == "1a2b3c4");
  CHECK(parse_release_name("foo-1.2-14-g1a2b3c4d.tar.gz").front().commit == "1a2b3c4d");
  CHECK(parse_release_name("foo-503266275654f6083b56206fb494499fb1dc20cd.tar.gz").front().commit ==
        "503266275654f6083b56206fb494499fb1dc20cd");
  CHECK(parse_release_name("kmod_30+20221128.orig.tar.xz").front().commit.empty());
  CHECK(parse_release_name("curl-7.88.1.tar.gz").front().commit.empty());
}

TEST_CASE("version: the tags of real projects are found", "[vcs][version]") {
  const auto finds = [](std::string_view file, const std::string& tag) {
    CAPTURE(file, tag);
    // Neighbours that must not be taken for it.
    const Names tags = {
        "v1.0", "v7.88.10", "curl-7_88_0",           "curl-7_8_1",   "V_9_2",        "V_9_20_P1",     "v10.9.2p1",
        "3.3",  "3.3b",     "release-2.1.11-stable", "cares-1_18_0", "libssh2-1.10", "libssh2-1.1.0", "v31",
        "v3.0", tag};
    CHECK(best(file, tags) == tag);
  };
  finds("curl_7.88.1.orig.tar.gz", "curl-7_88_1");
  finds("curl-7.88.1.tar.xz", "curl-7_88_1");
  finds("openssh_9.2p1.orig.tar.gz", "V_9_2_P1");
  finds("openssh-9.2p1.tar.gz", "V_9_2_P1");
  finds("libevent-2.1.12-stable.tar.gz", "release-2.1.12-stable");
  finds("libevent_2.1.12-stable.orig.tar.gz", "release-2.1.12-stable");
  finds("c-ares_1.18.1.orig.tar.gz", "cares-1_18_1");
  finds("libssh2_1.10.0.orig.tar.gz", "libssh2-1.10.0");
  finds("libffi_3.4.4.orig.tar.gz", "v3.4.4");
  finds("tmux_3.3a.orig.tar.gz", "3.3a");
  finds("expat_2.5.0.orig.tar.gz", "R_2_5_0");
  finds("file_5.44.orig.tar.gz", "FILE5_44");
  finds("libzstd_1.5.4+dfsg2.orig.tar.xz", "v1.5.4");
  finds("libpng1.6_1.6.39.orig.tar.gz", "v1.6.39");
  finds("pcre2_10.42.orig.tar.gz", "pcre2-10.42");
  finds("util-linux_2.38.1.orig.tar.xz", "v2.38.1");
  finds("xz-utils_5.4.1.orig.tar.xz", "v5.4.1");
  finds("boost_1_81_0.tar.bz2", "boost-1.81.0");
  finds("openssl-3.0.8.tar.gz", "openssl-3.0.8");
  finds("foo-1.2.3-rc1.tar.xz", "v1.2.3-rc1");
  finds("foo_1.2.3~rc1.orig.tar.gz", "foo-1.2.3rc1");
  finds("kmod_30.orig.tar.xz", "v30");
  finds("autoconf-archive-2022.09.03.tar.xz", "v2022.09.03");
  finds("v1.2.3.tar.gz", "v1.2.3");
  finds("re2_20220601+dfsg.orig.tar.xz", "2022-06-01");
  finds("re2-2022-06-01.tar.gz", "20220601");
  finds("node-express_4.18.2+~4.17.14.orig.tar.gz", "4.18.2");
  CHECK(rank_tags("r-20220601.tar.gz", {"2022-06-10", "2022-60-1", "20226001", "v1", "2022-06"}).empty());
  CHECK(rank_tags("r-6.1.tar.gz", {"2022-06-01", "20220601"}).empty());
}

TEST_CASE("version: a word before a version that is neither the project's nor one for versions is told",
          "[vcs][version]") {
  for (const auto* tag : {"pre-1.2.0", "broken-1.2.0", "other@1.2.0", "exp-v1.2.0"})
    CHECK(is_of_another_word("express-1.2.0.tgz", tag));
  for (const auto* tag :
       {"v1.2.0", "1.2.0", "express-1.2.0", "expres-1.2.0", "release-1.2.0", "node-express-1.2.0", "v1.3.0", "main"})
    CHECK_FALSE(is_of_another_word("express-1.2.0.tgz", tag));
  CHECK_FALSE(is_of_another_word("msgpack-c_4.0.0.orig.tar.gz", "c-4.0.0"));
  CHECK_FALSE(is_of_another_word("exim4_4.96.orig.tar.xz", "exim-4.96"));
}

TEST_CASE("version: tags of the very release have its version, and its project or nothing before that",
          "[vcs][version]") {
  using Names = std::vector<std::string>;
  CHECK(tags_of_release("foo-1.2.0.tar.gz", {"v1.2.0", "1.2.0", "foo-1.2.0", "bar-1.2.0", "v1.2", "debian/1.2.0",
                                             "v1.2.1"}) == Names{"1.2.0", "v1.2.0", "foo-1.2.0"});
}

TEST_CASE("version: another version is no match", "[vcs][version]") {
  CHECK(rank_tags("foo-1.2.tar.gz", {"v3.1.2", "v1.2.3", "v1.20", "v11.2", "1.2rc1", "1.2p1", "foo-2-1.2"}).empty());
  CHECK(rank_tags("foo-1.2-rc1.tar.gz", {"v1.2", "v1.2-rc2"}).empty());
  CHECK(rank_tags("README", {"v1.0"}).empty());
  CHECK(rank_tags("foo-1.0.tar.gz", {}).empty());
}

TEST_CASE("version: the better tag comes first", "[vcs][version]") {
  CHECK(rank_tags("foo-1.2.0.tar.gz", {"v1.2", "other-1.2.0", "foo-1.2.0", "1.2.0-final", "v1.2.0"}) ==
        Names{"v1.2.0", "foo-1.2.0", "other-1.2.0", "1.2.0-final", "v1.2"});
  CHECK(rank_tags("foo-1.2.tar.gz", {"debian/1.2", "upstream/1.2", "1.2"}) ==
        Names{"1.2", "upstream/1.2", "debian/1.2"});
  CHECK(best("libevent-2.1.12.tar.gz", {"release-2.1.12-stable"}) == "release-2.1.12-stable");
  CHECK(best("foo-2-1.0.tar.gz", {"v1.0", "v2"}) == "v1.0");
  CHECK(best("foo-1.2-3.tar.gz", {"v1.2-3", "v3"}) == "v1.2-3");
}

TEST_CASE("version: a snapshot is not the release it follows", "[vcs][version]") {
  CHECK(rank_tags("kmod_30+20221128.orig.tar.xz", {"v30", "v31"}).empty());
  CHECK(rank_tags("kmod_30+20221128.orig.tar.xz", {"v30", "v30-20221128"}) == Names{"v30-20221128"});
}

TEST_CASE("version: the nearest names are suggested", "[vcs][version]") {
  const Names tags = {"curl-7_87_0", "curl-7_88_0", "curl-7_88_1", "curl-8_0_0", "tiny-curl-7_72_0"};
  CHECK(nearest_names("7.88.1", tags, 1) == Names{"curl-7_88_1"});
  CHECK(nearest_names("curl-7.88.2", tags, 2) == Names{"curl-7_88_0", "curl-7_88_1"});
  CHECK(nearest_names("curl-7_88_11", tags, 1) == Names{"curl-7_88_1"});
  CHECK(nearest_names("mian", {"develop", "main", "next"}, 1) == Names{"main"});
  CHECK(nearest_names("x", {}, 3).empty());
  CHECK(nearest_names(std::string(10'000, 'x'), tags, 9).size() <= 5);
  CHECK(nearest_names("nosuchtag", {"0-1", "2-0", "v3"}, 3).empty());
}

TEST_CASE("version: a name that can be read in a hundred ways is held against many tags", "[vcs][version][hostile]") {
  std::string name = "a";
  while (name.size() < 240) name += "-1";
  std::vector<std::string> tags;
  for (int i = 0; i < 10'000; ++i) tags.push_back(fmt::format("b-{}-{}", i, name));
  tags.push_back(name);
  CHECK(rank_tags(name + ".tar.gz", tags) == std::vector{name});
}
