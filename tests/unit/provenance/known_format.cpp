#include "provenance/known_format.hpp"

#include <algorithm>
#include <cstring>
#include <string>

#include "support/catch.hpp"

using namespace assay;
using namespace assay::provenance;

namespace {

constexpr std::size_t k_header = 24 + 5 * 16 + 32;

Sha256 digest_of(std::string_view text) {
  return sha256(as_bytes(text));
}

std::string sample() {
  KnownWriter writer;
  writer.add_file("m4/a.m4", digest_of("one"), 1, 1000);
  writer.add_file("m4/a.m4", digest_of("two"), 2, 2000);
  writer.add_file("lib/a.m4", digest_of("one"), 1, 500);
  writer.add_file("lib/b.c", digest_of("three"), 0, 1500);
  for (int i = 0; i < 1000; ++i) writer.add_line(line_digest("line " + std::to_string(i)));
  return writer.finish();
}

/// Give damaged bytes a header that is right for them, so that what lies behind the checksum is tested.
std::string with_checksum(std::string bytes) {
  const auto sum = sha256(as_bytes(bytes).first(k_header - 32));
  std::memcpy(bytes.data() + k_header - 32, sum.bytes.data(), 32);
  return bytes;
}

void set_u64(std::string& bytes, std::size_t at, std::uint64_t value) {
  for (std::size_t i = 0; i < 8; ++i) bytes[at + i] = static_cast<char>(value >> 8 * i);
}

std::uint64_t get_u64(const std::string& bytes, std::size_t at) {
  std::uint64_t value = 0;
  for (std::size_t i = 8; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

Result<KnownData> open(const std::string& bytes) {
  return KnownData::open(as_bytes(bytes), "x.known");
}

/// Ask everything there is to ask.
void query(const KnownData& data) {
  (void)data.find(content_key(digest_of("one")));
  (void)data.history_of("a.m4");
  (void)data.history_of("");
  (void)data.has_line(line_digest("line 7"));
  (void)data.pairs();
  (void)data.content_count();
  (void)data.verify("x.known");
}

}  // namespace

TEST_CASE("known format: gives back what was put in, earliest first", "[provenance][known]") {
  const auto bytes = sample();
  const auto data = open(bytes);
  REQUIRE(data);
  CHECK(data->path_count() == 3);
  CHECK(data->record_count() == 4);
  CHECK(data->content_count() == 3);
  CHECK(data->line_count() == 1000);
  CHECK(data->verify("x.known"));

  const auto one = data->find(content_key(digest_of("one")));
  REQUIRE(one.size() == 2);
  CHECK(one[0].path == "lib/a.m4");
  CHECK(one[0].first_seen == 500);
  CHECK(one[1].path == "m4/a.m4");
  CHECK(data->find(content_key(digest_of("four"))).empty());

  const auto history = data->history_of("a.m4");
  REQUIRE(history.size() == 3);
  CHECK(history[2].serial == 2);
  CHECK(data->history_of("b.c").size() == 1);
  CHECK(data->history_of("c").empty());
  CHECK(data->history_of("m4/a.m4").empty());
}

TEST_CASE("known format: finds every line that is there and none that is not", "[provenance][known]") {
  const auto bytes = sample();
  const auto data = open(bytes);
  REQUIRE(data);
  int found = 0;
  for (int i = 0; i < 2000; ++i) found += data->has_line(line_digest("line " + std::to_string(i))) ? 1 : 0;
  CHECK(found == 1000);
}

TEST_CASE("known format: the bytes do not depend on the order of adding", "[provenance][known]") {
  KnownWriter forwards;
  KnownWriter backwards;
  for (int i = 0; i < 50; ++i) {
    for (auto [writer, n] : {std::pair{&forwards, i}, std::pair{&backwards, 49 - i}}) {
      writer->add_file("dir" + std::to_string(n % 7) + "/f" + std::to_string(n % 5), digest_of(std::to_string(n % 11)),
                       static_cast<std::uint32_t>(n % 11), 100 + n);
      writer->add_line(line_digest(std::to_string(n % 20)));
    }
  }
  CHECK(forwards.finish() == backwards.finish());
}

TEST_CASE("known format: of one path and content the earliest time counts", "[provenance][known]") {
  KnownWriter writer;
  writer.add_file("a", digest_of("x"), 0, 300);
  writer.add_file("a", digest_of("x"), 0, 100);
  writer.add_file("a", digest_of("x"), 0, -5);
  const auto bytes = writer.finish();
  const auto data = open(bytes);
  REQUIRE(data);
  REQUIRE(data->record_count() == 1);
  CHECK(data->history_of("a")[0].first_seen == 0);
}

TEST_CASE("known format: a package label is no part of the base name", "[provenance][known]") {
  KnownWriter writer;
  writer.add_file("pkg_1:2.0:COPYING", digest_of("x"), 0, 1);
  writer.add_file("pkg_1:2.0:usr/share/a.m4", digest_of("y"), 0, 1);
  const auto bytes = writer.finish();
  const auto data = open(bytes);
  REQUIRE(data);
  CHECK(data->history_of("COPYING").size() == 1);
  CHECK(data->history_of("a.m4").size() == 1);
}

TEST_CASE("known format: empty data is valid and knows nothing", "[provenance][known]") {
  const auto bytes = KnownWriter{}.finish();
  const auto data = open(bytes);
  REQUIRE(data);
  CHECK(data->verify("x.known"));
  query(*data);
  CHECK(data->history_of("a").empty());
  CHECK_FALSE(data->has_line(line_digest("a")));
}

TEST_CASE("known format: a file cut short anywhere is refused by name", "[provenance][known][hostile]") {
  const auto whole = sample();
  for (std::size_t size = 0; size < whole.size(); size += size < 400 ? 1 : 997) {
    const auto bytes = whole.substr(0, size);
    const auto data = open(bytes);
    CAPTURE(size);
    REQUIRE_FALSE(data);
    CHECK(data.error().where == "x.known");
    CHECK_FALSE(data.error().remedy.empty());
  }
  CHECK_FALSE(open(whole + "x"));
}

TEST_CASE("known format: a changed header does not have its checksum", "[provenance][known][hostile]") {
  for (std::size_t i = 0; i < k_header; ++i) {
    auto bytes = sample();
    bytes[i] = static_cast<char>(bytes[i] ^ 0x40);
    CAPTURE(i);
    CHECK_FALSE(open(bytes));
  }
}

TEST_CASE("known format: another version is refused with both versions named", "[provenance][known]") {
  auto bytes = sample();
  bytes[8] = 9;
  const auto data = open(bytes);
  REQUIRE_FALSE(data);
  CHECK(data.error().code == ErrorCode::unsupported);
  CHECK(data.error().message.find("version 9") != std::string::npos);
}

TEST_CASE("known format: sections that overlap, leave the file or lie about their length are refused",
          "[provenance][known][hostile]") {
  for (std::size_t section = 0; section < 5; ++section) {
    for (const bool count : {false, true}) {
      const auto at = 24 + section * 16 + (count ? 8 : 0);
      const auto original = get_u64(sample(), at);
      for (const auto value : {std::uint64_t{0}, original - 1, original + 1, original / 2, ~std::uint64_t{0},
                               std::uint64_t{1} << 63, std::uint64_t{0xffffffff}, ~std::uint64_t{0} / 12 + 2}) {
        if (value == original) continue;
        auto bytes = sample();
        set_u64(bytes, at, value);
        CAPTURE(section, count, value);
        CHECK_FALSE(open(with_checksum(bytes)));
      }
    }
  }
}

TEST_CASE("known format: damage behind the header is harmless, and verify finds it", "[provenance][known][hostile]") {
  const auto whole = sample();
  int noticed = 0;
  int tried = 0;
  // Strings, paths and references; digests and times can change without breaking any rule of the format.
  for (std::size_t i = k_header; i < k_header + 60; ++i) {
    auto bytes = whole;
    bytes[i] = static_cast<char>(bytes[i] ^ 0x81);
    const auto data = open(bytes);
    REQUIRE(data);
    query(*data);
    ++tried;
    noticed += data->verify("x.known") ? 0 : 1;
  }
  CHECK(noticed > tried / 2);
}

TEST_CASE("known format: data of nothing but 0xff bytes answers and ends", "[provenance][known][hostile]") {
  auto bytes = sample();
  for (const char filler : {'\xff', '\0', '\x01'}) {
    std::fill(bytes.begin() + k_header, bytes.end(), filler);
    const auto data = open(bytes);
    REQUIRE(data);
    query(*data);
    CHECK_FALSE(data->verify("x.known"));
  }
}
