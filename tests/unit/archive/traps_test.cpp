// One test per trap: the archive that springs it, and the near miss that must not.
#include "archive/traps.hpp"
#include "archive/rules.hpp"
#include "archive/sniff.hpp"
#include "builders.hpp"
#include "support/catch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

using namespace assay;
using namespace assay::archive;
using namespace assay::archive::test;

namespace {

/// The archive has exactly one finding of the rule, of that severity, at that path.
void check_trap(const std::string& bytes, std::string_view rule, Severity severity, std::string_view path) {
  const auto contents = read(bytes);
  const auto found = findings_of(contents, rule);
  INFO(rule << " at " << path);
  REQUIRE(found.size() == 1);
  CHECK(found[0].severity == severity);
  CHECK(found[0].location.path == path);
  CHECK_FALSE(found[0].remedy.empty());
  CHECK(found[0].fingerprint.size() == 32);
}

void check_clean(const std::string& bytes) {
  const auto contents = read(bytes);
  for (const auto& finding : contents.findings) FAIL_CHECK(finding.rule << ": " << finding.message);
}

TarFields device(std::string name, char type) {
  return {.name = std::move(name), .type = type};
}

}  // namespace

TEST_CASE("archive: every rule says what it is, why it matters and what to do", "[archive]") {
  std::set<std::string_view> ids;
  for (const auto& each : rules()) {
    INFO(each.id);
    CHECK(each.id.starts_with("archive-"));
    CHECK(ids.insert(each.id).second);
    CHECK_FALSE(each.title.empty());
    CHECK(each.title.back() != '.');
    CHECK_FALSE(each.description.empty());
    CHECK_FALSE(each.remedy.empty());
  }
  CHECK(ids.size() == k_trap_count);
}

TEST_CASE("archive: an absolute path is a trap", "[archive][hostile]") {
  check_trap(TarBuilder{}.file("/etc/passwd", "x").finish(), "archive-absolute-path", Severity::high, "/etc/passwd");
}

TEST_CASE("archive: '..' in a path is a trap, dots in names are not", "[archive][hostile]") {
  check_trap(TarBuilder{}.file("p/../../x", "x").finish(), "archive-parent-path", Severity::high, "p/../../x");
  check_trap(TarBuilder{}.directory("p/..").finish(), "archive-parent-path", Severity::high, "p/..");
  check_clean(TarBuilder{}.file("p/..x", "x").file("p/x..", "x").file("p/...", "x").finish());
}

TEST_CASE("archive: a symbolic link may point within the archive only", "[archive][hostile]") {
  check_trap(TarBuilder{}.symlink("p/l", "/etc").finish(), "archive-link-leaves-root", Severity::medium, "p/l");
  check_trap(TarBuilder{}.symlink("p/l", "../../x").finish(), "archive-link-leaves-root", Severity::medium, "p/l");
  check_trap(TarBuilder{}.symlink("p/l", "a/../../../x").finish(), "archive-link-leaves-root", Severity::medium, "p/l");
  check_clean(TarBuilder{}.symlink("p/q/l", "../../x").symlink("p/m", "../p/x").finish());
}

TEST_CASE("archive: rejects '..' and absolute targets of hard links", "[archive][hostile]") {
  check_trap(TarBuilder{}.hardlink("p/h", "../../etc/shadow").finish(), "archive-link-leaves-root", Severity::high,
             "p/h");
  check_trap(TarBuilder{}.hardlink("p/h", "/etc/shadow").finish(), "archive-link-leaves-root", Severity::high, "p/h");
}

TEST_CASE("archive: a member placed through a link of the archive is a trap", "[archive][hostile]") {
  check_trap(TarBuilder{}.symlink("p/l", "/tmp").file("p/l/x", "x").finish(), "archive-path-through-link",
             Severity::high, "p/l/x");
  check_trap(TarBuilder{}.directory("p/d").symlink("p/l", "d").file("p/l/x", "x").finish(), "archive-path-through-link",
             Severity::high, "p/l/x");
  // The link comes after the member, or was replaced by a directory before it.
  check_clean(TarBuilder{}.file("p/lx", "x").symlink("p/l", "d").finish());
  CHECK(findings_of(read(TarBuilder{}.symlink("p/l", "d").directory("p/l").file("p/l/x", "x").finish()),
                    "archive-path-through-link")
            .empty());
}

