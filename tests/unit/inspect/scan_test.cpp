#include "inspect/scan.hpp"

#include <filesystem>

#include "../archive/builders.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

using namespace assay;
using namespace assay::inspect;
using archive::Filter;
using archive::test::compress;
using archive::test::TarBuilder;

namespace {

using assay::test::TempDir;

ScanRequest request_for(std::string subject) {
  ScanRequest request;
  request.subject = std::move(subject);
  request.keep_nodes = true;
  return request;
}

}  // namespace

TEST_CASE("scan: finding nothing is not being verified", "[inspect][scan]") {
  const TempDir place;
  const auto tar =
      place.write("p-1.tar.gz", compress(Filter::gzip, TarBuilder{}.file("p-1/README", "hello\n").finish()));
  const auto assessment = scan(request_for(tar.string()));
  REQUIRE(assessment);
  CHECK(assessment->verdict == Verdict::unexplained);
  CHECK(exit_code(*assessment, Severity::high) == 0);
  CHECK(assessment->contents.at(0).path == "README");
}

TEST_CASE("scan: a directory is read without following links", "[inspect][scan][hostile]") {
  const TempDir place;
  place.write("outside", "secret");
  place.write("tree/a/b.txt", "text\n");
  std::filesystem::create_symlink(place.path() / "outside", place.path() / "tree" / "link");
  const auto assessment = scan(request_for((place.path() / "tree").string()));
  REQUIRE(assessment);
  REQUIRE(assessment->contents.size() == 1);
  CHECK(assessment->contents[0].path == "a/b.txt");
}

TEST_CASE("scan: a single file that is no archive is looked at all the same", "[inspect][scan]") {
  const TempDir place;
  const auto assessment =
      scan(request_for(place.write("x.gz", compress(Filter::gzip, "just text, nothing more than that\n")).string()));
  REQUIRE(assessment);
  CHECK(assessment->contents.at(1).path == "x.gz!gzip");
}

TEST_CASE("scan: what is not there is an error that names it", "[inspect][scan]") {
  const auto assessment = scan(request_for("/nonexistent/x.tar"));
  REQUIRE_FALSE(assessment);
  CHECK(assessment.error().code == ErrorCode::not_found);
}

TEST_CASE("extract: gives the bytes of one place, with or without the archive's directory", "[inspect][scan]") {
  const TempDir place;
  const auto tar = place.write(
      "p-1.tar", TarBuilder{}.file("p-1/t/a.xz", compress(Filter::xz, "inner")).file("p-1/b", "x").finish());
  for (const auto* where : {"t/a.xz!xz", "p-1/t/a.xz!xz"}) {
    const auto bytes = extract(request_for(tar.string()), ContainerPath::parse(where));
    REQUIRE(bytes);
    CHECK(as_text(*bytes) == "inner");
  }
  const auto wrong = extract(request_for(tar.string()), ContainerPath::parse("t/a.xz!gzip"));
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().remedy.find("t/a.xz!xz") != std::string::npos);
}
