#include <algorithm>

#include "../archive/builders.hpp"
#include "blob_support.hpp"
#include "inspect/blob/region.hpp"
#include "support/catch.hpp"

using namespace assay;
using namespace assay::inspect;
using namespace assay::inspect::test;
using archive::Filter;
using archive::test::compress;
using archive::test::noise;

namespace {

std::string png_chunk(std::string_view type, std::string_view data) {
  std::string chunk{'\0', '\0', static_cast<char>(data.size() >> 8), static_cast<char>(data.size() & 0xFF)};
  return chunk + std::string{type} + std::string{data} + "crc!";
}

std::string png_with(std::string_view chunks, std::string_view behind) {
  return "\x89PNG\r\n\x1A\n" + png_chunk("IHDR", std::string(13, '\1')) + std::string{chunks} + png_chunk("IEND", "") +
         std::string{behind};
}

std::string elf_header() {
  std::string elf{
      "\x7F"
      "ELF\2\1\1",
      7};
  elf.resize(16, '\0');
  elf += std::string{"\2\0\x3E\0", 4};
  return elf + std::string(200, '\1');
}

std::string little_endian(std::initializer_list<std::uint32_t> words) {
  std::string bytes;
  for (const auto word : words)
    for (unsigned shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(word >> shift & 0xFF);
  return bytes;
}

/// One string pair, with `gap` between the tables and the strings.
std::string catalogue_with(std::string_view gap) {
  const auto strings = static_cast<std::uint32_t>(44 + gap.size());
  return little_endian({0x950412DE, 0, 1, 28, 36, 0, 44, 2, strings, 3, strings + 3}) + std::string{gap} +
         std::string("hi\0moi\0", 7);
}

FactsOf facts_with(FileFacts facts) {
  return [facts](std::string_view) { return facts; };
}

constexpr FileFacts k_in_vcs{true, Proof::identical, true, Reach::shipped, nullptr};
constexpr FileFacts k_unexplained{true, Proof::unexplained, false, Reach::shipped, nullptr};

/// What the checks say of one file as a compressed stage somewhere.
std::vector<Finding> hidden_code_in(std::string_view path, const std::string& content) {
  return of_rule(analyse(tree_of({{std::string{path}, content}})), "blob-hidden-code");
}

/// A gzip file (RFC 1952) of one stored block (RFC 1951, section 3.2.4).
std::string stored_gzip(const std::string& content) {
  const auto little = [](std::uint32_t value, int bytes) {
    std::string text;
    for (; bytes > 0; --bytes, value >>= 8) text += static_cast<char>(value & 255);
    return text;
  };
  std::uint32_t crc = 0xFFFFFFFF;
  for (const char c : content) {
    crc ^= static_cast<std::uint8_t>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xEDB88320U : 0U);
  }
  const auto size = static_cast<std::uint32_t>(content.size());
  return std::string{"\x1F\x8B\x08\0\0\0\0\0\0\x03\x01", 11} + little(size, 2) + little(~size & 0xFFFF, 2) + content +
         little(~crc, 4) + little(size, 4);
}

}  // namespace

TEST_CASE("blob: an executable is judged by what is known of the file", "[inspect][blob]") {
  const auto severity = [](const FactsOf& facts) {
    const auto found = of_rule(analyse(tree_of({{"tests/prog.bin", elf_header()}}), {}, facts), "blob-executable");
    REQUIRE(found.size() == 1);
    return found[0].severity;
  };
  CHECK(severity({}) == Severity::medium);
  CHECK(severity(facts_with(k_in_vcs)) == Severity::low);
  CHECK(severity(facts_with(k_unexplained)) == Severity::high);
}

TEST_CASE("blob: a zip that Java runs is an executable, any other is none", "[inspect][blob]") {
  const auto found = [](std::string_view name) {
    std::string zip{"PK\3\4\x14\0\0\0\0\0\0\0!\0\0\0\0\0\0\0\0\0\0\0\0\0", 26};
    zip += std::string{static_cast<char>(name.size()), '\0', '\0', '\0'} + std::string{name};
    return of_rule(analyse(tree_of({{"tests/data.bin", zip}})), "blob-executable");
  };
  REQUIRE(found("META-INF/MANIFEST.MF").size() == 1);
  CHECK(found("META-INF/MANIFEST.MF")[0].message.find("format jar") != std::string::npos);
  CHECK(found("readme.txt").empty());
}

TEST_CASE("blob: a script called an image is a medium finding, a text called an image a low one", "[inspect][blob]") {
  CHECK(of_rule(analyse(tree_of({{"doc/a.png",
                                  "\x7F"
                                  "ELF" +
                                      std::string(60, '\1')}})),
                "blob-name-mismatch")
            .at(0)
            .severity == Severity::medium);
  CHECK(of_rule(analyse(tree_of({{"doc/a.png", "see the manual for what belongs here"}})), "blob-name-mismatch")
            .at(0)
            .severity == Severity::low);
  CHECK(of_rule(analyse(tree_of({{"doc/a.png", png_with("", "")}})), "blob-name-mismatch").empty());
}

