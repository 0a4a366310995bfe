#include "archive/member_path.hpp"
#include "support/catch.hpp"

using namespace assay;
using namespace assay::archive;

TEST_CASE("archive: normalising a path keeps what names a file and drops what does not", "[archive]") {
  CHECK(normalise_path("a/b") == "a/b");
  CHECK(normalise_path("./a") == "a");
  CHECK(normalise_path("a/") == "a");
  CHECK(normalise_path("a//b/./c/") == "a/b/c");
  CHECK(normalise_path("./") == ".");
  CHECK(normalise_path("") == ".");
  CHECK(normalise_path(".a/.b") == ".a/.b");
  CHECK(normalise_path("/a//b") == "/a//b");
  CHECK(normalise_path("a/../b/") == "a/../b/");
}

TEST_CASE("archive: whether a link leaves the root is counted from where it lies", "[archive][hostile]") {
  CHECK_FALSE(leaves_root("p/l", "x"));
  CHECK_FALSE(leaves_root("p/l", "../x"));
  CHECK(leaves_root("p/l", "../../x"));
  CHECK(leaves_root("l", ".."));
  CHECK(leaves_root("p/l", "/x"));
  CHECK(leaves_root("p/l", "x/../../../p/x"));
  CHECK_FALSE(leaves_root("p/q/l", ".././../x"));
  CHECK_FALSE(leaves_root("p//l", "../x"));
}

TEST_CASE("archive: paths are held against length and depth", "[archive]") {
  Limits limits;
  limits.max_path_length = 10;
  limits.max_path_depth = 3;
  CHECK(check_path_limits("a/b/c", limits).has_value());
  CHECK(check_path_limits("a/b/c/d", limits).error().code == ErrorCode::limit);
  CHECK(check_path_limits("a/b/c/d", limits).error().remedy.find("path-depth") != std::string::npos);
  CHECK(check_path_limits("01234567890", limits).error().remedy.find("path-length") != std::string::npos);
}
