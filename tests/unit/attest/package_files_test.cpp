#include "attest/package_files.hpp"

#include <filesystem>

#include "attest/rpm_database.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

using namespace assay;
using namespace assay::attest;
namespace fs = std::filesystem;

namespace {

std::string owner(const PackageFiles& files, std::string_view path) {
  const auto* found = files.find(path);
  return found == nullptr ? "" : files.packages()[found->package].purl;
}

void put_number(std::string& bytes, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift);
}

/// A header as rpm keeps it: tags with type, offset and count, then the values.
std::string rpm_header(bool with_name = true) {
  std::string index, values;
  std::uint32_t tags = 0;
  const auto add = [&](std::uint32_t tag, std::uint32_t type, std::uint32_t count, const std::string& bytes) {
    for (const auto number : {tag, type, static_cast<std::uint32_t>(values.size()), count}) put_number(index, number);
    values += bytes;
    ++tags;
  };
  using namespace std::string_literals;
  if (with_name) add(1000, 6, 1, "bash\0"s);
  add(1001, 6, 1, "5.2\0"s);
  add(1002, 6, 1, "1.fc40\0"s);
  add(1022, 6, 1, "x86_64\0"s);
  add(1116, 4, 2, "\0\0\0\1\0\0\0\0"s);
  add(1117, 8, 2, "skel\0bash\0"s);
  add(1118, 8, 2, "/usr/bin/\0/etc/\0"s);
  std::string bytes;
  put_number(bytes, tags);
  put_number(bytes, static_cast<std::uint32_t>(values.size()));
  return bytes + index + values;
}

}  // namespace

TEST_CASE("package files: dpkg's lists, merged directories, diversions and digests", "[attest][packages]") {
  const test::TempDir root;
  fs::create_directories(root.path() / "usr/bin");
  fs::create_symlink("usr/bin", root.path() / "bin");
  root.write("var/lib/dpkg/status",
             "Package: dash\nStatus: install ok installed\nArchitecture: amd64\nVersion: 0.5-1\n\n"
             "Package: libc6\nStatus: install ok installed\nArchitecture: i386\nVersion: 2-1\n\n"
             "Package: libc6\nStatus: install ok installed\nArchitecture: amd64\nVersion: 2-1\n\n"
             "Package: gone\nStatus: deinstall ok config-files\nVersion: 1\n");
  root.write("var/lib/dpkg/info/dash.list", "/.\n/bin\n/bin/dash\n/bin/sh\n");
  root.write("var/lib/dpkg/info/dash.md5sums", "0123456789abcdef0123456789abcdef  bin/dash\nbroken\n");
  root.write("var/lib/dpkg/info/libc6:i386.list", "/lib/i386/libc.so.6\n");
  root.write("var/lib/dpkg/info/libc6:amd64.list", "/lib/x86_64/libc.so.6\n/bin/sh\n");
  root.write("var/lib/dpkg/info/gone.list", "/etc/gone\n");
  root.write("var/lib/dpkg/diversions", "/bin/sh\n/bin/sh.distrib\ndash\n");
  Coverage coverage;
  const auto files = PackageFiles::read(root.path(),
                                        {"/usr/bin/dash", "/usr/bin/sh", "/usr/bin/sh.distrib", "/lib/i386/libc.so.6",
                                         "/lib/x86_64/libc.so.6", "/etc/gone", "/etc/other"},
                                        coverage);
  CHECK(coverage.complete());
  CHECK(files.packages().size() == 3);
  CHECK(owner(files, "/usr/bin/dash") == "pkg:deb/debian/dash@0.5-1?arch=amd64");
  CHECK(files.find("/usr/bin/dash")->md5 == "0123456789abcdef0123456789abcdef");
  CHECK(owner(files, "/usr/bin/sh") == "pkg:deb/debian/dash@0.5-1?arch=amd64");
  CHECK(owner(files, "/usr/bin/sh.distrib") == "pkg:deb/debian/libc6@2-1?arch=amd64");
  CHECK(owner(files, "/lib/i386/libc.so.6") == "pkg:deb/debian/libc6@2-1?arch=i386");
  CHECK(owner(files, "/lib/x86_64/libc.so.6") == "pkg:deb/debian/libc6@2-1?arch=amd64");
  CHECK(owner(files, "/etc/gone").empty());
  CHECK(owner(files, "/etc/other").empty());
}

