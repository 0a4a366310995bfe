// Fields that no reader looks at can carry anything: what stands in them explains nothing but what tools write there.
#include <fmt/format.h>

#include <string>

#include "pairs.hpp"
#include "support/catch.hpp"

using namespace assay;
using namespace assay::artifact;
using namespace assay::artifact::test;

namespace {

std::string little(std::uint64_t value, std::size_t width) {
  std::string bytes;
  for (std::size_t i = 0; i < width; ++i) bytes += static_cast<char>(value >> (8 * i));
  return bytes;
}

/// "x" in a stored block, behind a gzip header with these flags, system and optional fields.
std::string gzip_of(unsigned flags, const std::string& fields, unsigned system = 3) {
  return "\x1f\x8b\b" + little(flags, 1) + little(0, 4) + little(0, 1) + little(system, 1) + fields + "\1" +
         little(1, 2) + little(0xfffe, 2) + "x" + little(0x8cdc1683, 4) + little(1, 4);
}

/// "x" in a zstd frame of one raw block (RFC 8878).
std::string zstd_frame() {
  return "\x28\xb5\x2f\xfd\x20\x01" + little(1 | 1 << 3, 3) + "x";
}

std::string ar_of(const std::string& header_rest) {
  auto header = "f.o/            " + header_rest;
  header.resize(48, ' ');
  return "!<arch>\n" + header + "2         `\nxy";
}

/// One stored member "x" with these fields of its central record.
std::string zip_of(unsigned made_by, std::uint32_t attributes, unsigned flags = 0, unsigned needed = 20) {
  const auto local = "PK\3\4" + little(needed, 2) + little(flags, 2) + little(0, 2) + little(0x58210000, 4) +
                     little(0x8cdc1683, 4) + little(1, 4) + little(1, 4) + little(1, 2) + little(0, 2) + "n" + "x";
  const auto central = "PK\1\2" + little(made_by, 2) + little(needed, 2) + little(flags, 2) + little(0, 2) +
                       little(0x58210000, 4) + little(0x8cdc1683, 4) + little(1, 4) + little(1, 4) + little(1, 2) +
                       little(0, 2) + little(0, 2) + little(0, 2) + little(0, 2) + little(attributes, 4) +
                       little(0, 4) + "n";
  return local + central + "PK\5\6" + little(0, 4) + little(1, 2) + little(1, 2) + little(central.size(), 4) +
         little(local.size(), 4) + little(0, 2);
}

bool closed(const std::string& before, const std::string& after, const std::string& name) {
  const auto comparison = compare(before, after, name);
  CHECK(says_something(comparison));
  return comparison.closed;
}

}  // namespace

TEST_CASE("channels: gzip's extra field and comment, and systems that no tool names", "[artifact][hostile]") {
  CHECK(closed(gzip_of(0, ""), gzip_of(0, "", 255), "x.gz"));
  CHECK(closed(gzip_of(8, std::string{"a\0", 2}), gzip_of(8, std::string{"b\0", 2}), "x.gz"));
  CHECK_FALSE(closed(gzip_of(0, ""), gzip_of(4, little(4, 2) + "evil"), "x.gz"));
  CHECK_FALSE(closed(gzip_of(16, std::string{"a\0", 2}), gzip_of(16, std::string{"b\0", 2}), "x.gz"));
  for (int bit = 0; bit < 8; ++bit) {
    INFO("bit " << bit);
    CHECK_FALSE(closed(gzip_of(0, ""), gzip_of(0, "", 3U ^ 1U << bit), "x.gz"));
  }
}

TEST_CASE("channels: frames that zstd passes over", "[artifact][hostile]") {
  const auto hidden = [](const std::string& text) {
    return zstd_frame() + "\x50\x2a\x4d\x18" + little(text.size(), 4) + text;
  };
  CHECK_FALSE(closed(zstd_frame(), hidden("evil"), "x.zst"));
  CHECK_FALSE(closed(hidden("good"), hidden("evil"), "x.zst"));
}