TEST_CASE("archive: a link that a file replaces is a trap", "[archive][hostile]") {
  check_trap(TarBuilder{}.symlink("p/l", "/etc/passwd").file("p/l", "x").finish(), "archive-duplicate-member",
             Severity::high, "p/l");
}

TEST_CASE("archive: a hard link needs an earlier member", "[archive][hostile]") {
  check_trap(TarBuilder{}.hardlink("p/h", "p/none").finish(), "archive-dangling-hardlink", Severity::medium, "p/h");
  check_trap(TarBuilder{}.hardlink("p/h", "p/later").file("p/later", "x").finish(), "archive-dangling-hardlink",
             Severity::medium, "p/h");
  check_trap(TarBuilder{}.directory("p/d").hardlink("p/h", "p/d").finish(), "archive-dangling-hardlink",
             Severity::medium, "p/h");
  CHECK_FALSE(read(TarBuilder{}.hardlink("p/h", "p/none").finish()).entries[0].sha256_known);
}

TEST_CASE("archive: duplicates weigh by whether they differ", "[archive][hostile]") {
  check_trap(TarBuilder{}.file("p/a", "1").file("p/a", "2").finish(), "archive-duplicate-member", Severity::high,
             "p/a");
  check_trap(TarBuilder{}.file("p/a", "1").file("./p//a", "2").finish(), "archive-duplicate-member", Severity::high,
             "p/a");
  check_trap(TarBuilder{}.file("p/a", "1").file("p/a", "1").finish(), "archive-duplicate-member", Severity::low, "p/a");
  check_clean(TarBuilder{}.directory("p/").directory("p").finish());
}

TEST_CASE("archive: members that differ in case alone are told", "[archive]") {
  check_trap(TarBuilder{}.file("p/Makefile", "1").file("p/x", "").file("p/makefile", "2").finish(),
             "archive-case-collision", Severity::low, "p/makefile");
}

TEST_CASE("archive: special files do not belong into a release", "[archive][hostile]") {
  check_trap(TarBuilder{}.header(device("p/sda", '4')).finish(), "archive-special-file", Severity::high, "p/sda");
  check_trap(TarBuilder{}.header(device("p/tty", '3')).finish(), "archive-special-file", Severity::high, "p/tty");
  check_trap(TarBuilder{}.header(device("p/fifo", '6')).finish(), "archive-special-file", Severity::medium, "p/fifo");
}

TEST_CASE("archive: set-user-ID and set-group-ID weigh by what carries them", "[archive][hostile]") {
  check_trap(TarBuilder{}.file("p/su", "x", 04755).finish(), "archive-set-id", Severity::high, "p/su");
  check_trap(TarBuilder{}.file("p/sg", "x", 02644).finish(), "archive-set-id", Severity::medium, "p/sg");
  check_trap(TarBuilder{}.directory("p/d", 02755).finish(), "archive-set-id", Severity::low, "p/d");
  check_clean(TarBuilder{}.directory("p/tmp", 01777).file("p/x", "x", 0755).finish());
}

TEST_CASE("archive: names that deceive or cannot be read are told", "[archive][hostile]") {
  check_trap(TarBuilder{}.file("p/\xff", "x").finish(), "archive-name-not-utf8", Severity::low, "p/\xff");
  check_trap(TarBuilder{}.file("p/a\nb", "x").finish(), "archive-deceptive-name", Severity::high, "p/a\nb");
  check_trap(TarBuilder{}.file("p/\x1b[2J", "x").finish(), "archive-deceptive-name", Severity::high, "p/\x1b[2J");
  check_trap(TarBuilder{}.file("p/gnp\xe2\x80\xae.c", "x").finish(), "archive-deceptive-name", Severity::high,
             "p/gnp\xe2\x80\xae.c");
  check_trap(TarBuilder{}.symlink("p/l", "a\x1b").finish(), "archive-deceptive-name", Severity::high, "p/l");
  const auto told = findings_of(read(TarBuilder{}.file("p/a\x1b[2J", "x").finish()), "archive-deceptive-name");
  CHECK(told[0].message.find('\x1b') == std::string::npos);
  check_clean(TarBuilder{}.file("p/\xc3\xa4", "x").finish());
}

