#include "digest/digest.hpp"

#include <unordered_set>

#include "support/catch.hpp"
#include "support/run.hpp"
#include "support/temp_dir.hpp"

using namespace assay;

namespace {

/// Digests of `content`, fed in pieces of `piece` bytes after announcing `announced`.
DigestSet hash_in_pieces(EntryHasher& hasher, std::string_view content, std::size_t piece, std::uint64_t announced) {
  hasher.begin(announced);
  for (std::size_t at = 0; at < content.size(); at += piece) hasher.update(as_bytes(content.substr(at, piece)));
  return hasher.finish();
}

std::string git_hash_object(const std::string& content, const std::string& format) {
  const test::TempDir dir;
  dir.write("content", content);
  auto hex = test::shell(
      "cd '" + dir.path().string() +
      "' && export HOME=/nonexistent GIT_CONFIG_NOSYSTEM=1 && git init -q --template= --object-format=" + format +
      " . && git hash-object --no-filters content");
  hex.pop_back();
  return hex;
}

}  // namespace

TEST_CASE("digest: SHA-256 has the values of FIPS 180-4's examples", "[digest]") {
  CHECK(sha256({}).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(sha256(as_bytes("abc")).hex() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(sha256(as_bytes("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")).hex() ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  CHECK(sha256(as_bytes(std::string(1'000'000, 'a'))).hex() ==
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("digest: a stream gives the digest of all its pieces and starts anew", "[digest]") {
  Sha256Stream stream;
  stream.update(as_bytes("a"));
  stream.update({});
  stream.update(as_bytes("bc"));
  CHECK(stream.finish() == sha256(as_bytes("abc")));
  CHECK(stream.finish() == sha256({}));
  Sha256Stream moved = std::move(stream);
  moved.update(as_bytes("abc"));
  CHECK(moved.finish() == sha256(as_bytes("abc")));
}

TEST_CASE("digest: object ids are those of git's documentation and of git itself", "[digest][git]") {
  CHECK(git_object_id(GitHash::sha1, "blob", {}).hex() == "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
  CHECK(git_object_id(GitHash::sha1, "tree", {}).hex() == "4b825dc642cb6eb9a060e54bf8d69288fbee4904");
  CHECK(git_object_id(GitHash::sha256, "blob", {}).hex() ==
        "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813");
  const std::string content = "Hello, world!\nsecond line\n";
  CHECK(git_object_id(GitHash::sha1, "blob", as_bytes(content)).hex() == git_hash_object(content, "sha1"));
  CHECK(git_object_id(GitHash::sha256, "blob", as_bytes(content)).hex() == git_hash_object(content, "sha256"));
}

TEST_CASE("digest: ids and digests are read back from hexadecimal, of the right length only", "[digest]") {
  const auto digest = sha256(as_bytes("abc"));
  CHECK(Sha256::from_hex(digest.hex()) == digest);
  CHECK_FALSE(Sha256::from_hex(digest.hex().substr(2)));
  CHECK_FALSE(Sha256::from_hex(digest.hex() + "00"));
  const auto short_id = git_object_id(GitHash::sha1, "blob", {});
  const auto long_id = git_object_id(GitHash::sha256, "blob", {});
  CHECK(GitOid::from_hex(short_id.hex()) == short_id);
  CHECK(GitOid::from_hex(long_id.hex()) == long_id);
  CHECK(GitOid::from_hex(short_id.hex())->hash == GitHash::sha1);
  CHECK_FALSE(GitOid::from_hex(short_id.hex().substr(0, 38)));
  CHECK_FALSE(GitOid::from_hex("z" + short_id.hex().substr(1)));
}

TEST_CASE("digest: one pass gives the same digests however the content is cut up", "[digest]") {
  std::string content;
  for (int i = 0; i < 30'000; ++i) content.push_back(static_cast<char>(i * 7));
  for (const auto hash : {GitHash::sha1, GitHash::sha256}) {
    EntryHasher hasher{hash};
    for (const std::size_t piece :
         {std::size_t{1}, std::size_t{63}, std::size_t{64}, std::size_t{4096}, content.size()}) {
      const auto digests = hash_in_pieces(hasher, content, piece, content.size());
      CHECK(digests.sha256 == sha256(as_bytes(content)));
      CHECK(digests.git_oid == git_object_id(hash, "blob", as_bytes(content)));
      CHECK_FALSE(digests.sha1_collision);
    }
    const auto empty = hash_in_pieces(hasher, "", 1, 0);
    CHECK(empty.sha256 == sha256({}));
    CHECK(empty.git_oid == git_object_id(hash, "blob", {}));
  }
}

TEST_CASE("digest: an entry of another size than announced has an id that matches nothing", "[digest][hostile]") {
  EntryHasher hasher{GitHash::sha1};
  const auto right = git_object_id(GitHash::sha1, "blob", as_bytes("abc"));
  for (const std::uint64_t announced : {0ULL, 2ULL, 4ULL, 1ULL << 62}) {
    const auto digests = hash_in_pieces(hasher, "abc", 1, announced);
    CAPTURE(announced);
    CHECK(digests.git_oid != right);
    CHECK(digests.sha256 == sha256(as_bytes("abc")));
    CHECK_FALSE(digests.sha1_collision);
  }
  // The next entry is not affected by the one that went wrong, nor by one that was never finished.
  hasher.begin(10);
  hasher.update(as_bytes("half"));
  CHECK(hash_in_pieces(hasher, "abc", 2, 3).git_oid == right);
}

TEST_CASE("digest: in two steps, and where the first was left out", "[digest]") {
  for (const auto hash : {GitHash::sha1, GitHash::sha256}) {
    EntryHasher hasher{hash};
    const auto content = as_bytes("content");
    const auto id = hasher.git_id(content);
    CHECK(id == git_object_id(hash, "blob", content));
    for (const auto& digests : {hasher.complete(id, content), hasher.complete({}, content)}) {
      CHECK(digests.git_oid == id);
      CHECK(digests.sha256 == sha256(content));
      CHECK_FALSE(digests.sha1_collision);
    }
  }
}

TEST_CASE("digest: digests are usable as keys", "[digest]") {
  std::unordered_set<Sha256> digests{sha256({}), sha256(as_bytes("abc")), sha256({})};
  CHECK(digests.size() == 2);
  std::unordered_set<GitOid> oids{git_object_id(GitHash::sha1, "blob", {}), git_object_id(GitHash::sha256, "blob", {})};
  CHECK(oids.size() == 2);
}