TEST_CASE("channels: what is no number in an ar header", "[artifact][hostile]") {
  const std::string usual = "0           0     0     100644  ";
  CHECK(closed(ar_of(usual), ar_of("0           0     0     644     "), "x.a"));
  CHECK(closed(ar_of(usual), ar_of("0           1000  100   100644  "), "x.a"));
  for (const std::string odd : {"0    !      0     0     100644  ", "0           0(    0     100644  ",
                                "0           0     x     100644  ", "0           0     0     1 0644  "}) {
    INFO(odd);
    CHECK_FALSE(closed(ar_of(usual), ar_of(odd), "x.a"));
  }
  const auto second = ar_of(usual).substr(8);
  CHECK(closed(ar_of(usual) + second,
               ar_of("0           1000  0     100644  ") + ar_of("0           1000  0     100644  ").substr(8), "x.a"));
  CHECK_FALSE(closed(ar_of(usual) + second, ar_of("0           1000  0     100644  ") + second, "x.a"));
}

TEST_CASE("channels: attributes of zip are the mode where the system says so, and fields hold what tools write",
          "[artifact][hostile]") {
  const auto usual = zip_of(20, 0);
  CHECK(closed(usual, zip_of(20, 0x20), "x.zip"));
  CHECK(closed(usual, zip_of(45, 0), "x.zip"));
  CHECK_FALSE(closed(zip_of(20, 04755U << 16), zip_of(3 << 8 | 20, 04755U << 16), "x.zip"));
  CHECK_FALSE(closed(usual, zip_of(20, 04755U << 16), "x.zip"));
  for (int bit = 0; bit < 16; ++bit) {
    INFO("bit " << bit);
    CHECK_FALSE(closed(usual, zip_of(20U ^ 1U << bit, 0), "x.zip"));
    CHECK_FALSE(closed(usual, zip_of(20, 0, 0, 20U ^ 1U << bit), "x.zip"));
  }
}

TEST_CASE("channels: extra fields of zip that stand on one side, twice, or in a form that no tool gives them",
          "[artifact][hostile]") {
  const auto with = [](const std::string& extra) {
    const auto fields = little(0x58210000, 4) + little(0x8cdc1683, 4) + little(1, 4) + little(1, 4) + little(1, 2);
    const auto local = "PK\3\4" + little(20, 2) + little(0, 4) + fields + little(extra.size(), 2) + "n" + extra + "x";
    const auto central = "PK\1\2" + little(20, 2) + little(20, 2) + little(0, 4) + fields + little(0, 2) +
                         little(0, 2) + little(0, 2) + little(0, 2) + little(0, 4) + little(0, 4) + "n";
    return local + central + "PK\5\6" + little(0, 4) + little(1, 2) + little(1, 2) + little(central.size(), 4) +
           little(local.size(), 4) + little(0, 2);
  };
  const auto field = [](unsigned id, const std::string& value) {
    return little(id, 2) + little(value.size(), 2) + value;
  };
  const auto time = 1'704'067'200U;  // 2024-01-01, as the header has it
  const auto mark = field(0xcafe, "");
  CHECK(closed(with(""), with(mark), "x.zip"));
  CHECK(closed(with(""), with(field(0x5455, "\1" + little(time + 3600, 4))), "x.zip"));
  CHECK_FALSE(closed(with(""), with(field(0x5455, "\1evil")), "x.zip"));
  CHECK_FALSE(closed(with(mark), with(field(0xca7e, "")), "x.zip"));
  CHECK_FALSE(closed(with(mark + field(0x7777, "a")), with(mark + field(0x7777, "b")), "x.zip"));
  CHECK_FALSE(closed(with(field(0x7855, "") + field(0x7855, "aaaa")),
                     with(field(0x7855, "bbbb") + field(0x7855, "aaaa")), "x.zip"));
}

