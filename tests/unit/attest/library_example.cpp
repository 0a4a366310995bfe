// The module used as a library, without the program: sign a statement about some bytes, verify it, look at the chain.
#include <sys/stat.h>

#include "attest/evidence.hpp"
#include "attest/predicate.hpp"
#include "authority.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

using namespace assay::attest;

TEST_CASE("library: sign what was found about an artifact, and verify it against a policy", "[attest][library]") {
  const assay::test::TempDir directory;
  const auto pem = assay::test::TestAuthority::private_key_pem("ED25519");
  const auto key_file = directory.write("signer.pem", pem);
  ::chmod(key_file.c_str(), 0600);
  const auto public_file = directory.write("signer.pub", assay::test::TestAuthority::public_key_pem(pem));
  const auto artifact_file = directory.write("product.tar", "content\n");

  // A signer says that the artifact was verified.
  const auto artifact = Artifact::open(artifact_file);
  const auto key = PrivateKey::open(key_file.string());
  REQUIRE(artifact);
  REQUIRE(key);
  VerificationSummary summary;
  summary.verifier_id = "https://verifier.example.org";
  summary.resource_uri = "pkg:generic/product";
  summary.passed = true;
  const auto statement = summary_statement(summary, {artifact->name(), {{"sha256", artifact->digests().at("sha256")}}});
  const auto envelope = sign_statement(statement, std::vector{*key});
  REQUIRE(envelope);

  // Somebody else asks whether it is there, by whom, and what it says.
  Evidence evidence;
  evidence.attestations = {directory.write("vsa.json", envelope->to_json().dump()).string()};
  evidence.keys = {public_file.string()};
  evidence.policy =
      directory
          .write("policy.toml", "[[require]]\nname = \"verified\"\npredicate = \"" + std::string{k_vsa_predicate} +
                                    "\"\n[[require.signer]]\nkey = \"" + key->public_key().fingerprint() +
                                    "\"\n[require.expect]\nresult = \"PASSED\"\n")
          .string();
  const auto report = verify_evidence(evidence, *artifact);
  REQUIRE(report);
  INFO(render_tree(report->link, Paint::no, true));
  CHECK(report->link.state == LinkState::ok);
  CHECK(report->findings.empty());

  const auto other = Artifact::from_bytes("other", assay::as_bytes("other\n"));
  const auto refused = verify_evidence(evidence, other);
  REQUIRE(refused);
  CHECK(refused->link.state == LinkState::failed);
  CHECK(refused->link.children.at(0).children.at(1).detail == "the statement is not about this artifact");
  CHECK(refused->findings.size() == 1);  // the policy, which now lacks the attestation
  evidence.policy.clear();
  const auto contradicted = verify_evidence(evidence, other);
  REQUIRE(contradicted);
  CHECK(first_failure(contradicted->link)->detail == "the statement is not about this artifact");
}

namespace {

/// What verifying comes to with a signed statement about the artifact that has this type and predicate.
LinkState state_of_statement(const std::string& type, const std::string& predicate) {
  const assay::test::TempDir directory;
  const auto pem = assay::test::TestAuthority::private_key_pem("ED25519");
  const auto key_file = directory.write("signer.pem", pem);
  ::chmod(key_file.c_str(), 0600);
  const auto artifact = Artifact::from_bytes("product", assay::as_bytes("content\n"));
  const auto key = PrivateKey::open(key_file.string());
  if (!key) return LinkState::failed;
  Statement statement;
  statement.predicate_type = type;
  statement.subjects.push_back({"product", {{"sha256", artifact.digests().at("sha256")}}});
  statement.predicate = *Json::parse(predicate);
  Evidence evidence;
  evidence.attestations = {
      directory.write("statement.json", sign_statement(statement, std::vector{*key})->to_json().dump()).string()};
  evidence.keys = {directory.write("signer.pub", assay::test::TestAuthority::public_key_pem(pem)).string()};
  const auto report = verify_evidence(evidence, artifact);
  return report ? report->link.state : LinkState::failed;
}

}  // namespace

TEST_CASE("library: a signed statement that says the worst verifies nothing, nor does one that nobody can read",
          "[attest][library][hostile]") {
  const std::string test{k_test_result_predicate};
  const std::string summary{k_vsa_predicate_v02};
  CHECK(state_of_statement(test, R"({"result":"PASSED"})") == LinkState::ok);
  CHECK(state_of_statement(test, R"({"result":"FAILED"})") == LinkState::failed);
  CHECK(state_of_statement(summary, R"({"verification_result":"PASSED"})") == LinkState::ok);
  CHECK(state_of_statement(summary, R"({"verification_result":"FAILED"})") == LinkState::failed);
  CHECK(state_of_statement(summary, R"({"verification_result":"PASSED","verified_levels":["FAILED"]})") ==
        LinkState::failed);
  CHECK(state_of_statement("https://slsa.dev/provenance/v1", "{}") == LinkState::ok);
  CHECK(state_of_statement("https://example.org/what", "{}") == LinkState::not_checked);
  CHECK(state_of_statement("https://in-toto.io/attestation/vulns/v0.1", R"({"result":"MALWARE"})") ==
        LinkState::not_checked);
}
