#include "../archive/builders.hpp"
#include "blob_support.hpp"
#include "inspect/walk_rpm.hpp"
#include "support/catch.hpp"

using namespace assay;
using namespace assay::inspect;
using namespace assay::inspect::test;
using archive::Filter;
using archive::test::compress;
using archive::test::noise;
using archive::test::TarBuilder;

namespace {

std::string big_endian(std::uint32_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift & 0xFF);
  return bytes;
}

std::string rpm_header(std::uint32_t entries, std::uint32_t store) {
  return std::string("\x8E\xAD\xE8\x01\0\0\0\0", 8) + big_endian(entries) + big_endian(store) +
         std::string(std::size_t{entries} * 16 + store, 'x');
}

std::string cpio_of(std::string_view name, std::string_view content) {
  std::string out;
  const auto member = [&](std::string_view path, std::string_view data) {
    char header[111];
    std::snprintf(header, sizeof header, "070701%08X%08X%08X%08X%08X%08X%08zX%08X%08X%08X%08X%08zX%08X", 1, 0100644, 0,
                  0, 1, 0, data.size(), 0, 0, 0, 0, path.size() + 1, 0);
    out += header;
    out += path;
    out += '\0';
    out.resize((out.size() + 3) / 4 * 4, '\0');
    out += data;
    out.resize((out.size() + 3) / 4 * 4, '\0');
  };
  member(name, content);
  member("TRAILER!!!", "");
  return out;
}

std::string rpm_of(std::string_view payload) {
  std::string rpm = std::string("\xED\xAB\xEE\xDB\x03", 5) + std::string(91, '\0');
  rpm += rpm_header(1, 5);
  rpm.resize((rpm.size() + 7) / 8 * 8, '\0');
  return rpm + rpm_header(2, 9) + std::string{payload};
}

}  // namespace

TEST_CASE("walk: archives in archives are one tree", "[inspect][blob]") {
  const auto inner = compress(Filter::gzip, TarBuilder{}.file("deep/readme", "hello").finish());
  const auto outer = compress(Filter::xz, TarBuilder{}.file("data.tar.gz", inner).finish());
  const auto analysis = analyse(tree_of({{"tests/a.tar.xz", outer}}));
  CHECK(has_node(analysis, "tests/a.tar.xz!data.tar.gz!deep/readme"));
  CHECK(analysis.coverage.complete());
}

TEST_CASE("walk: the payload of an RPM package is found by its headers' sizes", "[inspect][blob]") {
  const auto rpm = rpm_of(compress(Filter::gzip, cpio_of("usr/bin/x", "content")));
  CHECK(has_node(analyse(tree_of({{"x.rpm", rpm}})), "x.rpm!usr/bin/x"));
}

TEST_CASE("walk: an RPM header that claims more than there is ends nowhere", "[inspect][blob][hostile]") {
  auto rpm = rpm_of("");
  rpm.replace(96 + 8, 4, "\xFF\xFF\xFF\xFF");
  CHECK_FALSE(rpm_payload_offset(as_bytes(rpm)).has_value());
  for (std::size_t size = 0; size < rpm.size(); size += 7)
    CHECK_FALSE(rpm_payload_offset(as_bytes(rpm).first(size)).has_value());
}

TEST_CASE("walk: a second cpio archive behind the first is looked into", "[inspect][blob]") {
  const auto both = cpio_of("early", "1") + std::string(512, '\0') + compress(Filter::zstd, cpio_of("late", "2"));
  const auto analysis = analyse(tree_of({{"initrd.img", both}}));
  CHECK(has_node(analysis, "initrd.img!early"));
  CHECK(has_node(analysis, "initrd.img!next!late"));
}

TEST_CASE("walk: 4,000 nested levels end at the limit with a gap", "[inspect][blob][hostile]") {
  std::string content = "the end";
  for (int level = 0; level < 4000; ++level) content = compress(Filter::gzip, content);
  const auto analysis = analyse(tree_of({{"deep.gz", content}}));
  CHECK_FALSE(analysis.coverage.complete());
  CHECK(analysis.nodes.size() <= Limits{}.max_nesting + 2);
}

TEST_CASE("walk: a bomb is stopped by its ratio", "[inspect][blob][hostile]") {
  const std::string zeros(8U << 20, '\0');
  Limits limits;
  limits.ratio_floor = 1U << 20;
  const auto bomb = compress(Filter::gzip, compress(Filter::gzip, zeros));
  const auto analysis = analyse(tree_of({{"bomb.gz", bomb}}), {}, {}, limits);
  CHECK_FALSE(analysis.coverage.complete());
}

TEST_CASE("walk: what decodes to more than memory allows is looked at part by part, up to a bound",
          "[inspect][blob][hostile]") {
  Limits limits;
  limits.memory = 1U << 20;
  const auto image = noise(100'000) + std::string(3U << 19, 'a') + noise(3000, 2);
  const auto whole = analyse(tree_of({{"tests/large.gz", compress(Filter::gzip, image)}}), {}, {}, limits);
  CHECK(whole.coverage.complete());
  std::uint64_t seen = 0;
  for (const auto& node : whole.nodes)
    if (node.depth == 1 && node.path.starts_with("tests/large.gz!gzip")) seen += node.size;
  CHECK(seen == image.size());
  const std::string endless(16U << 20, 'a');
  CHECK_FALSE(analyse(tree_of({{"endless.gz", compress(Filter::gzip, endless)}}), {}, {}, limits).coverage.complete());
}

TEST_CASE("walk: what is left when the time of the run is over is a gap", "[inspect][blob][hostile]") {
  BlobOptions options;
  options.deadline = archive::Deadline{std::chrono::milliseconds{0}};
  auto tree = tree_of({{"x.gz", compress(Filter::gzip, "content")}});
  const auto analysis = inspect_blobs(tree, {}, {}, options);
  REQUIRE(analysis);
  CHECK_FALSE(analysis->coverage.complete());
}

TEST_CASE("walk: a member name with an exclamation mark stays one name", "[inspect][blob]") {
  const auto tar = TarBuilder{}.file("a!b", "x").finish();
  CHECK(has_node(analyse(tree_of({{"t.tar", tar}})), "t.tar!a\\!b"));
}
