// What looks like evidence for an artifact to one reader and not to another: types, spellings, digests and thresholds.
#include <algorithm>
#include <cctype>

#include "attest/bundle.hpp"
#include "attest/dsse.hpp"
#include "attest/encoding.hpp"
#include "attest/key.hpp"
#include "attest/policy.hpp"
#include "attest/statement.hpp"
#include "authority.hpp"
#include "support/catch.hpp"

using namespace assay;
using namespace assay::attest;
using assay::test::EntryForm;
using assay::test::Recipe;
using assay::test::test_authority;
using assay::test::TestAuthority;
using assay::test::usual_policy;

namespace {

const std::string k_content = "the artifact\n";

Artifact artifact() {
  return Artifact::from_bytes("artifact", as_bytes(k_content));
}

std::string hex_of(HashKind hash, std::string_view content) {
  return to_hex(digest_of(hash, as_bytes(content)));
}

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::toupper(c); });
  return text;
}

std::string statement_with(const std::string& subjects) {
  return R"({"_type":"https://in-toto.io/Statement/v1","predicateType":"https://slsa.dev/provenance/v1","predicate":{},"subject":)" +
         subjects + "}";
}

/// Is the artifact a subject of the statement? Not if it cannot even be read.
bool is_about_artifact(const std::string& text) {
  const auto statement = Statement::parse(text);
  return statement && statement->find(artifact().digests()) != nullptr;
}

