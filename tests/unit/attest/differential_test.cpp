// What we accept, OpenSSL's command line accepts as well: over timestamps, certificates, keys and signatures, good ones and
// ones with a bit flipped. And what is left of a private key in memory: nothing.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>

#include "attest/certificate.hpp"
#include "attest/encoding.hpp"
#include "attest/timestamp.hpp"
#include "attest/trusted_root.hpp"
#include "authority.hpp"
#include "base/file.hpp"
#include "support/catch.hpp"
#include "support/run.hpp"
#include "support/temp_dir.hpp"

using namespace assay;
using namespace assay::attest;

namespace {

Bytes content_of(const std::filesystem::path& file) {
  auto content = read_file(file, 1 << 20);
  REQUIRE(content);
  return *std::move(content);
}

// Before anything else of OpenSSL is used.
const bool k_wiping = wipe_what_openssl_frees();

/// Positions spread over `size` bytes, each with a bit of its own.
template <typename Check>
void with_flips(const Bytes& good, std::size_t count, const Check& check) {
  for (std::size_t i = 0; i < count; ++i) {
    auto changed = good;
    const auto at = i * good.size() / count;
    changed[at] ^= static_cast<std::uint8_t>(1U << (i % 8));
    INFO("byte " << at << " of " << good.size());
    check(changed);
  }
}

bool openssl(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "openssl");
  return test::run(arguments).exit_code == 0;
}

/// A root, a timestamp authority and its answer over the file `data`; another file `other`.
struct TimestampWorld {
  test::TempDir directory;
  TimestampWorld() {
    test::shell("cd '" + directory.path().string() + R"('
      printf 'the signature' > data; printf 'another' > other; echo 01 > serial
      cat > c.cnf <<'END'
[req]
distinguished_name = dn
prompt = no
[dn]
CN = test
[root]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
[tsa]
basicConstraints = CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
[ts]
default_tsa = t
[t]
serial = serial
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha256
ordering = no
tsa_name = no
ess_cert_id_chain = no
END
      openssl req -x509 -newkey rsa:2048 -nodes -keyout root.key -out root.pem -days 3650 -config c.cnf -extensions root -subj /CN=root 2>/dev/null
      openssl req -newkey rsa:2048 -nodes -keyout tsa.key -out tsa.csr -config c.cnf -subj /CN=tsa 2>/dev/null
      openssl x509 -req -in tsa.csr -CA root.pem -CAkey root.key -CAcreateserial -days 365 -extfile c.cnf -extensions tsa -out tsa.pem 2>/dev/null
      openssl ts -query -data data -sha256 -cert -out q.tsq 2>/dev/null
      openssl ts -reply -queryfile q.tsq -inkey tsa.key -signer tsa.pem -config c.cnf -section t -out r.tsr 2>/dev/null
      openssl x509 -in tsa.pem -outform DER -out tsa.der; openssl x509 -in root.pem -outform DER -out root.der)");
  }
  std::string file(const char* name) const { return (directory.path() / name).string(); }
  Authority authority() const {
    return {{*Certificate::from_der(content_of(file("tsa.der"))), *Certificate::from_der(content_of(file("root.der")))},
            {0, std::nullopt},
            "https://tsa.test"};
  }
};

}  // namespace

TEST_CASE("differential: a timestamp that we take, openssl ts takes", "[attest][differential]") {
  const TimestampWorld world;
  const std::vector authorities{world.authority()};
  const auto response = content_of(world.file("r.tsr"));
  const auto stamp = verify_timestamp(response, as_bytes("the signature"), authorities);
  REQUIRE(stamp);
  CHECK(openssl({"ts", "-verify", "-data", world.file("data"), "-in", world.file("r.tsr"), "-CAfile",
                 world.file("root.pem"), "-untrusted", world.file("tsa.pem")}));
  CHECK_FALSE(verify_timestamp(response, as_bytes("another"), authorities));
  CHECK_FALSE(openssl({"ts", "-verify", "-data", world.file("other"), "-in", world.file("r.tsr"), "-CAfile",
                       world.file("root.pem"), "-untrusted", world.file("tsa.pem")}));
  std::size_t refused = 0;
  with_flips(response, 60, [&](const Bytes& changed) {
    if (!verify_timestamp(changed, as_bytes("the signature"), authorities)) {
      ++refused;
      return;
    }
    world.directory.write("changed.tsr", as_text(changed));
    CHECK(openssl({"ts", "-verify", "-data", world.file("data"), "-in", world.file("changed.tsr"), "-CAfile",
                   world.file("root.pem"), "-untrusted", world.file("tsa.pem")}));
  });
  CHECK(refused > 30);
}

