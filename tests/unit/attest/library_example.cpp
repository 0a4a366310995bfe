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
  evidence.policy = directory.write("policy.toml", "[[require]]\nname = \"verified\"\npredicate = \"" + std::string{k_vsa_predicate} + "\"\n[[require.signer]]\nkey = \"" + key->public_key().fingerprint() +
                                                       "\"\n[require.expect]\nresult = \"PASSED\"\n").string();
  const auto report = verify_evidence(evidence, *artifact);
  REQUIRE(report);
  INFO(render_tree(report->link, Paint::no, true));
  CHECK(report->link.state == LinkState::ok);
  CHECK(report->findings.empty());

  const auto other = Artifact::from_bytes("other", assay::as_bytes("other\n"));
  const auto refused = verify_evidence(evidence, other);
  REQUIRE(refused);
  CHECK(refused->link.state == LinkState::failed);
  CHECK(first_failure(refused->link)->detail == "the statement is not about this artifact");
  CHECK(refused->findings.size() == 2);  // the attestation, and the policy that now lacks it
}
