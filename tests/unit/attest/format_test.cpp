// JSON, base64, times, keys, envelopes and statements as they come from outside.
#include <sys/stat.h>

#include <functional>

#include "attest/armor.hpp"
#include "attest/dsse.hpp"
#include "attest/encoding.hpp"
#include "attest/json.hpp"
#include "attest/statement.hpp"
#include "attest/transparency_log.hpp"
#include "authority.hpp"
#include "base/file.hpp"
#include "support/catch.hpp"
#include "support/run.hpp"
#include "support/temp_dir.hpp"

using namespace assay;
using namespace assay::attest;
using assay::test::TestAuthority;

namespace {

std::filesystem::path write_key(const test::TempDir& directory, const std::string& name, const std::string& pem) {
  auto file = directory.write(name, pem);
  ::chmod(file.c_str(), 0600);
  return file;
}

std::string error_of(const auto& result) {
  return result ? std::string{} : result.error().message;
}

}  // namespace

TEST_CASE("json: reads and writes back what it read", "[attest][json]") {
  const std::string text = R"({"a":[1,-2,18446744073709551615,1.5,true,null,"\u20ac\n"],"b":{}})";
  const auto json = Json::parse(text);
  REQUIRE(json);
  CHECK(json->dump() == "{\"a\":[1,-2,18446744073709551615,1.5,true,null,\"\u20ac\\n\"],\"b\":{}}");
  CHECK((*json)["a"].items()[2].number() == 18446744073709551615U);
  CHECK_FALSE((*json)["a"].items()[1].number());
  CHECK((*json)["missing"]["further"].is_null());
}

TEST_CASE("json: refuses names given twice, depth, size, bad UTF-8 and what stands behind the end",
          "[attest][json][hostile]") {
  CHECK(error_of(Json::parse(R"({"a":{"b":1,"c":2,"b":3}})")).find("\"b\" stands twice") != std::string::npos);
  CHECK(error_of(Json::parse(R"({"a":1,"\u0061":2})")).find("stands twice") != std::string::npos);
  CHECK(Json::parse(std::string(64, '[') + std::string(64, ']')));
  CHECK(error_of(Json::parse(std::string(65, '[') + std::string(65, ']'))).find("nested too deeply") !=
        std::string::npos);
  CHECK(error_of(Json::parse(std::string(1'000'000, '[') + std::string(1'000'000, ']'))).find("nested too deeply") !=
        std::string::npos);
  CHECK_FALSE(Json::parse(std::string(1'000'000, '[')));
  CHECK(error_of(Json::parse("[1,2,3]", {4, 64})).find("the limit is 4") != std::string::npos);
  CHECK(error_of(Json::parse("[1,2,3,4,5,6]", {100, 64, 5})).find("more values than the limit, 5") !=
        std::string::npos);
  CHECK(Json::parse("[1,2,3,4]", {100, 64, 5}));
  for (const std::string text : {"", " ", "{", "[1,]", "{\"a\":}", "nul", "\"\xff\"", "\"\x01\"", "[1] [2]", "01",
                                 "1e999", "'a'", "{a:1}", "\"\\ud800\""}) {
    INFO(text);
    CHECK_FALSE(Json::parse(text));
  }
}

TEST_CASE("base64: only the canonical spelling is one", "[attest][hostile]") {
  CHECK(to_base64(as_bytes("")) == "");
  for (const std::string text : {"f", "fo", "foo", "foob", "fooba", "foobar"}) {
    const auto bytes = from_base64(to_base64(as_bytes(text)));
    REQUIRE(bytes);
    CHECK(as_text(*bytes) == text);
  }
  CHECK(to_base64(as_bytes("fooba")) == "Zm9vYmE=");
  for (const std::string text :
       {"Zg", "Zg=", "Zh==", "Zm9=", "Zm9v\n", " Zm9v", "Zm-v", "=m9v", "Zg==Zg==", "Z===", "====", "Zm9vYmF="}) {
    INFO(text);
    CHECK_FALSE(from_base64(text));
  }
}

