#include "rebuild/buildinfo.hpp"

#include "support/catch.hpp"
#include "support/temp_dir.hpp"

using namespace assay;
using namespace assay::rebuild;

TEST_CASE("buildinfo: Debian's record has packages, digests and the place", "[rebuild][buildinfo]") {
  const std::string digest(64, 'a');
  const auto info = parse_buildinfo("Format: 1.0\nSource: x\nChecksums-Sha256:\n " + digest +
                                    " 12 x_1_all.deb\nBuild-Path: /build/x-1\nInstalled-Build-Depends:\n gcc-12 (= "
                                    "12.2.0-14),\n libc6:amd64 (= 2.36-9),\n broken,\n man-db (= 1)\nEnvironment:\n "
                                    "LANG=\"C\"\n SOURCE_DATE_EPOCH=\"1671456791\"\n");
  REQUIRE(info);
  CHECK(info->directory == "/build/x-1");
  CHECK(info->source_date_epoch == 1671456791);
  CHECK(info->artifacts.at("x_1_all.deb") == digest);
  REQUIRE(info->installed.size() == 3);
  CHECK(info->installed[1].name == "libc6");
  CHECK(info->installed[1].version == "2.36-9");
}

TEST_CASE("buildinfo: Arch's record names packages by name, version and release", "[rebuild][buildinfo]") {
  const auto info = parse_buildinfo(
      "format = 2\npkgname = x\nbuilddir = /build\nbuilddate = 1700000000\ninstalled = "
      "gcc-libs-12.2.1-4-x86_64\ninstalled = nodash\ninstalled "
      "= -1-2-any\n");
  REQUIRE(info);
  REQUIRE(info->installed.size() == 1);
  CHECK(info->installed[0].name == "gcc-libs");
  CHECK(info->installed[0].version == "12.2.1-4");
  CHECK(info->directory == "/build");
  CHECK(info->source_date_epoch == 1700000000);
}

TEST_CASE("buildinfo: what is neither is refused", "[rebuild][buildinfo][hostile]") {
  CHECK_FALSE(parse_buildinfo(""));
  CHECK_FALSE(parse_buildinfo("Installed-Build-Depends: \n"));
  CHECK_FALSE(parse_buildinfo(std::string(10000, '-')));
  CHECK_FALSE(parse_buildinfo("installed = ---\ninstalled = -\n"));
}

TEST_CASE("buildinfo: compilers are told before documentation tools, and what is the same is not told",
          "[rebuild][buildinfo]") {
  const test::TempDir root;
  root.write("var/lib/dpkg/status",
             "Package: gcc-12\nStatus: install ok installed\nVersion: 12.2.0-13\n\nPackage: libc6\nStatus: install ok "
             "installed\nVersion: 2\n\nPackage: gone\nStatus: deinstall ok config-files\nVersion: 1\n");
  const auto installed = installed_packages(root.path());
  CHECK(installed.size() == 2);
  BuildInfo recorded;
  recorded.installed = {{"doxygen", "1"},    {"libfoo-dev", "1"}, {"libc6", "2"}, {"gcc-12", "12.2.0-14"},
                        {"debhelper", "13"}, {"binutils", "2"},   {"gone", "1"}};
  std::vector<std::string> order;
  for (const auto& gap : version_gaps(recorded, installed)) order.push_back(gap.package);
  CHECK(order == std::vector<std::string>{"gcc-12", "binutils", "debhelper", "libfoo-dev", "gone", "doxygen"});
  CHECK(to_string(version_gaps(recorded, installed).front()) == "gcc-12 12.2.0-14 recorded, 12.2.0-13 here");
}
