// Causes by their signatures, and what must not pass for one.
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

TEST_CASE("causes: there are at least twenty-five, each with its own id and remedy", "[artifact][cause]") {
  const auto causes = known_causes();
  CHECK(causes.size() >= 25);
  for (std::size_t i = 0; i < causes.size(); ++i) {
    CHECK_FALSE(causes[i].remedy.empty());
    for (std::size_t k = 0; k < i; ++k) CHECK(causes[i].id != causes[k].id);
  }
}
