// Crowds of findings that say the same.
#include "inspect/siblings.hpp"

#include "inspect/blob/check.hpp"
#include "support/catch.hpp"

using namespace assay;
using namespace assay::inspect;

namespace {

Finding executable(const std::string& path, Severity severity = Severity::medium, char digest = '0') {
  auto finding = make_finding(rule(BlobRule::executable), {path, 0}, "is an executable of format ELF in a source tree");
  finding.severity = severity;
  finding.content_sha256 = std::string(64, digest);
  return finding;
}

std::vector<Finding> modules(std::size_t count, char last = '0') {
  std::vector<Finding> findings;
  for (std::size_t i = 0; i < count; ++i)
    findings.push_back(
        executable("tests/ko/" + std::to_string(i) + ".ko", Severity::medium, i + 1 == count ? last : '0'));
  return findings;
}

}  // namespace

TEST_CASE("siblings: many of a kind in one directory are one finding with a count", "[inspect]") {
  auto findings = modules(22);
  findings.push_back(executable("src/tool"));
  gather_siblings(findings);
  REQUIRE(findings.size() == 2);
  CHECK(findings[0].location.path == "src/tool");
  CHECK(findings[1].location.path == "tests/ko");
  CHECK(findings[1].severity == Severity::medium);
  CHECK(findings[1].message == "22 here: each is an executable of format ELF in a source tree");
  CHECK(findings[1].evidence.front().text == "tests/ko/0.ko");
  CHECK(findings[1].evidence.back().text == "10 more");
}

TEST_CASE("siblings: what is inside of one container is gathered there", "[inspect]") {
  std::vector<Finding> findings;
  for (const std::string at : {"512", "1024", "2048", "4096"}) {
    auto finding = make_finding(rule(BlobRule::hidden_code), {"tests/image.gz!gzip!at." + at, 0}, "is code (script)");
    finding.content_sha256 = std::string(64, 'a');
    findings.push_back(std::move(finding));
  }
  gather_siblings(findings);
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].location.path == "tests/image.gz!gzip");
}

TEST_CASE("siblings: what is grave, or few, stays by itself", "[inspect]") {
  auto few = modules(3);
  gather_siblings(few);
  CHECK(few.size() == 3);
  std::vector<Finding> grave;
  for (int i = 0; i < 9; ++i) grave.push_back(executable("tests/" + std::to_string(i), Severity::high));
  gather_siblings(grave);
  CHECK(grave.size() == 9);
}

TEST_CASE("siblings: a waiver of a crowd ends with any change in it", "[inspect]") {
  auto before = modules(5), other_content = modules(5, '1'), one_more = modules(6);
  for (auto* findings : {&before, &other_content, &one_more}) gather_siblings(*findings);
  CHECK(before[0].fingerprint == other_content[0].fingerprint);
  CHECK(before[0].content_sha256 != other_content[0].content_sha256);
  CHECK(before[0].content_sha256 != one_more[0].content_sha256);
}