/// What becomes of a bundle after its text was changed; nothing if it is refused as malformed.
std::optional<LinkState> state_of(const std::string& text) {
  const auto bundle = Bundle::parse(text);
  if (!bundle) return std::nullopt;
  const auto root = TrustedRoot::parse(test_authority().trusted_root().dump());
  REQUIRE(root);
  return verify_bundle(*bundle, artifact(), *root, usual_policy()).link.state;
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("confusion: a subject is told by its strong digests, all of which agree", "[attest][hostile]") {
  const auto sha256 = hex_of(HashKind::sha256, k_content), sha512 = hex_of(HashKind::sha512, k_content);
  const auto other256 = hex_of(HashKind::sha256, "other"), other512 = hex_of(HashKind::sha512, "other");
  const auto one = [](const std::string& digests) {
    return statement_with(R"([{"name":"artifact","digest":{)" + digests + "}}]");
  };
  const auto entry = [](const std::string& name, const std::string& value) {
    return "\"" + name + "\":\"" + value + "\"";
  };
  REQUIRE(is_about_artifact(one(entry("sha256", sha256))));
  REQUIRE(is_about_artifact(one(entry("sha512", sha512))));
  CHECK_FALSE(is_about_artifact(one(entry("sha256", sha256) + "," + entry("sha512", other512))));
  CHECK_FALSE(is_about_artifact(one(entry("sha256", other256) + "," + entry("sha512", sha512))));
  CHECK_FALSE(is_about_artifact(one(entry("sha256", sha256) + "," + entry("sha256", other256))));
  CHECK_FALSE(is_about_artifact(one(entry("sha256", upper(sha256)))));
  CHECK_FALSE(is_about_artifact(one(entry("sha256", sha256.substr(0, 32)))));
  CHECK_FALSE(is_about_artifact(one(entry("sha256", sha256 + "00"))));
  CHECK_FALSE(is_about_artifact(one(entry("sha256", " " + sha256))));
  for (const auto* name : {"SHA256", "sha-256", "sha2_256", "gitBlob", "md5", "sha1", ""})
    CHECK_FALSE(is_about_artifact(one(entry(name, sha256))));
  for (const auto* subjects : {"[]", "null", "{}", "\"artifact\"", "[{}]", R"([{"name":"artifact","digest":{}}])"})
    CHECK_FALSE(is_about_artifact(statement_with(subjects)));
  // Two halves of a match in two subjects are none; a whole one among others is.
  const auto halves = "[{\"digest\":{" + entry("sha256", sha256) + "," + entry("sha512", other512) +
                      "}},{\"digest\":{" + entry("sha512", sha512) + "," + entry("sha256", other256) + "}}]";
  CHECK_FALSE(is_about_artifact(statement_with(halves)));
  CHECK(is_about_artifact(statement_with("[{\"digest\":{" + entry("sha256", other256) + "}},{\"digest\":{" +
                                         entry("sha256", sha256) + "}}]")));
}

TEST_CASE("confusion: a document has one spelling", "[attest][hostile]") {
  Recipe recipe;
  recipe.form = EntryForm::dsse_v1;
  recipe.envelope = true;
  const auto good = test_authority().bundle(recipe).dump();
  REQUIRE(state_of(good) == LinkState::ok);
  const std::string type = "application/vnd.dev.sigstore.bundle.v0.3+json";
  const auto media = [&](std::string_view other) {
    const auto at = good.find("\"mediaType\":\"") + 13;
    return good.substr(0, at) + std::string{other} + good.substr(good.find('"', at));
  };
  REQUIRE(state_of(media(type)) == LinkState::ok);
  for (const auto& other :
       {upper(type), type + " ", " " + type, type + ";version=0.3", std::string{"application/json"}, std::string{},
        std::string{"application/vnd.dev.sigstore.bundle+json;version=0.4"},
        std::string{"application/vnd.dev.sigstore.bundle.v0.4+json"}, std::string{"application/vnd.in-toto+json"}})
    CHECK_FALSE(state_of(media(other)));
  // Members twice, also where one is spelt with an escape, and in the payload's envelope.
  CHECK_FALSE(state_of(replaced(good, "\"payload\":", R"("payload":"e30=","payload":)")));
  CHECK_FALSE(state_of(replaced(good, "\"payload\":", R"("pa\u0079load":"e30=","payload":)")));
  CHECK_FALSE(
      state_of(replaced(good, "\"verificationMaterial\":", R"("verificationMaterial":{},"verificationMaterial":)")));
  CHECK_FALSE(state_of(good + good));
  CHECK_FALSE(state_of(good + "\n{}"));
  const auto with_mark = state_of("\xEF\xBB\xBF" + good);
  CHECK((!with_mark || *with_mark == LinkState::ok));  // the same document or none
  // Base64 that others would read as well.
  const auto payload = std::string{test::at_path(*Json::parse(good), "dsseEnvelope.payload").text()};
  for (const auto& other :
       {payload + "\n", payload + "====", "\n" + payload, payload.substr(0, 8) + " " + payload.substr(8)})
    CHECK_FALSE(state_of(test::with_value(*Json::parse(good), "dsseEnvelope.payload", other).dump()));
}

TEST_CASE("confusion: what the payload is said to be is signed, and only one kind is a statement",
          "[attest][hostile]") {
  const auto state_as = [](const std::string& signed_as, const std::string& told) {
    Recipe recipe;
    recipe.form = EntryForm::dsse_v1;
    recipe.envelope = true;
    recipe.payload_type = signed_as;
    auto bundle = test_authority().bundle(recipe);
    if (told != signed_as) bundle = test::with_value(bundle, "dsseEnvelope.payloadType", told);
    return state_of(bundle.dump());
  };
  const std::string type{k_intoto_payload_type};
  REQUIRE(state_as(type, type) == LinkState::ok);
  for (const auto& other : {upper(type), type + " ", type + "; charset=utf-8", std::string{"application/json"},
                            std::string{"application/vnd.in-toto"}, type + "\n"}) {
    CHECK(state_as(other, other) == LinkState::failed);
    CHECK(state_as(other, type) == LinkState::failed);
    CHECK(state_as(type, other) == LinkState::failed);
  }
}

TEST_CASE("confusion: parts of two good bundles make none", "[attest][hostile]") {
  Recipe recipe;
  recipe.form = EntryForm::dsse_v1;
  recipe.envelope = true;
  const auto one = test_authority().bundle(recipe);
  recipe.payload = test::statement_about("another");
  const auto two = test_authority().bundle(recipe);
  for (const auto* part :
       {"verificationMaterial.certificate", "verificationMaterial.tlogEntries",
        "verificationMaterial.timestampVerificationData", "dsseEnvelope.payload", "dsseEnvelope.signatures",
        "verificationMaterial.tlogEntries.0.inclusionProof", "verificationMaterial.tlogEntries.0.inclusionPromise",
        "verificationMaterial.tlogEntries.0.canonicalizedBody"}) {
    INFO(part);
    const auto state = state_of(test::with_value(one, part, test::at_path(two, part)).dump());
    CHECK((!state || *state == LinkState::failed));
  }
  // Both entries, of which one is another's: each has to be this signature's.
  auto entries = test::at_path(one, "verificationMaterial.tlogEntries");
  entries.push(test::at_path(two, "verificationMaterial.tlogEntries.0"));
  CHECK(state_of(test::with_value(one, "verificationMaterial.tlogEntries", entries).dump()) == LinkState::failed);
}

TEST_CASE("confusion: a threshold is of signers that are listed apart", "[attest][policy][hostile]") {
  const auto requirement = [](int count, const std::vector<std::string>& patterns) {
    auto text = "[[require]]\nname = \"rebuilders\"\npredicate = \"p\"\ncount = " + std::to_string(count) + "\n";
    for (const auto& pattern : patterns)
      text += "[[require.signer]]\nsubject-pattern = '" + pattern + "'\nissuer = \"https://issuer\"\n";
    const auto parsed = VerificationPolicy::parse(text, "policy.toml");
    REQUIRE(parsed);
    return *parsed;
  };
  const auto by = [](const std::vector<std::string>& names) {
    VerifiedStatement made;
    made.source = names.front();
    made.statement.predicate_type = "p";
    made.signers = names;
    made.issuer = "https://issuer";
    made.signed_with = SignedWith::certificate;
    return made;
  };
  const auto state = [](const VerificationPolicy& policy, std::vector<VerifiedStatement> statements) {
    return evaluate(policy, statements).state;
  };
  const auto two_of_three = requirement(2, {"https://a/.*", "https://b/.*", "https://c/.*"});
  // One rebuilder with two workflows, or two tags, has one voice.
  CHECK(state(two_of_three, {by({"https://a/one"}), by({"https://a/two"})}) == LinkState::failed);
  CHECK(state(two_of_three, {by({"https://a/one"}), by({"https://b/one"})}) == LinkState::ok);
  CHECK(state(two_of_three, {by({"https://a/one"}), by({"https://a/two"}), by({"https://c/one"})}) == LinkState::ok);
  // One certificate with the names of both.
  CHECK(state(two_of_three, {by({"https://a/one", "https://b/one"})}) == LinkState::failed);
  CHECK(state(two_of_three, {by({"https://a/one", "https://b/one"}), by({"https://a/two"})}) == LinkState::ok);
  // Patterns that overlap: whoever came first makes room.
  const auto overlapping = requirement(2, {"https://.*", "https://a/.*"});
  CHECK(state(overlapping, {by({"https://a/one"}), by({"https://b/one"})}) == LinkState::ok);
  CHECK(state(overlapping, {by({"https://b/one"}), by({"https://c/one"})}) == LinkState::failed);
  // Where fewer are listed than asked for, the pattern stands for several.
  const auto any_two = requirement(2, {"https://.*"});
  CHECK(state(any_two, {by({"https://a/one"}), by({"https://a/one"})}) == LinkState::failed);
  CHECK(state(any_two, {by({"https://a/one"}), by({"https://b/one"})}) == LinkState::ok);
}

TEST_CASE("confusion: one key in two spellings has one fingerprint", "[attest][dsse][hostile]") {
  const auto pem = TestAuthority::public_key_pem(TestAuthority::private_key_pem("P-256"));
  const auto key = PublicKey::from_pem(pem);
  REQUIRE(key);
  const auto again = PublicKey::from_spki(key->spki());
  REQUIRE(again);
  CHECK(key->fingerprint() == again->fingerprint());
}
