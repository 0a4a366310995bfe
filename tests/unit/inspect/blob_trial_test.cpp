#include "../archive/builders.hpp"
#include "blob_support.hpp"
#include "support/catch.hpp"

using namespace assay;
using namespace assay::inspect;
using namespace assay::inspect::test;
using archive::Filter;
using archive::test::compress;
using archive::test::noise;

namespace {

std::string with(std::string bytes, std::uint8_t (*change)(std::uint8_t)) {
  for (auto& byte : bytes) byte = static_cast<char>(change(static_cast<std::uint8_t>(byte)));
  return bytes;
}

Harvest harvest_of_map() {
  Harvest harvest;
  // Exchanges four byte values; whoever applies it twice is back where they began.
  auto map = ByteMap::identity();
  map.to['\t'] = ' ';
  map.to[' '] = '\t';
  map.to['-'] = '_';
  map.to['_'] = '-';
  harvest.byte_maps.push_back({map, {"configure", 812, "tr \"\\t \\-_\" \" \\t_\\-\""}});
  return harvest;
}

std::string exchanged(std::string bytes) {
  const auto harvest = harvest_of_map();
  const auto out = harvest.byte_maps[0].map.apply(as_bytes(bytes));
  return {out.begin(), out.end()};
}

/// A container that the exchange damages; found by trying, since compressors decide where the bytes stand.
std::string damaged_by_exchange() {
  for (int variant = 0;; ++variant) {
    const auto whole = compress(Filter::xz, "# " + std::to_string(variant * 7919) + "\n" + k_script);
    // As it stands no part of it that passes for a script may come out.
    const auto decoded = decode_streams(Filter::xz, as_bytes(exchanged(whole)), 1U << 20, 64U << 20);
    if (!decoded.whole && !judge_code(decoded.content).is_code) return exchanged(whole);
  }
}

std::vector<Finding> encodings(const std::string& content, const Harvest& harvest = {}, const FactsOf& facts = {}) {
  return of_rule(analyse(tree_of({{"tests/bad-1.dat", content}, {"configure", "exit 0"}}), harvest, facts),
                 "blob-hidden-encoding");
}

}  // namespace

TEST_CASE("trial: a harvested byte map that makes a blob decode into a script is a high finding", "[inspect][blob]") {
  const auto found = encodings(damaged_by_exchange(), harvest_of_map());
  REQUIRE(found.size() == 1);
  CHECK(found[0].severity == Severity::high);
  CHECK(found[0].evidence.at(1).label == "harvested from configure:812");
  CHECK(encodings(damaged_by_exchange()).empty());
}

TEST_CASE("trial: told by a line that stands in version control it is a medium finding", "[inspect][blob]") {
  const auto in_vcs = [](std::string_view) {
    return FileFacts{true, Proof::identical, true, Reach::executed, nullptr};
  };
  const auto found = encodings(damaged_by_exchange(), harvest_of_map(), in_vcs);
  REQUIRE(found.size() == 1);
  CHECK(found[0].severity == Severity::medium);
}

TEST_CASE("trial: the stage carries its bytes and the way to them", "[inspect][blob]") {
  const auto analysis = analyse(tree_of({{"tests/bad-1.dat", damaged_by_exchange()}}), harvest_of_map());
  REQUIRE(analysis.stages.size() == 1);
  const auto& stage = analysis.stages[0];
  CHECK(as_text(stage.bytes).ends_with(k_script));
  REQUIRE(stage.steps.size() == 2);
  CHECK(stage.steps[0].step == Step::byte_map);
  CHECK(stage.steps[0].harvested->line == 812);
  CHECK(stage.steps[1].what == "xz");
  CHECK(stage.novel);
}

TEST_CASE("trial: one byte by exclusive or, bit reversal, nibble swap and byte reversal are tried unasked",
          "[inspect][blob]") {
  const auto packed = compress(Filter::gzip, k_script);
  CHECK(encodings(with(packed, [](std::uint8_t b) { return static_cast<std::uint8_t>(b ^ 0x5A); })).size() == 1);
  CHECK(encodings(with(packed, [](std::uint8_t b) { return static_cast<std::uint8_t>(b << 4 | b >> 4); })).size() == 1);
  CHECK(encodings(std::string{packed.rbegin(), packed.rend()}).size() == 1);
  CHECK(encodings(with(packed, [](std::uint8_t b) {
          std::uint8_t out = 0;
          for (unsigned bit = 0; bit < 8; ++bit)
            if ((b >> bit & 1) != 0) out = static_cast<std::uint8_t>(out | 0x80U >> bit);
          return out;
        })).size() == 1);
}

TEST_CASE("trial: a harvested key and a harvested slice are tried together", "[inspect][blob]") {
  Harvest harvest;
  harvest.xor_keys.push_back({{0x13, 0x37, 0x42}, {"m4/x.m4", 3, "key"}});
  harvest.slices.push_back({1024, std::nullopt, false, {"m4/x.m4", 4, "tail -c +1025"}});
  auto packed = compress(Filter::xz, k_script);
  for (std::size_t i = 0; i < packed.size(); ++i) packed[i] = static_cast<char>(packed[i] ^ "\x13\x37\x42"[i % 3]);
  CHECK(encodings(std::string(4, '\0') + noise(1020) + packed, harvest).size() == 1);
  CHECK(encodings(std::string(4, '\0') + noise(1020) + packed).empty());
}

TEST_CASE("trial: what zlib has packed is opened behind a cut", "[inspect][blob]") {
  Harvest harvest;
  harvest.slices.push_back({1024, std::nullopt, false, {"m4/x.m4", 4, "dd bs=1024 skip=1"}});
  const auto gzip = compress(Filter::gzip, k_script);
  const auto zlib = "\x78\x9c" + gzip.substr(10);  // the last bytes are no checksum of zlib, which nobody asks
  CHECK(encodings(std::string(4, '\0') + noise(1020) + zlib, harvest).size() == 1);
  CHECK(encodings(std::string(4, '\0') + noise(1020) + zlib.substr(1), harvest).empty());
}

TEST_CASE("trial: noise does not decode into code, whatever is tried", "[inspect][blob]") {
  auto harvest = harvest_of_map();
  harvest.xor_keys.push_back({{0x55}, {"configure", 1, "key"}});
  for (std::uint64_t seed = 1; seed < 60; ++seed)
    CHECK(encodings(std::string(1, '\0') + noise(2000, seed), harvest).empty());
}

TEST_CASE("trial: what a low effort leaves out is said", "[inspect][blob]") {
  auto tree = tree_of({{"tests/a.dat", std::string(4, '\0') + noise(2U << 20)}});
  BlobOptions options;
  options.effort = Effort::low;
  const auto analysis = inspect_blobs(tree, {}, {}, options);
  REQUIRE(analysis);
  const auto said = of_rule(*analysis, "blob-not-tried");
  REQUIRE(said.size() == 1);
  CHECK(said[0].message.find("1 blob of more than 1048576 bytes") != std::string::npos);
}
