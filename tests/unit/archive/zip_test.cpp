#include "builders.hpp"
#include "support/catch.hpp"

using namespace assay;
using namespace assay::archive;
using namespace assay::archive::test;

namespace {

std::vector<ZipFields> members() {
  return {{.name = "p/a", .content = "first"}, {.name = "p/b", .content = "second"}};
}

void check_conflict(const std::string& bytes, std::string_view path) {
  const auto contents = read(bytes);
  const auto found = findings_of(contents, "archive-zip-conflict");
  REQUIRE_FALSE(found.empty());
  CHECK(found[0].severity == Severity::high);
  CHECK(found[0].location.path == path);
}

}  // namespace

TEST_CASE("archive: a plain zip file is clean", "[archive]") {
  const auto contents = read(make_zip(members()));
  CHECK(contents.format == "zip");
  CHECK(contents.findings.empty());
  CHECK(contents.coverage.complete());
  CHECK(contents.content_size == 11);
  CHECK(entry(contents, "p/b").digests.sha256 == sha256(as_bytes("second")));
  CHECK(entry(contents, "p/b").mode == 0644);
}

TEST_CASE("archive: a zip directory that contradicts the members is told", "[archive][hostile]") {
  auto fields = members();
  SECTION("name") {
    fields[1].central_name = "p/c";
    check_conflict(make_zip(fields), "p/c");
  }
  SECTION("checksum") {
    fields[1].crc_off_by = 1;
    check_conflict(make_zip(fields), "p/b");
  }
  SECTION("size") {
    fields[0].size_off_by = 1;
    check_conflict(make_zip(fields), "p/a");
  }
}