TEST_CASE("package files: records of the package manager are told from files that lie beside them",
          "[attest][packages]") {
  CHECK(PackageFiles::is_record("/var/lib/dpkg/status"));
  CHECK(PackageFiles::is_record("/var/lib/dpkg/info/libc6:amd64.list"));
  CHECK(PackageFiles::is_record("/lib/apk/db/installed"));
  CHECK_FALSE(PackageFiles::is_record("/var/lib/dpkg/info/config.h"));
  CHECK_FALSE(PackageFiles::is_record("/var/lib/dpkg/status.h"));
  CHECK_FALSE(PackageFiles::is_record("/usr/var/lib/dpkg/status"));
  const test::TempDir root;
  root.write("var/lib/dpkg/status",
             "Package: libc6\nStatus: install ok installed\nArchitecture: amd64\nVersion: 2-1\n");
  root.write("var/lib/dpkg/info/libc6:amd64.list", "/lib/libc.so.6\n");
  root.write("var/lib/dpkg/info/libc6:amd64.symbols", "libc.so.6 libc6\n");
  Coverage coverage;
  const auto files = PackageFiles::read(root.path(), {"/var/lib/dpkg/info/libc6:amd64.symbols"}, coverage);
  CHECK(owner(files, "/var/lib/dpkg/info/libc6:amd64.symbols") == "pkg:deb/debian/libc6@2-1?arch=amd64");
}

TEST_CASE("package files: apk's database", "[attest][packages]") {
  const test::TempDir root;
  root.write("lib/apk/db/installed",
             "C:Q1x\nP:musl\nV:1.2.4-r2\nA:x86_64\nF:lib\nR:ld-musl-x86_64.so.1\na:0:0:755\n\nP:busybox\nV:1.36\nA:x86_"
             "64\nF:bin\nR:busybox\nF:\nR:top\n");
  Coverage coverage;
  const auto files = PackageFiles::read(
      root.path(), {"/lib/ld-musl-x86_64.so.1", "/bin/busybox", "/top", "/bin/ld-musl-x86_64.so.1"}, coverage);
  CHECK(owner(files, "/lib/ld-musl-x86_64.so.1") == "pkg:apk/alpine/musl@1.2.4-r2?arch=x86_64");
  CHECK(owner(files, "/bin/busybox") == "pkg:apk/alpine/busybox@1.36?arch=x86_64");
  CHECK(owner(files, "/top") == "pkg:apk/alpine/busybox@1.36?arch=x86_64");
  CHECK(owner(files, "/bin/ld-musl-x86_64.so.1").empty());
}

TEST_CASE("package files: a header of rpm's database", "[attest][packages]") {
  const auto package = read_rpm_header(as_bytes(rpm_header()));
  REQUIRE(package);
  CHECK(package->component.purl == "pkg:rpm/bash@5.2-1.fc40?arch=x86_64");
  CHECK(package->files == std::vector<std::string>{"/etc/skel", "/usr/bin/bash"});
}

TEST_CASE("package files: damaged databases are gaps or errors", "[attest][packages][hostile]") {
  const auto whole = rpm_header();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto cut = read_rpm_header(as_bytes(std::string_view{whole}.substr(0, size)));
    CHECK_FALSE(cut);
  }
  for (std::size_t at = 0; at < whole.size(); ++at) {
    auto damaged = whole;
    damaged[at] = '\xff';
    (void)read_rpm_header(as_bytes(damaged));  // must not read past the end
  }
  CHECK_FALSE(read_rpm_header(as_bytes(rpm_header(false))));
  const test::TempDir root;
  root.write("var/lib/rpm/rpmdb.sqlite", "SQLite format 3 but not really");
  root.write("var/lib/dpkg/status", "Package: a\nStatus: install ok installed\nVersion: 1\n");  // and no lists
  Coverage coverage;
  const auto files = PackageFiles::read(root.path(), {"/x"}, coverage);
  CHECK(coverage.gaps.size() == 2);
  CHECK(files.find("/x") == nullptr);
}
