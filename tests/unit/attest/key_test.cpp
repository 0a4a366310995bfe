// Signatures that follow from key and message: the known answers of RFC 6979, appendix A.2.
#include "attest/key.hpp"

#include <sys/stat.h>

#include <string>

#include "attest/encoding.hpp"
#include "base/file.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

using namespace assay;
using namespace assay::attest;

namespace {

struct KnownAnswer {
  const char* curve;   ///< DER of the object identifier
  const char* secret;  ///< hexadecimal, as are the next two
  const char* message;
  const char *r, *s;
};

constexpr KnownAnswer k_known_answers[] = {
    {"06082a8648ce3d030107", "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721", "sample",
     "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716",
     "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"},
    {"06082a8648ce3d030107", "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721", "test",
     "f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367",
     "019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083"},
    {"06052b81040022",
     "6b9d3dad2e1b8c1c05b19875b6659f4de23c3b667bf297ba9aa47740787137d896d5724e4c70a825f872c9ea60d2edf5", "sample",
     "94edbb92a5ecb8aad4736e56c691916b3f88140666ce9fa73d64c4ea95ad133c81a648152e44acf96e36dd1e80fabe46",
     "99ef4aeb15f178cea1fe40db2603138f130e740a19624526203b6351d0a3a94fa329c145786e679e7b82c71a38628ac8"},
    {"06052b81040023",
     "00fad06daa62ba3b25d2fb40133da757205de67f5bb0018fee8c86e1b68c7e75caa896eb32f1f47c70855836a6d16fcc1466f6d8fbec67db8"
     "9ec0c08b0e996b83538",
     "sample",
     "00c328fafcbd79dd77850370c46325d987cb525569fb63c5d3bc53950e6d4c5f174e25a1ee9017b5d450606add152b534931d7d4e8455cc91"
     "f9b15bf05ec36e377fa",
     "00617cce7cf5064806c467f678d3b4080d6f1cc50af26ca209417308281b68af282623eaa63e5b5c0723d8b8c37ff0777b1a20f8ccb1dccc4"
     "3997f1ee0e44da4a67a"},
};

Bytes bytes_of(const char* hex) {
  const auto bytes = from_hex(hex);
  REQUIRE(bytes);
  return *bytes;
}

Bytes der(std::uint8_t tag, const Bytes& content) {
  Bytes out{tag};
  if (content.size() > 127) out.push_back(0x81);
  out.push_back(static_cast<std::uint8_t>(content.size()));
  out.insert(out.end(), content.begin(), content.end());
  return out;
}

Bytes operator+(Bytes left, const Bytes& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

Bytes integer(const char* hex) {
  auto value = bytes_of(hex);
  while (value.size() > 1 && value[0] == 0 && value[1] < 0x80) value.erase(value.begin());
  if (value[0] >= 0x80) value.insert(value.begin(), 0);
  return der(0x02, value);
}

/// ECPrivateKey (RFC 5915) with its curve and without the public key, which follows.
std::string private_key_pem(const KnownAnswer& answer) {
  const auto key = der(0x30, der(0x02, {1}) + der(0x04, bytes_of(answer.secret)) + der(0xa0, bytes_of(answer.curve)));
  return to_pem(key, "EC PRIVATE KEY");
}

PrivateKey load(const test::TempDir& directory, const std::string& pem) {
  const auto file = directory.path() / "key.pem";
  REQUIRE(write_file_whole(file, pem));
  REQUIRE(::chmod(file.c_str(), 0600) == 0);
  auto key = PrivateKey::load(file);
  REQUIRE(key);
  return *std::move(key);
}

}  // namespace

TEST_CASE("key: ECDSA signatures are those that RFC 6979 gives for key and message", "[attest][key]") {
  const test::TempDir directory;
  for (const auto& answer : k_known_answers) {
    const auto key = load(directory, private_key_pem(answer));
    INFO(key.public_key().description() << ' ' << answer.message);
    CHECK(key.deterministic());
    const auto signature = key.sign(as_bytes(answer.message));
    REQUIRE(signature);
    CHECK(to_hex(*signature) == to_hex(der(0x30, integer(answer.r) + integer(answer.s))));
    CHECK(key.public_key().verify(as_bytes(answer.message), *signature));
    CHECK_FALSE(key.public_key().verify(as_bytes("another"), *signature));
  }
}

TEST_CASE("key: one point in two encodings is one key", "[attest][key][hostile]") {
  const test::TempDir directory;
  const auto key = load(directory, private_key_pem(k_known_answers[0])).public_key();
  const auto plain = key.spki();
  REQUIRE(plain.size() == 91);  // of P-256: the head up to the point, 4, both coordinates
  constexpr std::size_t k_point = 26, k_coordinate = 32;
  auto compressed = bytes_of("3039301306072a8648ce3d020106082a8648ce3d030107032200");
  compressed.push_back(static_cast<std::uint8_t>(2 + (plain.back() & 1)));
  compressed.insert(compressed.end(), plain.begin() + k_point + 1, plain.begin() + k_point + 1 + k_coordinate);
  const auto same = PublicKey::from_spki(compressed);
  REQUIRE(same);
  CHECK(same->fingerprint() == key.fingerprint());
  CHECK(Bytes{same->spki().begin(), same->spki().end()} == Bytes{plain.begin(), plain.end()});
}
