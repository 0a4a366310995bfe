// Policies: who has to say what, how many of them, and why it was not enough.
#include "attest/policy.hpp"

#include <algorithm>

#include "support/catch.hpp"

using namespace assay;
using namespace assay::attest;

namespace {

const std::string k_key_a(64, 'a'), k_key_b(64, 'b'), k_key_c(64, 'c');

VerifiedStatement provenance(const std::string& source, const std::string& builder, const std::string& signer,
                             const std::string& issuer = {}) {
  VerifiedStatement made;
  made.source = source;
  made.statement.predicate_type = "https://slsa.dev/provenance/v1";
  made.statement.predicate = *Json::parse(
      R"({"buildDefinition":{"buildType":"https://example.org/type","externalParameters":{"workflow":{"repository":"https://example.org/r","ref":"refs/tags/v1"}},
    "resolvedDependencies":[{"uri":"git+https://example.org/r.git@refs/tags/v1","digest":{"gitCommit":"0123"}}]},"runDetails":{"builder":{"id":")" +
      builder + R"("}}})");
  made.signers = {signer};
  made.issuer = issuer;
  made.signed_with = issuer.empty() ? SignedWith::key : SignedWith::certificate;
  return made;
}

VerificationPolicy policy(const std::string& text) {
  auto parsed = VerificationPolicy::parse(text, "policy.toml");
  if (!parsed) FAIL(parsed.error().to_string());
  return *std::move(parsed);
}

const std::string k_rebuilders =
    "[[require]]\nname = \"two of three rebuilders agree\"\npredicate = \"https://slsa.dev/provenance/v1\"\ncount = 2\n"
    "[[require.signer]]\nkey = \"" +
    k_key_a + "\"\n[[require.signer]]\nkey = \"" + k_key_b + "\"\n[[require.signer]]\nkey = \"" + k_key_c + "\"\n";

}  // namespace

TEST_CASE("policy: two of three signers, each counted once", "[attest][policy]") {
  const auto wanted = policy(k_rebuilders);
  const std::vector one{provenance("1", "x", k_key_a), provenance("2", "x", k_key_a)};
  CHECK(evaluate(wanted, one).state == LinkState::failed);
  const std::vector two{provenance("1", "x", k_key_a), provenance("2", "x", k_key_c)};
  CHECK(evaluate(wanted, two).state == LinkState::ok);
  const std::vector stranger{provenance("1", "x", k_key_a), provenance("2", "x", std::string(64, 'd'))};
  const auto link = evaluate(wanted, stranger);
  CHECK(link.state == LinkState::failed);
  CHECK(link.children[0].evidence[1].second.find("who is not accepted") != std::string::npos);
  CHECK(evaluate(wanted, {}).children[0].detail.find("no verified statement") != std::string::npos);
}

TEST_CASE("policy: a certificate's name is no key, and a key no name", "[attest][policy][hostile]") {
  const auto wanted = policy(k_rebuilders);
  const std::vector forged{provenance("1", "x", k_key_a, "https://issuer"),
                           provenance("2", "x", k_key_b, "https://issuer")};
  CHECK(evaluate(wanted, forged).state == LinkState::failed);
  const auto named = policy(
      "[[require]]\nname = \"n\"\npredicate = \"https://slsa.dev/provenance/v1\"\n[[require.signer]]\nsubject-pattern "
      "= \".*\"\nissuer-pattern = \".*\"\n");
  const std::vector by_key{provenance("1", "x", k_key_a)};
  CHECK(evaluate(named, by_key).state == LinkState::failed);
  auto without_issuer = provenance("1", "x", k_key_a);
  without_issuer.signed_with = SignedWith::certificate;
  auto second = without_issuer;
  second.signers = {k_key_b};
  CHECK(evaluate(wanted, std::vector{without_issuer, second}).state == LinkState::failed);
  auto many_names = provenance("1", "x", "first", "https://issuer");
  many_names.signers.push_back("second");
  auto twice = named;
  twice.requirements[0].count = 2;
  CHECK(evaluate(twice, std::vector{many_names}).state == LinkState::failed);
  auto same_names = many_names;
  std::reverse(same_names.signers.begin(), same_names.signers.end());
  CHECK(evaluate(twice, std::vector{many_names, same_names}).state == LinkState::failed);
  CHECK(evaluate(twice, std::vector{many_names, provenance("2", "x", "third", "https://issuer")}).state ==
        LinkState::ok);
}