TEST_CASE("archive: a link or directory with content is read differently by different readers", "[archive][hostile]") {
  const auto hidden = tar_header({.name = "hidden"});
  const auto sized = [&](char type) {
    return TarBuilder{}
        .header({.name = "p/x", .type = type, .size = 512, .link_name = "p/y"})
        .content(hidden)
        .file("p/z", "z")
        .finish();
  };
  for (const char type : {'2', '5', '3', '6'}) {
    INFO(type);
    check_trap(sized(type), "archive-sized-link", Severity::high, "p/x");
  }
  // A hard link's size is ignored by all but pax readers.
  check_trap(sized('1'), "archive-sized-link", Severity::medium, "p/x");
  const auto pax = TarBuilder{}.pax({{"comment", "x"}}).file("p/y", "y").raw(sized('1')).bytes();
  check_trap(pax, "archive-sized-link", Severity::high, "p/x");
}

TEST_CASE("archive: a hard link that brings content of its own must agree with its target", "[archive][hostile]") {
  const auto with = [](std::string_view content) {
    return TarBuilder{}
        .pax({{"comment", "x"}})
        .file("p/a", "same")
        .header({.name = "p/h", .type = '1', .size = content.size(), .link_name = "p/a"})
        .content(content)
        .finish();
  };
  CHECK(findings_of(read(with("same")), "archive-header-conflict").empty());
  check_trap(with("else"), "archive-header-conflict", Severity::high, "p/h");
  CHECK(entry(read(with("else")), "p/h").digests.sha256 == sha256(as_bytes("else")));
}

TEST_CASE("archive: headers of one member must not contradict one another", "[archive][hostile]") {
  const auto conflict = [](TarBuilder builder, std::string_view path) {
    check_trap(builder.finish(), "archive-header-conflict", Severity::high, path);
  };
  const std::string deep = "p/" + std::string(120, 'n');
  SECTION("size") {
    conflict(TarBuilder{}.pax({{"size", "3"}}).header({.name = "p/a", .size = 1}).content("abc"), "p/a");
  }
  SECTION("size that is no number") {
    conflict(TarBuilder{}.file("p/b", "b").header({.name = "p/a", .raw_size = "abcdefghijk"}), "p/a");
  }
  SECTION("pax path against GNU long name") {
    conflict(TarBuilder{}.pax({{"path", deep + "1"}}).gnu_long(deep + "2").file(deep.substr(0, 100), "a"), deep + "1");
  }
  SECTION("short pax path against the plain name") {
    conflict(TarBuilder{}.pax({{"path", "p/b"}}).file("p/a", "a"), "p/b");
  }
  SECTION("short GNU long name against the plain name") {
    conflict(TarBuilder{}.gnu_long("p/b").file("p/a", "a"), "p/b");
  }
  SECTION("pax link against GNU long link") {
    conflict(TarBuilder{}
                 .file("p/a", "")
                 .file("p/b", "")
                 .pax({{"linkpath", "p/a"}})
                 .gnu_long("p/b", 'K')
                 .hardlink("p/h", ""),
             "p/h");
  }
  SECTION("a link target for a file") {
    conflict(TarBuilder{}.file("p/a", "").pax({{"linkpath", "p/a"}}).file("p/b", "b"), "p/b");
  }
  SECTION("a keyword twice") {
    conflict(TarBuilder{}.pax({{"path", deep + "1"}, {"path", deep + "2"}}).file(deep.substr(0, 100), "a"), deep + "2");
  }
  SECTION("a NUL in a name") {
    conflict(TarBuilder{}.pax({{"path", std::string("p/a\0b", 5)}}).file("p/a", "a"), "p/a");
  }
  SECTION("a global path") {
    conflict(TarBuilder{}.pax({{"path", "p/all"}}, 'g').file("p/a", "a"), "p/a");
  }
  SECTION("two long names") {
    conflict(TarBuilder{}.gnu_long(deep).gnu_long(deep).file(deep.substr(0, 100), "a"), deep);
  }
  SECTION("two extended headers") {
    conflict(TarBuilder{}.pax({{"mtime", "1"}}).pax({{"mtime", "2"}}).file("p/a", "a"), "p/a");
  }
  SECTION("an extended header of nothing") {
    conflict(TarBuilder{}.file("p/a", "a").pax({{"path", "p/b"}}), "");
  }
  SECTION("a long name of nothing") {
    conflict(TarBuilder{}.file("p/a", "a").gnu_long(deep), "");
  }
  SECTION("a record within a record") {
    conflict(TarBuilder{}.pax({{"comment", "x\n19 path=p/configure"}}).file("p/a", "a"), "p/a");
    conflict(TarBuilder{}.pax({{"VENDOR.note", "x\n19 path=p/configure"}}).file("p/a", "a"), "p/a");
  }
  SECTION("a keyword that is none") {
    conflict(TarBuilder{}.pax({{"type", "Directory"}}).file("p/a", "a"), "p/a");
  }
  SECTION("a plain name that only readers without pax see") {
    conflict(TarBuilder{}.pax({{"path", deep}}).file("p/configure", "a"), deep);
    conflict(TarBuilder{}.pax({{"path", "p/b"}}).header({.name = "a", .prefix = "p"}), "p/b");
  }
  SECTION("a malformed record") {
    const std::string body = "99 path=x\n";
    conflict(TarBuilder{}.header({.name = "x", .type = 'x', .size = body.size()}).content(body).file("p/a", "a"),
             "p/a");
  }
}