TEST_CASE("times: RFC 3339 and nothing else", "[attest]") {
  CHECK(parse_time("2024-03-29T16:00:00Z") == 1'711'728'000);
  CHECK(parse_time("2022-12-31T23:59:59.999Z") == 1'672'531'199);
  CHECK(parse_time("2024-03-29T17:00:00+01:00") == 1'711'728'000);
  CHECK(format_time(1'711'728'000) == "2024-03-29T16:00:00Z");
  for (const std::string text :
       {"2024-02-30T00:00:00Z", "2024-03-29 16:00:00Z", "2024-03-29T16:00:00", "2024-03-29T24:00:00Z",
        "2024-13-01T00:00:00Z", "2024-03-29T16:00:00.Z", "-024-03-29T16:00:00Z"}) {
    INFO(text);
    CHECK_FALSE(parse_time(text));
  }
}

TEST_CASE("keys: every kind signs and verifies, and agrees with OpenSSL's command line", "[attest][keys]") {
  const test::TempDir directory;
  directory.write("message", "hello\n");
  for (const std::string kind : {"ED25519", "P-256", "P-384", "P-521", "RSA:2048"}) {
    INFO(kind);
    const auto pem = TestAuthority::private_key_pem(kind);
    const auto key = PrivateKey::load(write_key(directory, "key.pem", pem));
    REQUIRE(key);
    const auto signature = key->sign(as_bytes("hello\n"));
    REQUIRE(signature);
    const auto public_key = PublicKey::from_pem(TestAuthority::public_key_pem(pem));
    REQUIRE(public_key);
    CHECK(public_key->fingerprint() == key->public_key().fingerprint());
    CHECK(public_key->verify(as_bytes("hello\n"), *signature));
    CHECK_FALSE(public_key->verify(as_bytes("hello"), *signature));
    for (std::size_t at = 0; at < signature->size(); at += 7) {
      auto changed = *signature;
      changed[at] ^= 4;
      CHECK_FALSE(public_key->verify(as_bytes("hello\n"), changed));
    }
    directory.write("signature", as_text(*signature));
    directory.write("pub.pem", TestAuthority::public_key_pem(pem));
    const std::string hash = kind == "P-384" ? "-sha384" : kind == "P-521" ? "-sha512" : "-sha256";
    const auto path = directory.path().string();
    const auto openssl = kind == "ED25519"
                             ? test::run({"openssl", "pkeyutl", "-verify", "-pubin", "-inkey", path + "/pub.pem",
                                          "-rawin", "-in", path + "/message", "-sigfile", path + "/signature"})
                             : test::run({"openssl", "dgst", hash, "-verify", path + "/pub.pem", "-signature",
                                          path + "/signature", path + "/message"});
    CHECK(openssl.exit_code == 0);
    if (kind == "ED25519" || kind.starts_with("RSA")) {
      CHECK(key->deterministic());
      CHECK(*key->sign(as_bytes("hello\n")) == *signature);
    }
  }
}

TEST_CASE("keys: RSA-PSS signatures of OpenSSL's command line verify", "[attest][keys]") {
  const test::TempDir directory;
  const auto path = directory.path().string();
  directory.write("message", "hello\n");
  test::shell(
      "cd '" + path +
      "'; openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out k.pem 2>/dev/null; openssl pkey -in k.pem "
      "-pubout -out p.pem; "
      "openssl dgst -sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32 -sign k.pem -out s message");
  const auto key = PublicKey::from_pem(as_text(*read_file(path + "/p.pem", 10000)));
  const auto signature = read_file(path + "/s", 10000);
  REQUIRE(key);
  CHECK(key->verify(as_bytes("hello\n"), *signature));
  CHECK_FALSE(key->verify(as_bytes("hullo\n"), *signature));
}

TEST_CASE("keys: weak and strange ones are refused", "[attest][keys][hostile]") {
  const auto weak = TestAuthority::public_key_pem(TestAuthority::private_key_pem("RSA:1024"));
  CHECK(error_of(PublicKey::from_pem(weak)).find("RSA key of 1024 bits") != std::string::npos);
  const auto curve = TestAuthority::public_key_pem(TestAuthority::private_key_pem("secp256k1"));
  CHECK(error_of(PublicKey::from_pem(curve)).find("none of P-256") != std::string::npos);
  const auto x25519 = test::shell("openssl genpkey -algorithm X25519 | openssl pkey -pubout");
  CHECK(error_of(PublicKey::from_pem(x25519)).find("neither Ed25519") != std::string::npos);
  CHECK_FALSE(PublicKey::from_pem("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"));
  CHECK_FALSE(PublicKey::from_pem("no key"));
}

TEST_CASE("keys: an algorithm that is not the key's never verifies", "[attest][keys][hostile]") {
  const test::TempDir directory;
  const auto path = directory.path().string();
  directory.write("message", "hello\n");
  test::shell("cd '" + path +
              "'; openssl genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048 -out k.pem 2>/dev/null; openssl "
              "pkey -in k.pem -pubout -out p.pem; "
              "openssl dgst -sha1 -sigopt rsa_padding_mode:pss -sign k.pem -out sha1 message");
  const auto restricted = PublicKey::from_pem(as_text(*read_file(path + "/p.pem", 10000)));
  REQUIRE(restricted);
  CHECK(restricted->kind() == KeyKind::rsa_pss);
  CHECK_FALSE(restricted->verify(as_bytes("hello\n"), *read_file(path + "/sha1", 10000)));
  test::shell("cd '" + path +
              "'; openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out r.pem 2>/dev/null; openssl pkey "
              "-in r.pem -pubout -out rp.pem; openssl dgst -sha1 -sign r.pem -out weak message; openssl dgst -md5 "
              "-sign r.pem -out weaker message");
  const auto plain = PublicKey::from_pem(as_text(*read_file(path + "/rp.pem", 10000)));
  REQUIRE(plain);
  for (const auto* weak : {"weak", "weaker"})
    CHECK_FALSE(plain->verify(as_bytes("hello\n"), *read_file(path + "/" + weak, 10000)));
  // Ed25519 signs messages, never digests.
  const auto key = PrivateKey::load(write_key(directory, "e.pem", TestAuthority::private_key_pem("ED25519")));
  REQUIRE(key);
  const auto digest = digest_of(HashKind::sha256, as_bytes("hello\n"));
  CHECK_FALSE(key->public_key().verify_digest(HashKind::sha256, digest, *key->sign(digest)));
}

TEST_CASE("keys: a private key that others can read is refused, an encrypted one asks", "[attest][keys]") {
  const test::TempDir directory;
  const auto open = directory.write("open.pem", TestAuthority::private_key_pem("ED25519"));
  ::chmod(open.c_str(), 0640);
  CHECK(error_of(PrivateKey::load(open)).find("open to others (mode 640)") != std::string::npos);
  const auto locked = write_key(directory, "locked.pem", TestAuthority::private_key_pem("P-256", "secret"));
  CHECK(error_of(PrivateKey::load(locked)).find("is encrypted") != std::string::npos);
  CHECK(error_of(PrivateKey::load(locked, [] {
          return Result<std::string>{std::string{"wrong"}};
        })).find("wrong pass phrase") != std::string::npos);
  CHECK(PrivateKey::load(locked, [] { return Result<std::string>{std::string{"secret"}}; }));
  CHECK(error_of(PrivateKey::load(write_key(directory, "none.pem", "nothing"))).find("no private key") !=
        std::string::npos);
}

TEST_CASE("dsse: the encoding is the specification's, and several keys are counted once each", "[attest][dsse]") {
  CHECK(as_text(pre_authentication_encoding("http://example.com/HelloWorld", as_bytes("hello world"))) ==
        "DSSEv1 29 http://example.com/HelloWorld 11 hello world");
  const test::TempDir directory;
  const auto first = PrivateKey::load(write_key(directory, "1", TestAuthority::private_key_pem("ED25519")));
  const auto second = PrivateKey::load(write_key(directory, "2", TestAuthority::private_key_pem("P-256")));
  const auto stranger = PublicKey::from_pem(TestAuthority::public_key_pem(TestAuthority::private_key_pem("P-256")));
  Envelope envelope{"text/plain", {1, 2, 3}, {}};
  REQUIRE(add_signature(envelope, *first));
  REQUIRE(add_signature(envelope, *second));
  REQUIRE(add_signature(envelope, *first));
  const auto read = Envelope::parse(envelope.to_json().dump());
  REQUIRE(read);
  const std::vector keys{*stranger, first->public_key(), second->public_key()};
  CHECK(signers(*read, keys) == std::vector<std::size_t>{1, 2});
  auto other = *read;
  other.payload_type = "text/html";
  CHECK(signers(other, keys).empty());
}

TEST_CASE("statements: v0.1 is read, matching is by digest alone, disagreement in one is no match",
          "[attest][statement]") {
  const auto statement = Statement::parse(
      R"({"_type":"https://in-toto.io/Statement/v0.1","predicateType":"p","unknown":1,"subject":[{"name":"x","digest":{"sha256":")" +
      std::string(64, 'a') + R"(","sha512":")" + std::string(128, 'b') + R"("}}],"predicate":{}})");
  REQUIRE(statement);
  CHECK(statement->find({{"sha256", std::string(64, 'a')}}) != nullptr);
  CHECK(statement->find({{"sha512", std::string(128, 'b')}}) != nullptr);
  CHECK(statement->find({{"sha256", std::string(64, 'a')}, {"sha512", std::string(128, 'c')}}) == nullptr);
  CHECK(statement->find({{"gitCommit", std::string(40, 'a')}}) == nullptr);
  CHECK(statement->find({}) == nullptr);
  CHECK_FALSE(same_artifact({{"sha1", "aa"}}, {{"sha1", "aa"}}));
}

TEST_CASE("log: inclusion proofs of every leaf of every small tree lead to its root, and to nothing else",
          "[attest][log]") {
  // A tree by the definition (RFC 6962, section 2.1), to hold the iterative check against.
  const std::function<Sha256(std::size_t, std::size_t)> root_of = [&](std::size_t begin, std::size_t end) {
    if (end - begin == 1) return leaf_hash(Bytes{static_cast<std::uint8_t>(begin)});
    std::size_t split = 1;
    while (split * 2 < end - begin) split *= 2;
    Bytes node{1};
    for (const auto& half : {root_of(begin, begin + split), root_of(begin + split, end)})
      node.insert(node.end(), half.bytes.begin(), half.bytes.end());
    return sha256(node);
  };
  const std::function<std::vector<Bytes>(std::size_t, std::size_t, std::size_t)> path_of =
      [&](std::size_t leaf, std::size_t begin, std::size_t end) {
        if (end - begin == 1) return std::vector<Bytes>{};
        std::size_t split = 1;
        while (split * 2 < end - begin) split *= 2;
        const bool left = leaf < begin + split;
        auto path = left ? path_of(leaf, begin, begin + split) : path_of(leaf, begin + split, end);
        const auto other = left ? root_of(begin + split, end) : root_of(begin, begin + split);
        path.emplace_back(other.bytes.begin(), other.bytes.end());
        return path;
      };
  for (std::size_t size = 1; size <= 20; ++size) {
    for (std::size_t leaf = 0; leaf < size; ++leaf) {
      const auto path = path_of(leaf, 0, size);
      const auto hash = leaf_hash(Bytes{static_cast<std::uint8_t>(leaf)});
      CHECK(root_from_proof(hash, leaf, size, path) == root_of(0, size));
      auto longer = path;
      longer.emplace_back(32, 0);
      CHECK_FALSE(root_from_proof(hash, leaf, size, longer));
      if (!path.empty()) CHECK_FALSE(root_from_proof(hash, leaf, size, std::span{path}.first(path.size() - 1)));
      CHECK_FALSE(root_from_proof(hash, size, size, path));
    }
  }
}

TEST_CASE("armor: several blocks, headers, and a checksum that is checked", "[attest][armor]") {
  CHECK(crc24({}) == 0xB704CE);
  const std::string block =
      "-----BEGIN PGP SIGNATURE-----\nComment: x\n\nZm9v\nYmFy\n=dpYO\n-----END PGP SIGNATURE-----\n";
  Bytes foobar{'f', 'o', 'o', 'b', 'a', 'r'};
  const auto crc = crc24(foobar);
  const auto right = "=" + to_base64(Bytes{static_cast<std::uint8_t>(crc >> 16), static_cast<std::uint8_t>(crc >> 8),
                                           static_cast<std::uint8_t>(crc)});
  auto good = block;
  good.replace(good.find("=dpYO"), 5, right);
  CHECK(*dearmor(good + good) == Bytes{'f', 'o', 'o', 'b', 'a', 'r', 'f', 'o', 'o', 'b', 'a', 'r'});
  auto bad = good;
  bad[bad.find("Zm9v")] = 'a';
  CHECK(error_of(dearmor(bad)).find("CRC-24") != std::string::npos);
  CHECK_FALSE(dearmor(good.substr(0, good.find("-----END"))));
  CHECK(as_text(*dearmor("binary")) == "binary");
}
