#include "provenance/release_claims.hpp"

#include "support/catch.hpp"

using namespace assay::provenance;

namespace {

ReleaseClaims release_of(const char* version, const char* tag) {
  ReleaseClaims release;
  release.version = version;
  release.tag = tag;
  release.commit_time = 1'600'000'000;  // 2020-09-13
  return release;
}

}  // namespace

TEST_CASE("release claims: a version as written has its numbers and not their digits alone", "[provenance][hostile]") {
  const auto release = release_of("1.2.0", "v1.2.0");
  for (const auto* same : {"1.2.0", "v1.2.0"}) CHECK(release.is_version_as_written(same));
  for (const auto* other : {"1.20", "12.0", "120", "1-2-0", "1.2.0.", ".1.2.0", "-1.2.0", "1.02.0", ""})
    CHECK_FALSE(release.is_version_as_written(other));
  CHECK(release_of("7.88.1", "curl-7_88_1").is_version_as_written("7_88_1"));
  // A separator counts where the tag has it between these numbers: in C, 1-2 is minus one.
  const auto dashed = release_of("1.2", "tally-1.2");
  for (const auto* other : {"1-2", "1_2", "1/2", "tally-1.2"}) CHECK_FALSE(dashed.is_version_as_written(other));
}

TEST_CASE("release claims: a dotted version has dots alone", "[provenance][hostile]") {
  const auto release = release_of("7.88.1", "curl-7_88_1");
  CHECK(release.is_dotted_version("7.88.1"));
  for (const auto* other : {"7_88_1", "7.88_1", "7.88..1", "7.88.1.", "7.088.1", "7.88", ""})
    CHECK_FALSE(release.is_dotted_version(other));
}

TEST_CASE("release claims: a semantic version has its pre-release as it was tagged", "[provenance][hostile]") {
  const auto release = release_of("1.2.0", "v1.2.0"), candidate = release_of("1.2.0-rc.1", "v1.2.0-rc.1");
  CHECK(release.is_semantic_version("1.2.0"));
  CHECK(candidate.is_semantic_version("1.2.0-rc.1"));
  CHECK(release_of("1.2.0-rc.1", "tally@1.2.0-rc.1").is_semantic_version("1.2.0-rc.1"));
  for (const auto* other : {"1.2.0-rc.1", "1.2.0-0", "1-2-0", "1.2-0", ".1.2.0-", "1.2.0-", ""})
    CHECK_FALSE(release.is_semantic_version(other));
  for (const auto* other :
       {"1.2.0", "1.2.0-rc1", "1.2.0rc1", "1.2.0-rc-1", "1.2.0-RC.1", "2.0-rc.1", "1.2.0-rc.01", "v1.2.0-rc.1"})
    CHECK_FALSE(candidate.is_semantic_version(other));
  CHECK_FALSE(release_of("11.2.0-rc.1", "v11.2.0-rc.1").is_semantic_version("1.2.0-rc.1"));
}

TEST_CASE("release claims: a version keeps the form of the one before it", "[provenance][hostile]") {
  const auto release = release_of("7.88.1", "curl-7_88_1");
  CHECK(release.is_version_in_form_of("7.88.0-DEV", "7.88.1"));
  CHECK(release.is_version_in_form_of("7_87_0", "7_88_1"));
  CHECK(release.is_version_in_form_of("v7.87.0", "v7.88.1"));
  CHECK(release.is_version_in_form_of("7.88", "7.88.1"));
  CHECK(release.is_version_in_form_of("0x075800", "0x075801"));
  CHECK(release.is_version_in_form_of("unreleased", "7.88.1"));
  CHECK(release.is_version_in_form_of("version", "7.88.1"));
  CHECK_FALSE(release.is_version_in_form_of("7.88.0", "7_88_1"));
  CHECK_FALSE(release.is_version_in_form_of("7.88.0", "7-88-1"));
  CHECK_FALSE(release.is_version_in_form_of("7.88.0", "v7.88.1"));
  CHECK_FALSE(release.is_version_in_form_of("v7.88.0", "7.88.1"));
  CHECK_FALSE(release.is_version_in_form_of("0x075800", "7.88.1"));
  CHECK_FALSE(release.is_version_in_form_of("0x075800", "78801"));
  CHECK_FALSE(release.is_version_in_form_of("7.88.0", "0x075801"));
  CHECK_FALSE(release.is_version_in_form_of("78800", "78801"));
}

TEST_CASE("release claims: a part of the version is that number and no other spelling of it", "[provenance][hostile]") {
  const auto release = release_of("1.8.0", "v1.8.0");
  CHECK(release.is_version_part("8", 1));
  for (const auto* other : {"08", "-8", "8.", "v8", "", "1"}) CHECK_FALSE(release.is_version_part(other, 1));
}

TEST_CASE("release claims: a date keeps its form and lies between the one before it and the commit's month",
          "[provenance][hostile]") {
  const auto release = release_of("1.2.0", "v1.2.0");
  CHECK(release.is_date_in_form_of("2020-01-01", "2020-09-13"));
  CHECK(release.is_date_in_form_of("2020-01-01", "2020-10-14"));
  CHECK(release.is_date_in_form_of("unreleased", "Sep 13, 2020"));
  CHECK_FALSE(release.is_date_in_form_of("2020-01-01", "2019-12-31"));
  CHECK_FALSE(release.is_date_in_form_of("2020-01-01", "2020-10-15"));
  CHECK_FALSE(release.is_date_in_form_of("2020-01-01", "Sep 13, 2020"));
  CHECK_FALSE(release.is_date_in_form_of("unreleased", "2020-08-12"));
  CHECK_FALSE(release.is_date_in_form_of("unreleased", "2020"));
}