TEST_CASE("policy: expectations of provenance and verification summaries", "[attest][policy]") {
  const auto head =
      "[[require]]\nname = \"n\"\npredicate = [\"https://slsa.dev/provenance/v1\", "
      "\"https://slsa.dev/verification_summary/v1\"]\n[[require.signer]]\nkey = \"" +
      k_key_a + "\"\n[require.expect]\n";
  const std::vector statements{provenance("1", "https://builder", k_key_a)};
  const auto state = [&](const std::string& expect) { return evaluate(policy(head + expect), statements).state; };
  CHECK(state("builder-id = \"https://builder\"\nbuild-type = \"https://example.org/type\"\nsource-repository = "
              "\"https://example.org/r\"\nsource-ref-pattern = \"refs/tags/v.*\"\nsource-commit = \"0123\"\n") ==
        LinkState::ok);
  CHECK(state("builder-id = \"https://other\"\n") == LinkState::failed);
  CHECK(state("level = \"SLSA_BUILD_LEVEL_3\"\n") == LinkState::failed);
  CHECK(state("external-parameters = [\"workflow\"]\n") == LinkState::ok);
  CHECK(state("external-parameters = []\n") == LinkState::failed);
  VerifiedStatement summary{"vsa", {}, {k_key_a}, {}};
  summary.statement.predicate_type = "https://slsa.dev/verification_summary/v1";
  const auto vsa_state = [&](const std::string& result) {
    summary.statement.predicate =
        *Json::parse(R"({"verifier":{"id":"https://v"},"resourceUri":"pkg:x","verificationResult":")" + result +
                     R"(","verifiedLevels":["SLSA_BUILD_LEVEL_3"]})");
    return evaluate(
               policy(head + "level = \"SLSA_BUILD_LEVEL_3\"\nverifier-id = \"https://v\"\nresource-uri = \"pkg:x\"\n"),
               std::vector{summary})
        .state;
  };
  CHECK(vsa_state("PASSED") == LinkState::ok);
  CHECK(vsa_state("FAILED") == LinkState::failed);
}

TEST_CASE("policy: the commit of a dependency that is not the declared source is not the source's",
          "[attest][policy][hostile]") {
  const auto asked =
      policy("[[require]]\nname = \"n\"\npredicate = \"https://slsa.dev/provenance/v1\"\n[[require.signer]]\nkey = \"" +
             k_key_a + "\"\n[require.expect]\nsource-commit = \"0123\"\n");
  const auto state = [&](const std::string& uri) {
    auto made = provenance("1", "https://builder", k_key_a);
    made.statement.predicate = *Json::parse(
        R"({"buildDefinition":{"externalParameters":{"workflow":{"repository":"https://example.org/r"}},"resolvedDependencies":[{"uri":")" +
        uri + R"(","digest":{"gitCommit":"0123"}}]}})");
    return evaluate(asked, std::vector{made}).state;
  };
  CHECK(state("git+https://example.org/r@refs/heads/main") == LinkState::ok);
  for (const auto* uri : {"", "some-action", "git+https://example.org/r2", "git+https://evil.example/r",
                          "git+https://example.org/r/x@refs/heads/main"})
    CHECK(state(uri) == LinkState::failed);
}

TEST_CASE("policy: what is off is named with its place", "[attest][policy]") {
  const auto refused = [](const std::string& text, const std::string& message) {
    const auto parsed = VerificationPolicy::parse(text, "p.toml");
    INFO(text);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().message.find(message) != std::string::npos);
    CHECK(parsed.error().where.starts_with("p.toml:"));
  };
  const std::string head = "[[require]]\nname = \"n\"\npredicate = \"p\"\n";
  refused("", "at least one [[require]]");
  refused("x = 1", "no key 'x'");
  refused("[[require]]\nname = ", "");
  refused(head, "else anybody could meet it");
  refused(head + "[[require.signer]]\n", "either a key, or a subject and an issuer");
  refused(head + "[[require.signer]]\nsubject = \"s\"\n", "either a key, or a subject and an issuer");
  refused(head + "[[require.signer]]\nkey = \"AB\"\n", "SHA-256");
  refused(head + "[[require.signer]]\nsubject-pattern = \"(\"\nissuer = \"i\"\n", "malformed regular expression");
  refused(head + "count = 0\n[[require.signer]]\nkey = \"" + k_key_a + "\"\n", "count has to be");
  refused(head + "[[require.signer]]\nkey = \"" + k_key_a + "\"\n[require.expect]\ncolour = \"red\"\n",
          "nothing can be expected of 'colour'");
}

TEST_CASE("policy: an expectation in the wrong brackets is an error, and parameters nobody told are not met",
          "[attest][policy][hostile]") {
  const auto head =
      "[[require]]\nname = \"n\"\npredicate = [\"https://slsa.dev/provenance/v1\", "
      "\"https://slsa.dev/provenance/v0.2\"]\n[[require.signer]]\nkey = \"" +
      k_key_a + "\"\n";
  for (const auto* wrong : {"[[require.expect]]\nbuilder-id = \"b\"\n", "[require]\nexpect = \"b\"\n"}) {
    const auto parsed = VerificationPolicy::parse(head + wrong, "p.toml");
    INFO(wrong);
    CHECK_FALSE(parsed);
  }
  const auto wanted = policy(head + "[require.expect]\nexternal-parameters = [\"workflow\"]\n");
  auto statement = provenance("1", "b", k_key_a);
  CHECK(evaluate(wanted, std::vector{statement}).state == LinkState::ok);
  statement.statement.predicate = *Json::parse(R"({"builder":{"id":"b"}})");
  CHECK(evaluate(wanted, std::vector{statement}).children[0].detail.find("says nothing about external parameters") !=
        std::string::npos);
  statement.statement.predicate = *Json::parse(R"({"builder":{"id":"b"},"invocation":{"parameters":{"debug":1}}})");
  CHECK(evaluate(wanted, std::vector{statement}).state == LinkState::failed);
  statement.statement.predicate = *Json::parse(R"({"builder":{"id":"b"},"invocation":{"parameters":{"workflow":1}}})");
  CHECK(evaluate(wanted, std::vector{statement}).state == LinkState::ok);
}