TEST_CASE("blob: a container that fails to decode says where", "[inspect][blob]") {
  auto damaged = compress(Filter::xz, noise(4096));
  damaged[2000] = static_cast<char>(damaged[2000] ^ 1);
  const auto found = of_rule(analyse(tree_of({{"tests/x.xz", damaged}})), "blob-undecodable");
  REQUIRE(found.size() == 1);
  CHECK(found[0].message.find("at byte") != std::string::npos);
  CHECK(of_rule(analyse(tree_of({{"tests/x.xz", compress(Filter::xz, noise(4096))}})), "blob-undecodable").empty());
}

TEST_CASE("blob: a script behind a PNG image's end comes out, compressed or not", "[inspect][blob]") {
  CHECK(hidden_code_in("tests/logo.png", png_with("", k_script)).size() == 1);
  const auto found = hidden_code_in("tests/logo.png", png_with("", compress(Filter::xz, k_script)));
  REQUIRE(found.size() == 1);
  CHECK(found[0].location.path == "tests/logo.png!trailing!xz");
  CHECK(hidden_code_in("tests/logo.png", png_with("", "")).empty());
}

TEST_CASE("blob: a script in a private PNG chunk comes out", "[inspect][blob]") {
  CHECK(hidden_code_in("tests/logo.png", png_with(png_chunk("prVt", k_script + k_script + k_script), "")).size() == 1);
}

TEST_CASE("blob: a script in a gzip file's second member comes out", "[inspect][blob]") {
  const auto both = compress(Filter::gzip, noise(500)) + compress(Filter::gzip, k_script);
  const auto analysis = analyse(tree_of({{"tests/data.gz", both}}));
  CHECK(has_node(analysis, "tests/data.gz!gzip.2!gzip"));
  REQUIRE_FALSE(analysis.stages.empty());
  CHECK(as_text(analysis.stages[0].bytes) == k_script);
}

TEST_CASE("blob: a script between the strings of a message catalogue comes out", "[inspect][blob]") {
  CHECK(hidden_code_in("po/fi.gmo", catalogue_with(k_script)).size() == 1);
  CHECK(analyse(tree_of({{"po/fi.gmo", catalogue_with("")}})).findings.empty());
}

TEST_CASE("blob: base64 in a comment comes out, a certificate does not", "[inspect][blob]") {
  const auto base64 = [](std::string_view bytes) {
    constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text = "# ";
    for (std::size_t i = 0; i + 3 <= bytes.size(); i += 3) {
      const auto group = static_cast<std::uint32_t>(static_cast<std::uint8_t>(bytes[i])) << 16 |
                         static_cast<std::uint32_t>(static_cast<std::uint8_t>(bytes[i + 1])) << 8 |
                         static_cast<std::uint8_t>(bytes[i + 2]);
      for (int shift = 18; shift >= 0; shift -= 6) text += digits[group >> shift & 63];
      if (i % 48 == 45) text += "\n# ";
    }
    return text + "\nAC_DEFUN([x])\n";
  };
  CHECK(hidden_code_in("m4/x.m4", base64(k_script)).size() == 1);
  CHECK(analyse(tree_of({{"tests/cert.pem", base64("\x30\x82" + noise(600))}})).findings.empty());
}

TEST_CASE("blob: what begins inside unknown data is carved out only if it decodes", "[inspect][blob]") {
  const auto blob = std::string(100, '\0') + noise(3000) + compress(Filter::gzip, k_script);
  CHECK(hidden_code_in("tests/x.dat", blob).size() == 1);
  CHECK(of_rule(analyse(tree_of({{"tests/x.dat", std::string(9, '\0') + noise(3000) + "\x1F\x8B\x08" + noise(3000)}})),
                "blob-embedded-data")
            .empty());
}

TEST_CASE("blob: what only begins like something hides nothing that comes after it", "[inspect][blob][hostile]") {
  const auto zeros = std::string(64, '\0');
  const auto packed = compress(Filter::xz, k_script);
  const auto zip_header =
      std::string("PK\3\4\x14\0\0\0\0\0", 10) + std::string(16, '\0') + std::string("\4\0\0\0name", 8);
  const auto comes_out = [](const std::string& content) {
    const auto analysis = analyse(tree_of({{"tests/x.dat", content}}));
    return std::any_of(analysis.stages.begin(), analysis.stages.end(),
                       [](const BlobStage& stage) { return as_text(stage.bytes) == k_script; });
  };
  for (const auto& decoy : {std::string("#!/bin/true\n"), std::string("7z\xBC\xAF\x27\x1C"), zip_header}) {
    CAPTURE(decoy);
    CHECK(comes_out(zeros + decoy + zeros + packed));
    // Of many there is no tree of what stands in what.
    std::string many;
    for (int i = 0; i < 40; ++i) many += decoy + zeros;
    CHECK(analyse(tree_of({{"tests/x.dat", zeros + many + packed}})).nodes.size() < 100);
  }
  // In front of all.
  CHECK(comes_out("#!/bin/true\n" + zeros + packed));
  CHECK(comes_out(std::string(9000, '#') + "\n" + zeros + packed));
}

