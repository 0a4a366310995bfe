#include "base/bytes.hpp"

#include "support/catch.hpp"

using namespace assay;

TEST_CASE("bytes: hexadecimal goes there and back for every byte value", "[base][bytes]") {
  Bytes all;
  for (int value = 0; value < 256; ++value) all.push_back(static_cast<std::uint8_t>(value));
  const auto hex = to_hex(all);
  CHECK(hex.size() == 512);
  CHECK(hex.substr(0, 8) == "00010203");
  CHECK(hex.substr(504) == "fcfdfeff");
  CHECK(from_hex(hex) == all);
}

TEST_CASE("bytes: hexadecimal of either case is read", "[base][bytes]") {
  CHECK(from_hex("DEadBEef") == Bytes{0xde, 0xad, 0xbe, 0xef});
  CHECK(from_hex("") == Bytes{});
}

TEST_CASE("bytes: what is no hexadecimal is refused", "[base][bytes]") {
  for (const auto* text : {"a", "abc", "0g", "g0", " 0", "0x", "-1", "\xc3\xa9"}) {
    CAPTURE(text);
    CHECK_FALSE(from_hex(text));
  }
}

TEST_CASE("bytes: viewing text as bytes and back copies nothing", "[base][bytes]") {
  const std::string_view text{"a\0b", 3};
  const auto bytes = as_bytes(text);
  CHECK(bytes.size() == 3);
  CHECK(bytes[1] == 0);
  CHECK(as_text(bytes).data() == text.data());
  CHECK(as_text(bytes) == text);
}

TEST_CASE("bytes: XXH3-64 has its published value for the empty input", "[base][bytes]") {
  CHECK(xxh3({}) == 0x2D06800538D394C2ULL);
  CHECK(xxh3(as_bytes("a")) != xxh3(as_bytes("b")));
}