TEST_CASE("differential: a certificate that we chain, openssl verify chains", "[attest][differential]") {
  const TimestampWorld world;
  const std::vector anchors{*Certificate::from_der(content_of(world.file("root.der")))};
  const auto leaf = content_of(world.file("tsa.der"));
  const auto now = Certificate::from_der(leaf)->validity().start + 60;
  const auto openssl_takes = [&](const Bytes& der, std::int64_t time) {
    world.directory.write("leaf.pem", to_pem(der, "CERTIFICATE"));
    return openssl({"verify", "-partial_chain", "-purpose", "any", "-attime", std::to_string(time), "-trusted",
                    world.file("root.pem"), world.file("leaf.pem")});
  };
  for (const auto time : {now, now - 3600, now + 364 * 86400, now + 366 * 86400}) {
    INFO(time);
    CHECK(build_chain(*Certificate::from_der(leaf), anchors, {}, time).has_value() == openssl_takes(leaf, time));
  }
  with_flips(leaf, 60, [&](const Bytes& changed) {
    const auto certificate = Certificate::from_der(changed);
    const bool taken = certificate && build_chain(*certificate, anchors, {}, now);
    CHECK((!taken || openssl_takes(changed, now)));
  });
}

TEST_CASE("differential: signatures of openssl, whole and with a bit flipped, are judged as openssl judges them",
          "[attest][differential]") {
  const test::TempDir directory;
  const auto path = directory.path().string();
  directory.write("message", "hello\n");
  for (const std::string kind : {"EC -pkeyopt ec_paramgen_curve:P-256", "EC -pkeyopt ec_paramgen_curve:P-384",
                                 "RSA -pkeyopt rsa_keygen_bits:2048"}) {
    INFO(kind);
    const std::string hash = kind.find("P-384") != std::string::npos ? "-sha384" : "-sha256";
    test::shell("cd '" + path + "'; openssl genpkey -algorithm " + kind +
                " -out k.pem 2>/dev/null; openssl pkey -in k.pem -pubout -out p.pem; openssl dgst " + hash +
                " -sign k.pem -out s message");
    const auto key = PublicKey::from_pem(as_text(content_of(path + "/p.pem")));
    REQUIRE(key);
    const auto signature = content_of(path + "/s");
    CHECK(key->verify(as_bytes("hello\n"), signature));
    with_flips(signature, 24, [&](const Bytes& changed) {
      directory.write("changed", as_text(changed));
      CHECK(key->verify(as_bytes("hello\n"), changed) ==
            openssl({"dgst", hash, "-verify", path + "/p.pem", "-signature", path + "/changed", path + "/message"}));
    });
  }
}

TEST_CASE("differential: a public key that we read, openssl reads", "[attest][differential]") {
  const test::TempDir directory;
  const auto path = directory.path().string();
  for (const std::string kind : {"ed25519", "EC -pkeyopt ec_paramgen_curve:P-256"}) {
    test::shell("cd '" + path + "'; openssl genpkey -algorithm " + kind +
                " 2>/dev/null | openssl pkey -pubout -outform DER -out p.der");
    with_flips(content_of(path + "/p.der"), 40, [&](const Bytes& changed) {
      if (!PublicKey::from_spki(changed)) return;
      directory.write("changed.der", as_text(changed));
      CHECK(openssl({"pkey", "-pubin", "-inform", "DER", "-in", path + "/changed.der", "-noout"}));
    });
  }
}

TEST_CASE("differential: an RSA key in PKCS #1 form that we read, openssl rsa reads", "[attest][differential]") {
  const test::TempDir directory;
  const auto path = directory.path().string();
  test::shell("cd '" + path +
              "'; openssl genrsa 2048 2>/dev/null | openssl rsa -RSAPublicKey_out -outform DER -out p.der 2>/dev/null");
  std::size_t read = 0;
  with_flips(content_of(path + "/p.der"), 40, [&](const Bytes& changed) {
    if (!PublicKey::from_pkcs1(changed)) return;
    ++read;
    directory.write("changed.der", as_text(changed));
    CHECK(openssl({"rsa", "-RSAPublicKey_in", "-inform", "DER", "-in", path + "/changed.der", "-noout"}));
  });
  CHECK(read > 0);
}

