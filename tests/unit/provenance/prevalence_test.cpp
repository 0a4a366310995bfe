#include "provenance/prevalence.hpp"

#include "provenance/known_files.hpp"
#include "provenance/release_claims.hpp"
#include "support/catch.hpp"
#include "support/run.hpp"
#include "support/temp_dir.hpp"

using namespace assay;
using namespace assay::provenance;

TEST_CASE("prevalence: projects are counted once, and the earliest date is kept", "[provenance][prevalence]") {
  PrevalenceCounter counter;
  const auto content = sha256(as_bytes("a macro"));
  counter.add("curl", content, 300);
  counter.add("Curl", content, 200);
  counter.add("tmux", content, 250);
  counter.add("tmux", sha256(as_bytes("another")), 100);
  const auto text = counter.finish();
  const auto data = PrevalenceData::view(as_bytes(text), "test");
  REQUIRE(data);
  REQUIRE(data->find(content));
  CHECK(data->find(content)->projects == 2);
  CHECK(data->find(content)->first_seen == 200);
  CHECK_FALSE(data->find(sha256(as_bytes("unknown"))));
}

TEST_CASE("prevalence: damaged data is refused or knows nothing", "[provenance][prevalence][hostile]") {
  for (const std::string_view text : {"", "assay prevalence 1 ", "assay prevalence 1 x\n",
                                      "assay prevalence 1 1\nshort\n", "assay prevalence 1 99999999999999999999\n"})
    CHECK_FALSE(PrevalenceData::view(as_bytes(text), "test"));
  const std::string letters =
      "assay prevalence 1 1\n" + sha256(as_bytes("a")).hex().substr(0, 32) + " 00000000xx 0000000000\n";
  const auto data = PrevalenceData::view(as_bytes(letters), "test");
  REQUIRE(data);
  CHECK_FALSE(data->find(sha256(as_bytes("a"))));
}

TEST_CASE("prevalence: releases in a directory are counted by project", "[provenance][prevalence]") {
  test::TempDir dir;
  test::shell("cd '" + dir.path().string() +
              "'; for p in alpha-1.0 alpha-1.1 beta-2.0; do mkdir -p w/$p/m4; echo common > w/$p/m4/x.m4; echo $p > "
              "w/$p/README; "
              "touch -d 2015-06-01T00:00:00Z w/$p/* w/$p; touch -d 2014-01-01T00:00:00Z w/$p/m4/x.m4; "
              "tar -C w -czf $p.tar.gz $p; done; rm -r w; echo junk > gamma-1.0.tar.gz");
  std::vector<std::string> skipped;
  const auto counter = count_releases(dir.path(), {}, Limits{}, skipped);
  REQUIRE(counter);
  CHECK(counter->projects() == 2);
  CHECK(skipped.size() == 1);
  dir.write("known/releases.prevalence", counter->finish());
  const auto known = KnownFiles::open(dir.path() / "known");
  REQUIRE(known);
  CHECK(known->prevalence_of(sha256(as_bytes("common\n")))->projects == 2);
  CHECK(known->prevalence_of(sha256(as_bytes("common\n")))->first_seen == 1'433'116'800);  // 2015-06-01
  CHECK(known->find(sha256(as_bytes("common\n"))).empty());                                // evidence, never a proof
}

TEST_CASE("release claims: spellings of the version, its parts, and dates that fit", "[provenance][stamps]") {
  const ReleaseClaims release{"7.88.1", "curl-7_88_1", {}, 1'676'880'000, {}};  // 2023-02-20
  for (const auto* text : {"7.88.1", "v7.88.1", "7_88_1", "0x075801", "78801"}) CHECK(release.is_version(text));
  for (const auto* text : {"7.88.2", "7.88", "", "0x075802", "7.88.1; eval x"}) CHECK_FALSE(release.is_version(text));
  CHECK(release.is_version_part("88", 1));
  CHECK_FALSE(release.is_version_part("89", 1));
  CHECK_FALSE(release.is_version_part("88", 0));
  CHECK(release.is_fitting_date("January 02, 2023"));
  CHECK(release.is_fitting_date("2023-02-20"));
  CHECK_FALSE(release.is_fitting_date("January 02, 2031"));
  CHECK_FALSE(release.is_fitting_date("eval"));
}
