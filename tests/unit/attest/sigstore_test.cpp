// Bundles of a test authority: good ones verify, and each of the seven steps refuses what is wrong with it.
#include <functional>
#include <optional>

#include "attest/bundle.hpp"
#include "attest/encoding.hpp"
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

/// How a case departs from what verifies.
struct Case {
  std::string what;
  std::string message;  ///< part of the reason
  Recipe recipe;
  std::function<Json(const Json&)> bundle;        ///< changes the bundle
  std::function<Json(const Json&)> trusted_root;  ///< changes the trusted root
  std::function<void(BundlePolicy&)> policy;
  std::string artifact;  ///< another artifact than the recipe's
};

BundleVerification verify(const Case& each) {
  auto json = test_authority().bundle(each.recipe);
  if (each.bundle) json = each.bundle(json);
  auto root_json = test_authority().trusted_root();
  if (each.trusted_root) root_json = each.trusted_root(root_json);
  const auto bundle = Bundle::parse(json.dump());
  REQUIRE(bundle);
  const auto root = TrustedRoot::parse(root_json.dump());
  REQUIRE(root);
  auto policy = usual_policy();
  if (each.policy) each.policy(policy);
  const auto& content = each.artifact.empty() ? each.recipe.artifact : each.artifact;
  const auto artifact = Artifact::from_bytes("artifact", as_bytes(content));
  return verify_bundle(*bundle, artifact, *root, policy);
}

void expect_failure(const std::string& step, const Case& each) {
  INFO(each.what);
  const auto result = verify(each);
  INFO(render_tree(result.link, Paint::no, true));
  CHECK(result.link.state == LinkState::failed);
  CHECK_FALSE(result.statement);
  const auto* failure = first_failure(result.link);
  REQUIRE(failure != nullptr);
  CHECK(failure->name == step);
  CHECK(failure->detail.find(each.message) != std::string::npos);
}

Recipe envelope_recipe(EntryForm form = EntryForm::dsse_v1) {
  Recipe recipe;
  recipe.form = form;
  recipe.envelope = true;
  return recipe;
}

template <typename Change>
Recipe recipe_with(Change change, Recipe recipe = {}) {
  change(recipe);
  return recipe;
}

const std::string k_entry = "verificationMaterial.tlogEntries.0";

auto set(std::string path, Json value) {
  return [path = std::move(path), value = std::move(value)](const Json& json) {
    return test::with_value(json, path, value);
  };
}
auto flip(std::string path) {
  return [path = std::move(path)](const Json& json) { return test::with_flipped_bit(json, path); };
}

}  // namespace

TEST_CASE("sigstore: bundles of every form of log entry verify", "[attest][sigstore]") {
  for (const auto form : {EntryForm::hashedrekord_v1, EntryForm::hashedrekord_v2, EntryForm::dsse_v1,
                          EntryForm::dsse_v2, EntryForm::intoto_v2}) {
    for (const bool envelope : {false, true}) {
      if (!envelope && form != EntryForm::hashedrekord_v1 && form != EntryForm::hashedrekord_v2) continue;
      auto recipe = envelope_recipe(form);
      recipe.envelope = envelope;
      const auto result = verify({"good", "", recipe, {}, {}, {}, {}});
      INFO(render_tree(result.link, Paint::no, true));
      CHECK(result.link.state == LinkState::ok);
      CHECK(result.link.children.size() == 7);
      CHECK(result.statement.has_value() == envelope);
      CHECK(result.time == test::k_signing_time + 3);
    }
  }
}