TEST_CASE("archive: extended headers as packers write them are no conflict", "[archive]") {
  const std::string deep = "p/" + std::string(120, 'n');
  check_clean(TarBuilder{}
                  .pax({{"path", deep}, {"mtime", "1.5"}, {"size", "1"}})
                  .file(deep.substr(0, 100), "a")
                  .pax({{"linkpath", deep}})
                  .hardlink("p/h", deep.substr(0, 100))
                  .gnu_long(deep + "2")
                  .file(deep.substr(0, 100), "b")
                  .header({.name = "c", .prefix = "p"})
                  .finish());
}

TEST_CASE("archive: two readers that see different members are told", "[archive][hostile]") {
  // libarchive takes a regular file whose name ends in a slash for a directory without content; what follows it then is
  // a member for one reader and content for the other.
  const auto hidden = tar_header({.name = "p/hidden", .type = '5'});
  const auto contents =
      read(TarBuilder{}.header({.name = "p/d/", .size = 512}).content(hidden).file("p/a", "a").finish());
  CHECK(worst(contents) == Severity::high);
}

TEST_CASE("archive: times in the headers of GNU that some readers take for a path are told", "[archive][hostile]") {
  // Go writes them, and Python's tarfile unpacks "15302464307/p/a".
  const auto with = [](std::string prefix) {
    return TarBuilder{}
        .header({.name = "p/a", .prefix = std::move(prefix), .magic = std::string("ustar  \0", 8)})
        .finish();
  };
  check_trap(with("15302464307"), "archive-readers-disagree", Severity::medium, "");
  check_trap(with("elsewhere"), "archive-header-conflict", Severity::high, "p/a");
  check_trap(with("15302464307/../b"), "archive-header-conflict", Severity::high, "p/a");
}

TEST_CASE("archive: a first block that is two things is told", "[archive][hostile]") {
  const auto worst_of_name = [](std::string_view name) {
    return worst(read(TarBuilder{}.header({.name = std::string{name}}).finish()));
  };
  for (const std::string_view magic : {"\x1f\x8b\x08",
                                       "\xfd"
                                       "7zXZ",
                                       "\x28\xb5\x2f\xfd", "BZh91AY&SY"}) {
    INFO(magic);
    CHECK(worst_of_name(magic) == Severity::high);
  }
  CHECK(besides_tar(as_bytes(tar_header({.name = "PK\3\4"}))) == "a zip archive");
  CHECK(besides_tar(as_bytes(tar_header({.name = "!<arch>\n"}))) == "an ar archive");
  CHECK(besides_tar(as_bytes(tar_header({.name = "070701" + std::string(94, '0')}))) == "a cpio archive");
  for (const std::string_view name : {"PK", "BZh9-1.0", "LZIP-1.0", "070701-1.0", "p"}) {
    INFO(name);
    CHECK(worst_of_name(name) == Severity::info);
  }
}

