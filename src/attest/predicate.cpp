#include "attest/predicate.hpp"

#include <fmt/format.h>

#include "attest/encoding.hpp"
#include "base/text.hpp"
#include "base/version.hpp"

namespace assay::attest {

Result<Statement> assessment_statement(std::string_view report) {
  ASSAY_TRY(const auto json, Json::parse(report, {256U << 20, 64}));
  if (json.text("schema_version") != "1" || !json.has("verdict") || !json["coverage"].is_object())
    return Error{ErrorCode::format,
                 "not an assessment: no report of schema_version 1 with verdict and coverage",
                 {},
                 "make one with: assay check --format json"};
  const auto digest = json["subject"].text("sha256");
  if (!is_digest("sha256", digest))
    return Error{ErrorCode::format, "the assessment does not name its subject's SHA-256", {}, {}};
  Statement statement;
  statement.subjects.push_back({std::string{json["subject"].text("name")}, {{"sha256", std::string{digest}}}});
  statement.predicate_type = k_assessment_predicate;
  // The report is the predicate as a whole: what would be left out would be what a verifier cannot ask about.
  statement.predicate = json;
  return statement;
}

bool is_descriptive(std::string_view predicate_type) {
  return starts_with_any(
      predicate_type,
      {"https://slsa.dev/provenance/", "https://in-toto.io/Link/", "https://in-toto.io/attestation/link/",
       "https://in-toto.io/attestation/release/", "https://docs.pypi.org/attestations/publish/",
       "https://github.com/npm/attestation/tree/main/specs/publish/", "https://sigstore.dev/cosign/sign/",
       "https://spdx.dev/Document", "https://cyclonedx.org/"});
}

Statement summary_statement(const VerificationSummary& summary, Subject subject) {
  auto verifier = Json::object();
  auto version = Json::object();
  version.set("assay", k_version);
  verifier.set("id", summary.verifier_id).set("version", std::move(version));
  auto policy = Json::object();
  policy.set("uri", summary.policy_uri);
  if (!summary.policy_digest.empty()) policy.set("digest", to_json(summary.policy_digest));
  auto inputs = Json::array();
  for (const auto& [uri, digest] : summary.inputs) {
    auto input = Json::object();
    inputs.push(input.set("uri", uri).set("digest", to_json(digest)));
  }
  auto levels = Json::array();
  if (summary.passed)
    for (const auto& level : summary.levels) levels.push(level);
  if (!summary.passed) levels.push("FAILED");
  auto predicate = Json::object();
  predicate.set("verifier", std::move(verifier))
      .set("timeVerified", format_time(summary.time_verified))
      .set("resourceUri", summary.resource_uri);
  predicate.set("policy", std::move(policy));
  if (!summary.inputs.empty()) predicate.set("inputAttestations", std::move(inputs));
  predicate.set("verificationResult", summary.passed ? "PASSED" : "FAILED")
      .set("verifiedLevels", std::move(levels))
      .set("slsaVersion", "1.0");
  Statement statement;
  statement.subjects.push_back(std::move(subject));
  statement.predicate_type = k_vsa_predicate;
  statement.predicate = std::move(predicate);
  return statement;
}

Result<Statement> sbom_statement(std::string_view document, Subject subject) {
  ASSAY_TRY(auto json, Json::parse(document, {256U << 20, 64}));
  Statement statement;
  if (json.text("bomFormat") == "CycloneDX") statement.predicate_type = k_cyclonedx_predicate;
  else if (json.text("spdxVersion").starts_with("SPDX-2.")) statement.predicate_type = k_spdx_predicate;
  else return Error{ErrorCode::format, "neither an SPDX 2 nor a CycloneDX document", {}, {}};
  statement.subjects.push_back(std::move(subject));
  statement.predicate = std::move(json);
  return statement;
}

Result<Envelope> sign_statement(const Statement& statement, std::span<const PrivateKey> keys) {
  const auto text = statement.to_json_text();
  Envelope envelope{std::string{k_intoto_payload_type}, {text.begin(), text.end()}, {}};
  for (const auto& key : keys) {
    ASSAY_TRY_VOID(add_signature(envelope, key));
  }
  return envelope;
}

}  // namespace assay::attest