TEST_CASE("sigstore: step 1 refuses times that nobody trusted vouches for", "[attest][sigstore]") {
  const auto no_promise = [](Recipe& recipe) { recipe.promise = false; };
  const std::vector<Case> cases{
      {"a timestamp over other bytes",
       "over other bytes",
       recipe_with([](Recipe& r) { r.stamped = "something else"; }),
       {},
       {},
       {},
       {}},
      {"a timestamp of a stranger",
       "no trusted timestamp authority",
       recipe_with([](Recipe& r) { r.foreign_tsa = true; }),
       {},
       {},
       {},
       {}},
      {"a timestamp with a bit flipped",
       "",
       {},
       flip("verificationMaterial.timestampVerificationData.rfc3161Timestamps.0.signedTimestamp"),
       {},
       {},
       {}},
      {"a timestamp that is none",
       "timestamp is malformed",
       {},
       set("verificationMaterial.timestampVerificationData.rfc3161Timestamps.0.signedTimestamp", "AAAA"),
       {},
       {},
       {}},
      {"a timestamp after its authority's time",
       "outside the time https://tsa.test was trusted",
       {},
       {},
       set("timestampAuthorities.0.validFor.end", "2023-11-14T22:13:22Z"),
       {},
       {}},
      {"a timestamp after its certificate's time",
       "while its certificates were valid",
       recipe_with([](Recipe& r) { r.stamp_time = 1'950'000'000; }),
       {},
       {},
       {},
       {}},
      {"a promise with a bit flipped",
       "promise (signed entry timestamp) has a bad signature",
       {},
       flip(k_entry + ".inclusionPromise.signedEntryTimestamp"),
       {},
       {},
       {}},
      {"a promise moved to another time",
       "promise (signed entry timestamp) has a bad signature",
       {},
       set(k_entry + ".integratedTime", "1700000009"),
       {},
       {},
       {}},
      {"a promise of a stranger",
       "a log that the trusted root does not have",
       recipe_with([](Recipe& r) { r.foreign_log = true; }),
       {},
       {},
       {},
       {}},
      {"a promise after the log's key was retired",
       "when its key was not trusted",
       {},
       {},
       set("tlogs.0.publicKey.validFor.end", "2023-11-14T22:13:24Z"),
       {},
       {}},
      {"no time at all",
       "no trusted time",
       recipe_with([&](Recipe& r) { no_promise(r), r.timestamp = false; }),
       {},
       {},
       {},
       {}},
      {"Rekor v2 without a timestamp",
       "no trusted time",
       recipe_with([](Recipe& r) { r.form = EntryForm::hashedrekord_v2, r.timestamp = false; }),
       {},
       {},
       {},
       {}}};
  for (const auto& each : cases) expect_failure("time", each);
}

TEST_CASE("sigstore: both ends of an interval belong to it", "[attest][sigstore]") {
  CHECK(
      verify({"", "", {}, {}, set("timestampAuthorities.0.validFor.end", "2023-11-14T22:13:23Z"), {}, {}}).link.state ==
      LinkState::ok);
  CHECK(verify({"", "", {}, {}, set("tlogs.0.publicKey.validFor.end", "2023-11-14T22:13:25Z"), {}, {}}).link.state ==
        LinkState::ok);
}

TEST_CASE("sigstore: step 2 refuses certificates that do not lead to a trusted authority at that time",
          "[attest][sigstore]") {
  const std::vector<Case> cases{
      {"a certificate of a stranger",
       "no chain to a trusted certificate authority",
       recipe_with([](Recipe& r) { r.foreign_ca = true; }),
       {},
       {},
       {},
       {}},
      {"signed before the certificate began",
       "outside the certificate's validity",
       recipe_with([](Recipe& r) { r.stamp_time = test::k_signing_time - 1; }),
       {},
       {},
       {},
       {}},
      {"signed after the certificate ended",
       "outside the certificate's validity",
       recipe_with([](Recipe& r) { r.promise_time = test::k_signing_time + 601; }),
       {},
       {},
       {},
       {}},
      {"a certificate for servers",
       "not for code signing",
       recipe_with([](Recipe& r) { r.usage = "serverAuth"; }),
       {},
       {},
       {},
       {}},
      {"a certificate without a usage",
       "not for code signing",
       recipe_with([](Recipe& r) { r.usage.clear(); }),
       {},
       {},
       {},
       {}},
      {"an authority that was not trusted yet",
       "no certificate authority of the trusted root was trusted",
       {},
       {},
       set("certificateAuthorities.0.validFor.start", "2024-01-01T00:00:00Z"),
       {},
       {}},
      {"an authority that was no longer trusted",
       "no certificate authority of the trusted root was trusted",
       {},
       {},
       set("certificateAuthorities.0.validFor.end", "2023-01-01T00:00:00Z"),
       {},
       {}},
      {"no authority at all", "no certificate authority", {}, {}, set("certificateAuthorities", Json::array()), {}, {}},
      {"a key where a certificate signed",
       "a key was given",
       {},
       {},
       {},
       [](BundlePolicy& policy) {
         policy.key = *PublicKey::from_pem(TestAuthority::public_key_pem(TestAuthority::private_key_pem("P-256")));
       },
       {}}};
  for (const auto& each : cases) expect_failure("certificate chain", each);
}

TEST_CASE("sigstore: step 3 refuses certificates that no certificate log has seen", "[attest][sigstore]") {
  const std::vector<Case> cases{{"no timestamp",
                                 "has no timestamp of a certificate log",
                                 recipe_with([](Recipe& r) { r.sct = false; }),
                                 {},
                                 {},
                                 {},
                                 {}},
                                {"a log that nobody trusts",
                                 "unknown certificate log",
                                 recipe_with([](Recipe& r) { r.foreign_ct_log = true; }),
                                 {},
                                 {},
                                 {},
                                 {}},
                                {"a timestamp for another issuer",
                                 "has a bad signature",
                                 recipe_with([](Recipe& r) { r.sct_of_other_issuer = true; }),
                                 {},
                                 {},
                                 {},
                                 {}},
                                {"a timestamp for another certificate",
                                 "has a bad signature",
                                 recipe_with([](Recipe& r) { r.sct_of_other_certificate = true; }),
                                 {},
                                 {},
                                 {},
                                 {}},
                                {"a timestamp after the log's time",
                                 "outside the log key's time",
                                 {},
                                 {},
                                 set("ctlogs.0.publicKey.validFor.end", "2023-01-01T00:00:00Z"),
                                 {},
                                 {}},
                                {"a timestamp before the log's time",
                                 "outside the log key's time",
                                 {},
                                 {},
                                 set("ctlogs.0.publicKey.validFor.start", "2024-01-01T00:00:00Z"),
                                 {},
                                 {}},
                                {"no certificate log in the trusted root",
                                 "unknown certificate log",
                                 {},
                                 {},
                                 set("ctlogs", Json::array()),
                                 {},
                                 {}},
                                {"another key under the log's id",
                                 "has a bad signature",
                                 {},
                                 {},
                                 [](const Json& root) {
                                   return test::with_value(root, "ctlogs.0.publicKey.rawBytes",
                                                           test::at_path(root, "tlogs.0.publicKey.rawBytes"));
                                 },
                                 {},
                                 {}}};
  for (const auto& each : cases) expect_failure("certificate log", each);
}

TEST_CASE("sigstore: step 4 refuses who is not expected", "[attest][sigstore]") {
  const auto expect_subject = [](TextPattern pattern) {
    return [pattern](BundlePolicy& policy) { policy.identity.subject = pattern; };
  };
  const auto expect_issuer = [](TextPattern pattern) {
    return [pattern](BundlePolicy& policy) { policy.identity.issuer = pattern; };
  };
  const std::vector<Case> cases{
      {"another workflow",
       "expected",
       recipe_with([](Recipe& r) { r.san = "URI:https://example.org/other"; }),
       {},
       {},
       {},
       {}},
      {"another issuer",
       "vouched for by \"https://evil.test\"",
       recipe_with([](Recipe& r) { r.issuer_identity = "https://evil.test"; }),
       {},
       {},
       {},
       {}},
      {"no issuer", "vouched for by \"\"", recipe_with([](Recipe& r) { r.issuer_identity.clear(); }), {}, {}, {}, {}},
      {"nobody named", "names nobody", recipe_with([](Recipe& r) { r.san.clear(); }), {}, {}, {}, {}},
      {"a host name is no signer",
       "names nobody",
       recipe_with([](Recipe& r) { r.san = "DNS:example.org"; }),
       {},
       {},
       {},
       {}},
      {"a pattern for the beginning only",
       "expected /https:\\/\\/example",
       {},
       {},
       {},
       expect_subject({"https:\\/\\/example\\.org", true}),
       {}},
      {"a pattern that is none", "malformed regular expression", {}, {}, {}, expect_subject({"(", true}), {}},
      {"an exact text is no pattern", "expected \"https://.*\"", {}, {}, {}, expect_issuer({"https://.*", false}), {}}};
  for (const auto& each : cases) expect_failure("identity", each);
}

TEST_CASE("sigstore: identities by pattern and e-mail, and what is not asked for is a gap", "[attest][sigstore]") {
  const auto state_with = [](Recipe recipe, std::function<void(BundlePolicy&)> policy) {
    return verify({"", "", std::move(recipe), {}, {}, std::move(policy), {}}).link.state;
  };
  CHECK(state_with({}, [](BundlePolicy& p) {
          p.identity.subject = TextPattern{"https://example\\.org/project/.*@refs/tags/v[0-9]+", true};
        }) == LinkState::ok);
  CHECK(state_with(recipe_with([](Recipe& r) { r.san = "email:dev@example.org"; }), [](BundlePolicy& p) {
          p.identity.subject = TextPattern{"dev@example.org", false};
        }) == LinkState::ok);
  CHECK(state_with({}, [](BundlePolicy& p) { p.identity = {}; }) == LinkState::not_checked);
  CHECK(state_with({}, [](BundlePolicy& p) { p.identity.issuer.reset(); }) == LinkState::not_checked);
  CHECK(state_with({}, [](BundlePolicy& p) { p.identity.subject.reset(); }) == LinkState::not_checked);
}

TEST_CASE("sigstore: step 5 refuses entries that the log did not make, or made of something else",
          "[attest][sigstore]") {
  const auto proof = k_entry + ".inclusionProof";
  const auto other_checkpoint = [](const std::string& from, const std::string& to) {
    return [=](const Json& json) {
      std::string text{test::at_path(json, k_entry + ".inclusionProof.checkpoint.envelope").text()};
      text.replace(text.find(from), from.size(), to);
      return test::with_value(json, k_entry + ".inclusionProof.checkpoint.envelope", text);
    };
  };
  const auto of_another = [](const std::string& path) {
    return [path](const Json& json) {
      return test::with_value(json, path, test::at_path(test_authority().bundle({}), path));
    };
  };
  Recipe quiet;  // without a promise, which a changed entry would break before this step
  quiet.promise = false;
  const std::vector<Case> cases{
      {"a hash of the proof with a bit flipped",
       "leads to another root hash",
       {},
       flip(proof + ".hashes.0"),
       {},
       {},
       {}},
      {"another index", "does not have the length", {}, set(proof + ".logIndex", "6"), {}, {}, {}},
      {"an index beyond the tree", "does not have the length", {}, set(proof + ".logIndex", "7"), {}, {}, {}},
      {"a neighbour's index", "leads to another root hash", {}, set(proof + ".logIndex", "5"), {}, {}, {}},
      {"a proof too short", "does not have the length", {}, set(proof + ".hashes", Json::array()), {}, {}, {}},
      {"another root hash", "leads to another root hash", {}, flip(proof + ".rootHash"), {}, {}, {}},
      {"no proof", "has no inclusion proof", {}, set(k_entry + ".inclusionProof", Json{}), {}, {}, {}},
      {"no checkpoint", "has no checkpoint", {}, set(proof + ".checkpoint", Json{}), {}, {}, {}},
      {"a checkpoint of another size",
       "the checkpoint is of a tree of 8 leaves",
       {},
       other_checkpoint("\n7\n", "\n8\n"),
       {},
       {},
       {}},
      {"a checkpoint with a line more",
       "bad signature of the log",
       {},
       other_checkpoint("\n\n", "\nmore\n\n"),
       {},
       {},
       {}},
      {"a checkpoint of another origin",
       "not signed by the log",
       {},
       other_checkpoint("log.test\n7", "gol.test\n7"),
       {},
       {},
       {}},
      {"a checkpoint without signature",
       "checkpoint has no signature",
       {},
       set(proof + ".checkpoint.envelope", "log.test\n7\nAAAA\n"),
       {},
       {},
       {}},
      {"no entry", "has no entry", {}, set("verificationMaterial.tlogEntries", Json::array()), {}, {}, {}},
      {"another artifact than the log saw", "another artifact digest", {}, {}, {}, {}, "another artifact"},
      {"the entry of another signing", "the log recorded another signature", quiet, of_another(k_entry), {}, {}, {}},
      {"a kind that is not the body's",
       "of another kind or version",
       quiet,
       set(k_entry + ".kindVersion.version", "0.0.2"),
       {},
       {},
       {}},
      {"another envelope",
       "another payload digest",
       envelope_recipe(),
       [](const Json& json) {
         return test::with_value(json, "dsseEnvelope.payload", to_base64(as_bytes(test::statement_about("other"))));
       },
       {},
       {},
       {}},
      {"another signature over the envelope",
       "another signature",
       recipe_with([](Recipe& r) { r.timestamp = false; }, envelope_recipe()),
       flip("dsseEnvelope.signatures.0.sig"),
       {},
       {},
       {}}};
  for (const auto& each : cases) expect_failure("log entry", each);
}

TEST_CASE("sigstore: step 6 refuses signatures that do not hold, even if log and time vouch for them",
          "[attest][sigstore]") {
  const auto raw_payload = [](const Bytes&) {
    const auto payload = test::statement_about(Recipe{}.artifact);
    return Bytes{payload.begin(), payload.end()};
  };
  const auto other_type = [](const Bytes&) {
    return pre_authentication_encoding("text/plain", as_bytes(test::statement_about(Recipe{}.artifact)));
  };
  const std::vector<Case> cases{
      {"another key",
       "does not hold over the artifact",
       recipe_with([](Recipe& r) { r.foreign_signer = true; }),
       {},
       {},
       {},
       {}},
      {"another key over an envelope",
       "does not hold over the envelope",
       recipe_with([](Recipe& r) { r.foreign_signer = true; }, envelope_recipe()),
       {},
       {},
       {},
       {}},
      {"a payload signed without its type",
       "does not hold over the envelope",
       recipe_with([&](Recipe& r) { r.to_be_signed = raw_payload; }, envelope_recipe()),
       {},
       {},
       {},
       {}},
      {"a payload signed as another type",
       "does not hold over the envelope",
       recipe_with([&](Recipe& r) { r.to_be_signed = other_type; }, envelope_recipe(EntryForm::dsse_v2)),
       {},
       {},
       {},
       {}},
      {"a signature with a byte behind it",
       "does not hold",
       recipe_with([](Recipe& r) { r.signature = [](Bytes& s) { s.push_back(0); }; }),
       {},
       {},
       {},
       {}},
      {"a signature of zeros",
       "does not hold",
       recipe_with([](Recipe& r) { r.signature = [](Bytes& s) { s.assign(64, 0); }; }),
       {},
       {},
       {},
       {}},
      {"a digest signed as if it were the artifact",
       "does not hold",
       recipe_with(
           [](Recipe& r) { r.to_be_signed = [](const Bytes& bytes) { return digest_of(HashKind::sha256, bytes); }; }),
       {},
       {},
       {},
       {}},
      {"a message digest of something else",
       "message digest is not the artifact's",
       {},
       flip("messageSignature.messageDigest.digest"),
       {},
       {},
       {}}};
  for (const auto& each : cases) expect_failure("signature", each);
}

TEST_CASE("sigstore: step 7 refuses statements about something else", "[attest][sigstore]") {
  const auto with_payload = [](std::string payload) {
    return recipe_with([&](Recipe& r) { r.payload = std::move(payload); }, envelope_recipe());
  };
  auto upper = test::statement_about(Recipe{}.artifact);
  for (auto at = upper.find("sha256\":\"") + 9; upper[at] != '"'; ++at)
    upper[at] = static_cast<char>(std::toupper(upper[at]));
  const auto head = std::string{R"({"_type":"https://in-toto.io/Statement/v1","predicateType":"p","subject":)"};
  const std::vector<Case> cases{
      {"another artifact", "not about this artifact", with_payload(test::statement_about("another")), {}, {}, {}, {}},
      {"digests in upper case", "no lower-case hexadecimal", with_payload(upper), {}, {}, {}, {}},
      {"another kind of document",
       "no in-toto statement",
       with_payload(R"({"_type":"https://example.org"})"),
       {},
       {},
       {},
       {}},
      {"no subject", "has no subject", with_payload(head + "[]}"), {}, {}, {}, {}},
      {"a subject without digest", "has no digest", with_payload(head + R"([{"name":"artifact"}]})"), {}, {}, {}, {}},
      {"a member twice", "stands twice", with_payload(head + R"([],"subject":[]})"), {}, {}, {}, {}},
      {"no JSON", "malformed JSON", with_payload("not JSON"), {}, {}, {}, {}},
      {"a SHA-1 alone proves nothing",
       "not about this artifact",
       with_payload(head + R"([{"digest":{"sha1":"da39a3ee5e6b4b0d3255bfef95601890afd80709"}}]})"),
       {},
       {},
       {},
       {}},
      {"another payload type",
       "no in-toto statement but \"text/plain\"",
       recipe_with([](Recipe& r) { r.payload_type = "text/plain"; }, envelope_recipe()),
       {},
       {},
       {},
       {}}};
  for (const auto& each : cases) expect_failure("subject", each);
}

TEST_CASE("sigstore: a bundle is malformed in these ways", "[attest][sigstore][hostile]") {
  const auto good = test_authority().bundle(envelope_recipe());
  const auto refused = [](const Json& json, const std::string& message) {
    const auto bundle = Bundle::parse(json.dump());
    INFO(message);
    REQUIRE_FALSE(bundle);
    CHECK(bundle.error().message.find(message) != std::string::npos);
  };
  refused(test::with_value(good, "mediaType", "application/vnd.dev.sigstore.bundle+json;version=99.9"),
          "no Sigstore bundle of version");
  refused(test::with_value(good, "verificationMaterial.certificate", Json{}), "exactly one of certificate");
  refused(test::with_value(good, "messageSignature", test::at_path(test_authority().bundle({}), "messageSignature")),
          "exactly one of messageSignature");
  refused(test::with_value(good, "dsseEnvelope.signatures", Json::array()), "no signature");
  auto many = Json::array();
  for (int i = 0; i < 5000; ++i) many.push(test::at_path(good, "dsseEnvelope.signatures.0"));
  refused(test::with_value(good, "dsseEnvelope.signatures", many), "5000 signatures");
  refused(test::with_value(good, "dsseEnvelope.signatures.0.sig", "AAA"), "not canonical base64");
  refused(test::with_value(good, "dsseEnvelope.signatures.0.sig", ""), "empty signature");
  refused(test::with_value(good, "verificationMaterial.tlogEntries.0.logIndex", "-1"), "no valid logIndex");
  refused(test::with_value(good, "verificationMaterial.certificate.rawBytes", "MAA="), "malformed certificate");
  const auto root = test::at_path(test_authority().trusted_root(), "certificateAuthorities.0.certChain.certificates");
  auto chain = Json::object();
  chain.set("certificates", root);
  refused(test::with_value(test::with_value(good, "verificationMaterial.certificate", Json{}),
                           "verificationMaterial.x509CertificateChain", chain),
          "root certificate");
}

TEST_CASE("sigstore: a file of millions of values is refused before they are read", "[attest][sigstore][hostile]") {
  std::string values = "[0";
  for (std::size_t i = 0; i <= k_max_envelope_values; ++i) values += ",0";
  values += "]";
  for (const auto& text : {R"({"verificationMaterial":)" + values + "}", "{}\n" + values + "\n"}) {
    const auto bundles = parse_bundles(text);
    REQUIRE_FALSE(bundles);
    CHECK(bundles.error().message.find("more values than the limit") != std::string::npos);
  }
  CHECK_FALSE(Envelope::parse(R"({"payloadType":"t","payload":"","signatures":)" + values + "}"));
}

TEST_CASE("sigstore: certificates of absurd validity, and fields that are over-long, empty or of another kind",
          "[attest][sigstore][hostile]") {
  const auto refused = [](const Json& json, const std::string& message) {
    const auto bundle = Bundle::parse(json.dump());
    INFO(message);
    REQUIRE_FALSE(bundle);
    INFO(bundle.error().message);
    CHECK(bundle.error().message.find(message) != std::string::npos);
  };
  constexpr std::int64_t k_century = 100LL * 366 * 86400;
  refused(test_authority().bundle(recipe_with([](Recipe& r) { r.not_after = r.not_before + k_century + 86400; })),
          "absurd validity");
  refused(test_authority().bundle(recipe_with([](Recipe& r) { r.not_after = r.not_before - 1; })), "absurd validity");
  const auto good = test_authority().bundle({});
  refused(test::with_value(good, "messageSignature.signature", ""), "signature");
  refused(test::with_value(good, k_entry + ".canonicalizedBody", ""), "canonicalizedBody");
  refused(test::with_value(good, k_entry + ".inclusionProof.treeSize", "99999999999999999999"), "treeSize");
  refused(test::with_value(good, k_entry + ".inclusionProof.hashes.0", to_base64(Bytes(31, 1))), "hash");
  refused(test::with_value(good, k_entry + ".logId.keyId", ""), "keyId");
  refused(test::with_value(good, "verificationMaterial.certificate.rawBytes", to_base64(Bytes(3'000'000, 0x30))),
          "malformed certificate");
  refused(test::with_value(good, "verificationMaterial", Json::array()), "");
}

TEST_CASE("sigstore: a message signature under another hash than the key's is refused at its step",
          "[attest][sigstore][hostile]") {
  expect_failure("signature", {"SHA-512 with P-256",
                               "does not hold",
                               recipe_with([](Recipe& r) {
                                 r.to_be_signed = [](const Bytes& bytes) { return digest_of(HashKind::sha512, bytes); };
                               }),
                               {},
                               {},
                               {},
                               {}});
}

TEST_CASE("sigstore: a trusted root whose key has no beginning is refused", "[attest][sigstore][hostile]") {
  const auto good = test_authority().trusted_root();
  for (const auto* place : {"tlogs.0.publicKey.validFor", "ctlogs.0.publicKey.validFor",
                            "certificateAuthorities.0.validFor", "timestampAuthorities.0.validFor"}) {
    const auto root = TrustedRoot::parse(test::with_value(good, place, Json::object()).dump());
    REQUIRE_FALSE(root);
    CHECK(root.error().message.find("no start") != std::string::npos);
  }
}

TEST_CASE("sigstore: every single bit of a bundle's signature, certificate, entry and timestamp matters",
          "[attest][sigstore][hostile]") {
  Recipe recipe = envelope_recipe();
  const auto good = test_authority().bundle(recipe);
  const auto root = TrustedRoot::parse(test_authority().trusted_root().dump());
  REQUIRE(root);
  const auto artifact = Artifact::from_bytes("artifact", as_bytes(recipe.artifact));
  for (const auto* path :
       {"dsseEnvelope.payload", "dsseEnvelope.signatures.0.sig", "verificationMaterial.certificate.rawBytes",
        "verificationMaterial.tlogEntries.0.canonicalizedBody"}) {
    const auto bytes = from_base64(test::at_path(good, path).text());
    for (std::size_t at = 0; at < bytes->size(); at += 1 + bytes->size() / 24) {
      auto changed = *bytes;
      changed[at] ^= static_cast<std::uint8_t>(1U << (at % 8));
      const auto bundle = Bundle::parse(test::with_value(good, path, to_base64(changed)).dump());
      INFO(path << " byte " << at);
      CHECK((!bundle || verify_bundle(*bundle, artifact, *root, usual_policy()).link.state == LinkState::failed));
    }
  }
}
