// The data that ships, asked the way the explainers ask it.
#include "provenance/known_files.hpp"

#include <algorithm>
#include <set>

#include "support/catch.hpp"
#include "support/temp_dir.hpp"

using namespace assay;
using namespace assay::provenance;

namespace {

KnownFiles shipped() {
  auto known = KnownFiles::open(std::filesystem::path{ASSAY_SOURCE_DIR} / "rules" / "known");
  if (!known) FAIL(known.error().to_string());
  return *std::move(known);
}

}  // namespace

TEST_CASE("known files: all upstreams ship", "[provenance][known]") {
  const auto known = shipped();
  std::set<std::string> names;
  for (const auto& [name, digest] : known.data_sets()) {
    names.insert(name);
    CHECK(digest.size() == 64);
  }
  CHECK(names == std::set<std::string>{"autoconf", "autoconf-archive", "automake", "debian-11", "debian-12", "gettext",
                                       "gnulib", "libtool", "pkg-config", "pkgconf"});
}

TEST_CASE("known files: build-to-host.m4 had serials 1 to 5 and never 30", "[provenance][known]") {
  const auto known = shipped();
  const auto history = known.history_of("build-to-host.m4");
  REQUIRE(history.size() >= 5);
  CHECK(std::is_sorted(history.begin(), history.end(),
                       [](const auto& a, const auto& b) { return a.first_seen < b.first_seen; }));
  std::set<std::uint32_t> serials;
  for (const auto& file : history) serials.insert(file.serial);
  for (std::uint32_t serial = 1; serial <= 5; ++serial) CHECK(serials.count(serial) == 1);
  CHECK(*serials.rbegin() < 30);
}

TEST_CASE("known files: a licence text is found wherever it stood, earliest first", "[provenance][known]") {
  const auto known = shipped();
  // GPL version 3 as the FSF distributes it: https://www.gnu.org/licenses/gpl-3.0.txt
  const auto gpl = Sha256::from_hex("3972dc9744f6499f0f9b2dbf76696f2ae7ad8af9b23dde66d6af86c9dfb36986");
  REQUIRE(gpl);
  const auto places = known.find(*gpl);
  REQUIRE(places.size() > 1);
  CHECK(std::is_sorted(places.begin(), places.end(),
                       [](const auto& a, const auto& b) { return a.first_seen < b.first_seen; }));
  CHECK(std::any_of(places.begin(), places.end(), [](const auto& file) { return file.upstream == "gnulib"; }));
}

TEST_CASE("known files: lines of libtool are known, invented ones are not", "[provenance][known]") {
  const auto known = shipped();
  CHECK(known.has_line(line_digest("AC_DEFUN([LT_INIT],")));
  CHECK(known.has_line(line_digest("AC_DEFUN([gl_BUILD_TO_HOST],")));
  CHECK_FALSE(known.has_line(line_digest("eval $gl_path_map | $SHELL this line was never published")));
}

TEST_CASE("known files: Debian's patched libtool is known as the package's", "[provenance][known]") {
  const auto known = shipped();
  const auto history = known.history_of("ltmain.sh");
  CHECK(std::any_of(history.begin(), history.end(), [](const auto& file) {
    return file.upstream == "debian-12" && file.path.starts_with("libtool_2.4.7-7~deb12u1:usr/share/libtool/");
  }));
}

TEST_CASE("known files: nothing is known without data", "[provenance][known]") {
  const KnownFiles none;
  CHECK(none.empty());
  CHECK(none.find(sha256({})).empty());
  CHECK(none.history_of("configure").empty());
  CHECK_FALSE(none.has_line(line_digest("x")));
  CHECK(none.data_sets().empty());
}

TEST_CASE("known files: a directory that is not there or holds something else is an error that names it",
          "[provenance][known]") {
  const test::TempDir dir;
  const auto absent = KnownFiles::open(dir.path() / "absent");
  REQUIRE_FALSE(absent);
  CHECK(absent.error().where.find("absent") != std::string::npos);
  dir.write("bad.known", "not data");
  const auto bad = KnownFiles::open(dir.path());
  REQUIRE_FALSE(bad);
  CHECK(bad.error().where.find("bad.known") != std::string::npos);
}