TEST_CASE("blob: many small streams hide nothing behind them, and where there are too many it is said",
          "[inspect][blob][hostile]") {
  const auto with_streams = [](std::size_t count) {
    auto blob = std::string(64, '\0');
    for (std::size_t i = 0; i < count; ++i) blob += compress(Filter::gzip, noise(40, i + 1)) + "\1\2\3\4\5";
    return analyse(tree_of({{"tests/x.dat", blob + compress(Filter::xz, k_script)}}));
  };
  const auto some = with_streams(100);
  CHECK(of_rule(some, "blob-hidden-code").size() == 1);
  CHECK(some.coverage.gaps.empty());
  CHECK_FALSE(with_streams(k_regions_most + 10).coverage.gaps.empty());
}

TEST_CASE("blob: filler and noise in turn show in the decompressed data, mere compression does not",
          "[inspect][blob]") {
  std::string turns;
  for (std::uint64_t i = 0; i < 24; ++i) turns += std::string(1024, 'A') + noise(1024, i + 1);
  CHECK(of_rule(analyse(tree_of({{"tests/good.xz", compress(Filter::xz, turns)}})), "blob-duty-cycle").size() == 1);
  CHECK(of_rule(analyse(tree_of({{"tests/good.xz", compress(Filter::xz, std::string(24576, 'A') + noise(24576))}})),
                "blob-duty-cycle")
            .empty());
}

TEST_CASE("blob: random content of a compressed file is told apart from text", "[inspect][blob]") {
  CHECK(
      of_rule(analyse(tree_of({{"tests/good.xz", compress(Filter::xz, noise(40'000))}})), "blob-incompressible-content")
          .size() == 1);
}

TEST_CASE(
    "blob: what stands in compressed data as it is, is told; compressed data, even of one byte again and again, is not",
    "[inspect][blob]") {
  std::string text;
  for (int i = 0; i < 400; ++i) text += "a sentence that nobody compressed, number " + std::to_string(i * i) + "\n";
  const auto rule = "blob-compressible-content";
  CHECK(of_rule(analyse(tree_of({{"tests/stored.gz", stored_gzip(text)}})), rule).size() == 1);
  CHECK(of_rule(analyse(tree_of({{"tests/behind.xz", compress(Filter::xz, noise(9000)) + text}})), rule).size() == 1);
  CHECK(of_rule(analyse(tree_of({{"tests/photo.jpg", "\xFF\xD8\xFF\xE0" + noise(9000) + text}})), rule).size() == 1);
  for (const auto filter : {Filter::gzip, Filter::xz})
    for (const auto& content : {text + noise(20'000), noise(40'000), std::string(3U << 20, 'A')})
      CHECK(of_rule(analyse(tree_of({{"tests/packed", compress(filter, content)}})), rule).empty());
}

TEST_CASE("blob: decoded code that names another fixture is a finding", "[inspect][blob]") {
  const auto stage = compress(Filter::gzip, k_script + "xz -dc \"$srcdir/tests/good-large.dat\"\n");
  const auto analysis =
      analyse(tree_of({{"tests/first.gz", stage}, {"tests/good-large.dat", std::string(4, '\0') + noise(200)}}));
  const auto found = of_rule(analysis, "blob-names-fixture");
  REQUIRE(found.size() == 1);
  CHECK(found[0].evidence.at(0).text == "tests/good-large.dat");
}

TEST_CASE("blob: binaries that no text names are listed as context only", "[inspect][blob]") {
  const auto analysis = analyse(tree_of({{"tests/named.dat", std::string(4, '\0') + noise(50)},
                                         {"tests/secret.dat", std::string(4, '\0') + noise(60)},
                                         {"tests/run.sh", "cmp named.dat out\nfor f in sec*.dat; do :; done\n"}}));
  const auto found = of_rule(analysis, "blob-unnamed-fixtures");
  REQUIRE(found.size() == 1);
  CHECK(found[0].severity == Severity::info);
  CHECK(found[0].evidence.at(0).text == "secret.dat");
  CHECK(found[0].message.find("1 by a pattern") != std::string::npos);
}

TEST_CASE("blob: names of fixtures that many texts have and many files share are noted once",
          "[inspect][blob][hostile]") {
  std::vector<std::pair<std::string, std::string>> files;
  std::string text;
  for (int i = 0; i < 20'000; ++i) files.emplace_back("tests/d" + std::to_string(i) + "/target.bin", "x");
  for (int i = 0; i < 400'000; ++i) text += "target target.bin\n";
  files.emplace_back("Makefile", text);
  CHECK(of_rule(analyse(tree_of(std::move(files))), "blob-unnamed-fixtures").empty());
}