TEST_CASE("archive: a directory that does not fit into one window is read as it is", "[archive]") {
  // Entries of all lengths, so that what lies across two windows is nowhere near an entry in the second one.
  std::vector<ZipFields> fields;
  for (std::size_t i = 0; i < 40'000; ++i)
    fields.push_back({.name = "p/" + std::string(20 + i * 7919 % 97, 'p') + std::to_string(i), .content = "1"});
  const auto contents = read(make_zip(fields));
  CHECK(contents.entries.size() == fields.size());
  CHECK(contents.findings.empty());
}

TEST_CASE("archive: the mode of an ASi Unix field against that of the directory is told", "[archive][hostile]") {
  // The field: checksum, mode, size of device, owner, group.
  const auto field = [](char low, char high) {
    return std::string{"\x6e\x75\x0e\0", 4} + std::string(4, '\0') + low + high + std::string(8, '\0');
  };
  auto fields = members();
  fields[0].central_extra = field('\xed', '\x81');  // 0100755
  check_conflict(make_zip(fields), "p/a");
  fields[0].central_extra = field('\xa4', '\x81');  // 0100644, as the attributes have it
  CHECK(findings_of(read(make_zip(fields)), "archive-zip-conflict").empty());
}

TEST_CASE("archive: zip content that does not match its checksum is a gap", "[archive][hostile]") {
  auto fields = members();
  fields[0].crc_off_by = 1;
  fields[0].local_crc_off_by = 1;
  const auto contents = read(make_zip(fields));
  REQUIRE(contents.coverage.gaps.size() == 1);
  CHECK(contents.coverage.gaps[0].what == "p/a");
  CHECK_FALSE(entry(contents, "p/a").sha256_known);
  CHECK(entry(contents, "p/b").sha256_known);
}

TEST_CASE("archive: two zip entries with one local header are told", "[archive][hostile]") {
  auto bytes = make_zip(members());
  // The second directory record is made to point to the first member.
  const auto second = bytes.find("PK\1\2", bytes.find("PK\1\2") + 1);
  for (std::size_t i = 0; i < 4; ++i) bytes[second + 42 + i] = '\0';
  check_conflict(bytes, "p/b");
}

TEST_CASE("archive: bytes of a zip file that nobody claims are told", "[archive][hostile]") {
  const auto check = [](const std::string& bytes, std::size_t count) {
    const auto found = findings_of(read(bytes), "archive-unclaimed-bytes");
    REQUIRE(found.size() == 1);
    CHECK(found[0].severity == Severity::medium);
    CHECK(found[0].message.find(std::to_string(count) + " bytes") != std::string::npos);
  };
  auto fields = members();
  SECTION("between members") {
    fields[1].before = "hidden";
    check(make_zip(fields), 6);
  }
  SECTION("before the directory") {
    check(make_zip(fields, "hidden"), 6);
  }
  SECTION("after the directory") {
    check(make_zip(fields, {}, "hidden"), 6);
  }
  SECTION("a member that no directory lists, wherever it lies") {
    const auto hidden = make_zip({{.name = "p/hidden", .content = "x"}}).substr(0, 39);
    for (std::size_t back = 0; back < 5; ++back) {
      fields[1].before = std::string(512 * 1024 - back, '\0') + hidden;
      const auto found = findings_of(read(make_zip(fields)), "archive-unclaimed-bytes");
      REQUIRE(found.size() == 1);
      CHECK(found[0].severity == Severity::high);
    }
  }
  SECTION("zeros are padding") {
    fields[1].before = std::string(16, '\0');
    CHECK(read(make_zip(fields)).findings.empty());
  }
}

TEST_CASE("archive: whoever reads a zip must see the same names and kinds", "[archive][hostile]") {
  const auto unicode_path = [](std::string_view name) {
    std::string field{"\x75\x70\0\0\x01\0\0\0\0", 9};
    field[2] = static_cast<char>(name.size() + 5);
    return field + std::string{name};
  };
  const auto check = [](const std::vector<ZipFields>& fields, std::size_t conflicts) {
    const auto found = findings_of(read(make_zip(fields)), "archive-zip-conflict");
    CHECK(found.size() == conflicts);
    for (const auto& each : found) CHECK(each.severity == Severity::high);
  };
  auto fields = members();
  SECTION("a Unicode path in the directory renames the member for some readers") {
    fields[0].central_extra = unicode_path("p/GNUmakefile");
    check(fields, 1);
    fields[0].central_extra = unicode_path(fields[0].name);
    check(fields, 0);
  }
  SECTION("a name in an old encoding is another spelling of the same") {
    fields[0].name = "p/\x81";
    fields[0].central_extra = unicode_path("p/\xC3\xBC");
    check(fields, 0);
  }
  SECTION("a file whose attributes make it a directory") {
    fields[0].attributes = 0x10;
    check(fields, 1);
    fields[0].attributes = 0040755U << 16;
    check(fields, 1);
  }
}

TEST_CASE("archive: methods of zip whose decoders cannot be bounded are a gap", "[archive][hostile]") {
  auto fields = members();
  fields[0].method = 14;
  const auto contents = read(make_zip(fields));
  REQUIRE(contents.coverage.gaps.size() == 1);
  CHECK(contents.coverage.gaps[0].what == "p/a");
  CHECK_FALSE(entry(contents, "p/a").sha256_known);
  CHECK(entry(contents, "p/b").sha256_known);
}

TEST_CASE("archive: an encrypted zip is refused, one encrypted member is a gap", "[archive][hostile]") {
  auto fields = members();
  fields[0].flags = 1;
  const auto contents = read(make_zip(fields));
  REQUIRE(contents.coverage.gaps.size() == 1);
  CHECK(contents.coverage.gaps[0].reason.find("encrypted") != std::string::npos);
  fields[1].flags = 1;
  const auto error = refuse(make_zip(fields));
  CHECK(error.message == "is encrypted");
  CHECK_FALSE(error.remedy.empty());
}

TEST_CASE("archive: traps are found in zip files too", "[archive][hostile]") {
  CHECK(findings_of(read(make_zip({{.name = "../x", .content = "1"}})), "archive-parent-path").size() == 1);
  CHECK(findings_of(read(make_zip({{.name = "/x", .content = "1"}})), "archive-absolute-path").size() == 1);
  const auto twice = read(make_zip({{.name = "a", .content = "1"}, {.name = "a", .content = "2"}}));
  CHECK(findings_of(twice, "archive-duplicate-member").size() == 1);
}