TEST_CASE("archive: a header of a type that readers understand differently is told", "[archive][hostile]") {
  // An access control list of Solaris for libarchive, which swallows it; a file for GNU tar and for Python's tarfile.
  const std::string list{"1000003\0user::rw-,group::r--,other::r--\0;touch x", 48};
  for (const char type : {'A', 'N', 'M', 'D', 'E', 'I', 'V'}) {
    INFO(type);
    const auto bytes = TarBuilder{}
                           .file("p/a", "a")
                           .header({.name = "p/x", .type = type, .size = type == 'V' ? 0 : list.size()})
                           .content(type == 'V' ? std::string_view{} : std::string_view{list})
                           .file("p/b", "b")
                           .finish();
    const auto found = findings_of(read(bytes), "archive-readers-disagree");
    REQUIRE(found.size() == 1);
    CHECK(found[0].severity == Severity::high);
    CHECK(found[0].location.path == "p/x");
  }
  // What `tar --label` writes.
  const auto labelled = TarBuilder{}.header({.name = "release", .type = 'V'}).file("p/a", "a").finish();
  check_trap(labelled, "archive-readers-disagree", Severity::medium, "release");
  const auto contiguous = TarBuilder{}.header({.name = "p/a", .type = '7', .size = 1}).content("x").finish();
  check_trap(contiguous, "archive-readers-disagree", Severity::medium, "p/a");
}

TEST_CASE("archive: what is a zip to who looks at its end is told", "[archive][hostile]") {
  const auto zip = make_zip({{.name = "setup.py", .content = "evil"}});
  const auto honest = TarBuilder{}.file("p/a", "a").finish();
  const auto hidden = TarBuilder{}.file("p/a", "a").file("p/tests/data.zip", zip).finish();
  for (const auto filter : {Filter::none, Filter::gzip})
    CHECK(findings_of(read(compress(filter, honest)), "archive-readers-disagree").empty());
  check_trap(hidden, "archive-readers-disagree", Severity::high, "");
  // Behind a compressed stream.
  check_trap(compress(Filter::gzip, honest) + zip, "archive-readers-disagree", Severity::high, "");
}

TEST_CASE("archive: a hard link that claims another mode than what it leads to is told", "[archive][hostile]") {
  const auto bytes = TarBuilder{}
                         .file("p/a", "a", 0755)
                         .header({.name = "p/b", .type = '1', .mode = 0644, .link_name = "p/a"})
                         .finish();
  check_trap(bytes, "archive-header-conflict", Severity::high, "p/b");
}

TEST_CASE("archive: the beginning of a path counts in headers of ustar only, and is told elsewhere",
          "[archive][hostile]") {
  const std::string gnu{"ustar  \0", 8}, none(8, '\0');
  for (const auto& magic : {gnu, none})
    check_trap(TarBuilder{}.header({.name = "p/a", .prefix = "gone", .magic = magic}).finish(),
               "archive-header-conflict", Severity::high, "p/a");
  check_clean(TarBuilder{}.header({.name = "a", .prefix = "p"}).finish());
}

TEST_CASE("archive: blanks before a keyword, which GNU tar skips, are told", "[archive][hostile]") {
  for (const std::string_view blank : {" ", "\t"}) {
    const auto bytes =
        TarBuilder{}.pax({{std::string{blank} + "path", "p/GNUmakefile"}}).file("p/tests/evil.mk", "all:").finish();
    check_trap(bytes, "archive-header-conflict", Severity::high, "p/tests/evil.mk");
  }
}

TEST_CASE("archive: the name of a sparse file is the one that other readers see as a stand-in", "[archive][hostile]") {
  const auto sparse = [](std::string_view plain) {
    return TarBuilder{}
        .pax({{"GNU.sparse.major", "1"},
              {"GNU.sparse.minor", "0"},
              {"GNU.sparse.name", "p/tests/a"},
              {"GNU.sparse.realsize", "1"}})
        .header({.name = std::string{plain}, .size = 513})
        .content("1\n0\n1\n")
        .content("x")
        .finish();
  };
  check_trap(sparse("p/GNUmakefile"), "archive-header-conflict", Severity::high, "p/tests/a");
  CHECK(findings_of(read(sparse("p/tests/GNUSparseFile.7/a")), "archive-header-conflict").empty());
}