TEST_CASE("channels: beside a document's id in a PDF, and behind a word for random values", "[artifact][hostile]") {
  CHECK_FALSE(closed("%PDF-1.4\n/ID [<aa11>] /Root 1000 0 R\n", "%PDF-1.4\n/ID [<aa11>] /Root 2000 0 R\n", "x.pdf"));
  CHECK_FALSE(closed("%PDF-1.4\n/JS (go\\(2022-01-01\\))\n", "%PDF-1.4\n/JS (go\\(2026-01-01\\))\n", "x.pdf"));
  CHECK_FALSE(closed("seed: curl-good\n", "seed: curl-evil\n", "x.txt"));
  CHECK(closed("seed: 4711aa\n", "seed: 0815bb\n", "x.txt"));
}

TEST_CASE("channels: text in UTF-16 is compared as text", "[artifact]") {
  const auto utf16 = [](std::string_view text) {
    std::string bytes = "\xff\xfe";
    for (const auto c : text) bytes += std::string{c, '\0'};
    return bytes;
  };
  const auto comparison = compare(utf16("one\nBuilt 2022-03-04\n"), utf16("one\nBuilt 2026-03-04\n"), "x.txt");
  CHECK(comparison.closed);
  CHECK(comparison.changes[0].place == "line 2");
  CHECK_FALSE(compare(utf16("allow\n"), utf16("deny!\n"), "x.txt").closed);
  CHECK_FALSE(closed(utf16("a\n"), "\xff\xfe" + std::string{"\0\xd8\n\0", 4}, "x.txt"));  // half a pair
}

TEST_CASE("channels: headers of gzip's later members", "[artifact][hostile]") {
  const auto first = gzip_of(0, "");
  CHECK_FALSE(closed(first + gzip_of(0, ""), first + gzip_of(16, std::string{"evil\0", 5}), "x.gz"));
  CHECK_FALSE(closed(first + gzip_of(0, ""), first + gzip_of(4, little(4, 2) + "evil"), "x.gz"));
  const std::string zeros(8, '\0');
  CHECK_FALSE(closed(first + zeros + first, first + zeros + gzip_of(16, std::string{"evil\0", 5}), "x.gz"));
  CHECK_FALSE(closed(first + zeros + first, first + zeros + zeros + first, "x.gz"));
}

TEST_CASE("channels: more digits of a second than clocks have", "[artifact][hostile]") {
  const auto record = [](const std::string& time) {
    const auto size = time.size() + 10;  // with its own two digits, a space, "mtime=" and a line feed
    return fmt::format("{:02} mtime={}\n", size, time);
  };
  const auto tar = [&](const std::string& time) {
    auto archive = tar_of({{"pax", record(time)}, {"f", "x"}});
    archive[156] = 'x';
    archive.replace(148, 8, "        ");
    unsigned sum = 0;
    for (std::size_t at = 0; at < 512; ++at) sum += static_cast<unsigned char>(archive[at]);
    return archive.replace(148, 7, fmt::format("{:06o}", sum) + '\0');
  };
  CHECK(closed(tar("1600000000.5"), tar("1700000000.5"), "x.tar"));
  CHECK_FALSE(closed(tar("1600000000.123456789"), tar("1600000000.123456789636"), "x.tar"));
}

TEST_CASE("channels: a file that some readers of zip take for a directory", "[artifact][hostile]") {
  CHECK(closed(zip_of(0x031e, 0100644U << 16), zip_of(0x031e, 0100644U << 16 | 0x20), "x.zip"));
  CHECK_FALSE(closed(zip_of(0x031e, 0100644U << 16), zip_of(0x031e, 0100644U << 16 | 0x10), "x.zip"));
}

TEST_CASE("channels: what a page runs is no text that people read", "[artifact][hostile]") {
  CHECK(closed("<p>Built on 2022-01-02</p>\n", "<p>Built on 2024-01-02</p>\n", "x.html"));
  CHECK_FALSE(closed("<svg><script>if(Date.now()>1650000000)run()</script></svg>\n",
                     "<svg><script>if(Date.now()>1711111111)run()</script></svg>\n", "x.svg"));
}