TEST_CASE("differential: base64 that we read, openssl base64 reads alike", "[attest][differential]") {
  const test::TempDir directory;
  const auto path = directory.path().string();
  std::size_t taken = 0;
  for (const std::string good : {"YQ==", "YWI=", "YWJj", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="})
    for (std::size_t at = 0; at < good.size(); at += 3)
      for (const char c : {'=', '-', ' ', 'B', '/'}) {
        auto text = good;
        text[at] = c;
        const auto bytes = from_base64(text);
        if (!bytes) continue;
        ++taken;
        directory.write("text", text);
        const auto theirs = test::run({"openssl", "base64", "-d", "-A", "-in", path + "/text"});
        INFO(text);
        CHECK(theirs.exit_code == 0);
        CHECK(theirs.out == as_text(*bytes));
      }
  CHECK(taken > 10);
}

TEST_CASE("differential: of a certificate we read what openssl x509 prints", "[attest][differential]") {
  const test::TempDir directory;
  const auto path = directory.path().string();
  test::TestAuthority authority;
  const auto bundle = authority.bundle({});
  const auto leaf = *from_base64(test::at_path(bundle, "verificationMaterial.certificate.rawBytes").text());
  const auto root = *TrustedRoot::parse(authority.trusted_root().dump());
  const auto printed = [&](const Bytes& der) {
    directory.write("leaf.der", as_text(der));
    return test::run({"openssl", "x509", "-inform", "DER", "-in", path + "/leaf.der", "-noout", "-text"});
  };
  std::size_t read = 0;
  const auto compare = [&](const Bytes& der) {
    const auto certificate = Certificate::from_der(der);
    if (!certificate) return;
    ++read;
    const auto theirs = printed(der);
    REQUIRE(theirs.exit_code == 0);
    if (const auto identities = certificate->identities())
      for (const auto& identity : *identities)
        if (std::all_of(identity.begin(), identity.end(), [](char c) { return c >= ' ' && c <= '~'; }))
          CHECK(theirs.out.find(identity) != std::string::npos);
    CHECK((!certificate->may_sign_code() || theirs.out.find("Code Signing") != std::string::npos));
    const auto& issuer = root.certificate_authorities.front().chain.front();
    if (check_scts(*certificate, issuer, root.certificate_logs).present > 0)
      CHECK(theirs.out.find("Signed Certificate Timestamp:") != std::string::npos);
  };
  compare(leaf);
  REQUIRE(read == 1);
  REQUIRE(printed(leaf).out.find("Signed Certificate Timestamp:") != std::string::npos);
  with_flips(leaf, 60, compare);
  CHECK(read > 20);
}

TEST_CASE("differential: a private key that we read, openssl pkey reads", "[attest][differential]") {
  const test::TempDir directory;
  const auto path = directory.path().string();
  test::shell("cd '" + path + "'; umask 077; openssl genpkey -algorithm ed25519 -out k.pem; : > changed.pem");
  std::size_t read = 0;
  with_flips(content_of(path + "/k.pem"), 40, [&](const Bytes& changed) {
    directory.write("changed.pem", as_text(changed));
    if (!PrivateKey::load(path + "/changed.pem")) return;
    ++read;
    CHECK(openssl({"pkey", "-in", path + "/changed.pem", "-noout"}));
  });
  CHECK(read > 0);
}

TEST_CASE("keys: nothing of a private key is left in memory once it is gone", "[attest][keys]") {
  REQUIRE(k_wiping);
  const test::TempDir directory;
  const auto path = directory.path().string();
  // Only the masked seed comes into this process by another way than the loader's.
  test::shell("cd '" + path + R"('
    openssl genpkey -algorithm ed25519 -out k.pem; chmod 600 k.pem
    openssl pkey -in k.pem -outform DER | tail -c 32 | python3 -c 'import sys; sys.stdout.buffer.write(bytes(b ^ 0x5A for b in sys.stdin.buffer.read()))' > masked)");
  const auto masked = content_of(path + "/masked");
  REQUIRE(masked.size() == 32);
  const auto copies_in_memory = [&] {
    std::size_t found = 0;
    std::ifstream maps{"/proc/self/maps"};
    // Not by a stream, whose buffer would keep what it read.
    const UniqueFd memory{::open("/proc/self/mem", O_RDONLY | O_CLOEXEC)};
    REQUIRE(memory.get() >= 0);
    Bytes block;
    for (std::string line; std::getline(maps, line);) {
      std::size_t begin = 0, end = 0;
      char mode[5] = {};
      if (std::sscanf(line.c_str(), "%zx-%zx %4s", &begin, &end, mode) != 3 || mode[0] != 'r' || mode[1] != 'w' ||
          end - begin > (256U << 20))
        continue;
      block.resize(end - begin);
      const auto got = ::pread(memory.get(), block.data(), block.size(), static_cast<off_t>(begin));
      for (std::size_t at = 0; got > 0 && at + 32 <= static_cast<std::size_t>(got); ++at) {
        std::size_t same = 0;
        while (same < 32 && (block[at + same] ^ 0x5A) == masked[same]) ++same;
        if (same == 32) ++found;
      }
      std::fill(block.begin(), block.end(), std::uint8_t{0});
    }
    return found;
  };
  {
    const auto key = PrivateKey::load(path + "/k.pem");
    REQUIRE(key);
    REQUIRE(key->sign(as_bytes("message")));
    CHECK(copies_in_memory() >= 1);  // else the search below would find nothing whatever is there
  }
  CHECK(copies_in_memory() == 0);
}