TEST_CASE("archive: a field that is no number, where Python's tarfile ends, is told", "[archive][hostile]") {
  auto header = tar_header({.name = "p/a"});
  // The time, in GNU tar's base 64 of old; the checksum is made anew.
  header.replace(136, 12, "+AAAAAAAAAAA");
  header.replace(148, 8, 8, ' ');
  unsigned sum = 0;
  for (const char c : header) sum += static_cast<unsigned char>(c);
  header.replace(148, 8, fmt::format("{:06o}", sum) + std::string("\0 ", 2));
  check_trap(TarBuilder{}.file("p/0", "0").raw(header).file("p/b", "b").finish(), "archive-header-conflict",
             Severity::high, "p/a");
}

TEST_CASE("archive: data after the end mark is told, padding is not", "[archive][hostile]") {
  const auto tar = TarBuilder{}.file("p/a", "a").finish();
  check_clean(tar + std::string(20480, '\0'));
  check_trap(tar + std::string(512, '\0') + "payload", "archive-data-after-end", Severity::medium, "");
  check_trap(tar + noise(2048), "archive-data-after-end", Severity::medium, "");
  check_trap(tar + tar, "archive-data-after-end", Severity::high, "");
  const auto lone = TarBuilder{}.file("p/a", "a").raw(std::string(512, '\0')).file("p/b", "b").finish();
  check_trap(lone, "archive-data-after-end", Severity::high, "");
}

TEST_CASE("archive: a missing end mark is told, and a gap where nothing proves the archive whole",
          "[archive][hostile]") {
  const auto cut = TarBuilder{}.file("p/a", "a").bytes();
  check_trap(cut, "archive-no-end-mark", Severity::medium, "");
  CHECK_FALSE(read(cut).coverage.complete());
  CHECK(read(compress(Filter::gzip, cut)).coverage.complete());
}

TEST_CASE("archive: bytes after the compressed stream are told, padding and further streams are not",
          "[archive][hostile]") {
  const auto tar = TarBuilder{}.file("p/a", noise(3000)).finish();
  for (const auto filter :
       {Filter::gzip, Filter::bzip2, Filter::xz, Filter::zstd, Filter::lz4, Filter::lzip, Filter::lzma}) {
    INFO(to_string(filter));
    const auto packed = compress(filter, tar);
    check_clean(packed + std::string(1024, '\0'));
    check_trap(packed + "payload", "archive-trailing-bytes", Severity::medium, "");
    check_trap(packed + std::string(4, '\0') + "x", "archive-trailing-bytes", Severity::medium, "");
    const auto told = findings_of(read(packed + "payload"), "archive-trailing-bytes");
    CHECK(told[0].message.find("7 bytes") != std::string::npos);
    CHECK(told[0].message.find(std::to_string(packed.size())) != std::string::npos);
    if (filter == Filter::lzma) continue;
    // A further stream behind zeros is one that some decoders never come to.
    check_trap(packed + '\0' + compress(filter, std::string(512, '\0')), "archive-readers-disagree", Severity::high,
               "");
    const auto parts = compress(filter, tar.substr(0, 1000)) + compress(filter, tar.substr(1000));
    if (filter == Filter::gzip) {
      check_trap(parts, "archive-readers-disagree", Severity::medium, "");
    } else {
      check_clean(parts);
    }
  }
}

TEST_CASE("archive: a million traps are a few findings and a count", "[archive][hostile]") {
  TarBuilder builder;
  for (int i = 0; i < 2000; ++i) builder.file("/abs/" + std::to_string(i), "");
  const auto found = findings_of(read(builder.finish()), "archive-absolute-path");
  CHECK(found.size() == 51);
  const auto rest =
      std::find_if(found.begin(), found.end(), [](const Finding& each) { return each.location.path.empty(); });
  REQUIRE(rest != found.end());
  CHECK(rest->message.find("1,950") != std::string::npos);
  CHECK(rest->severity == Severity::high);
}

TEST_CASE("archive: findings come in the order of reports and the same every time", "[archive]") {
  const auto tar = TarBuilder{}.file("/b", "x").file("p/a", "1").file("p/A", "2").file("/a", "x").finish();
  const auto first = read(tar);
  const auto second = read(tar);
  REQUIRE(first.findings.size() == 3);
  CHECK(first.findings[0].location.path == "/a");
  CHECK(first.findings[2].rule == "archive-case-collision");
  for (std::size_t i = 0; i < first.findings.size(); ++i)
    CHECK(first.findings[i].fingerprint == second.findings[i].fingerprint);
}
