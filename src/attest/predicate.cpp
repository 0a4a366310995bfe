#include "attest/predicate.hpp"

#include <fmt/format.h>

#include <set>

#include "attest/encoding.hpp"
#include "base/text.hpp"
#include "base/version.hpp"

namespace assay::attest {

namespace {

/// What is to be signed is no attack on who signs it.
constexpr JsonLimits k_own_documents{256U << 20, 64, 256U << 20};

/// SPDX says "SHA256" and CycloneDX "SHA-256". Weak ones are left out.
void take_digest(std::string_view algorithm, std::string_view value, DigestMap& digests) {
  auto name = ascii_lower(algorithm);
  std::erase(name, '-');
  if (name == "sha256" || name == "sha384" || name == "sha512") digests.emplace(name, ascii_lower(value));
}

/// The SPDX ids of what the document says that it describes, in each of the ways there are to say so.
std::set<std::string_view> described_ids(const Json& document) {
  constexpr std::string_view k_document = "SPDXRef-DOCUMENT";
  std::set<std::string_view> ids;
  for (const auto& id : document["documentDescribes"].items()) ids.insert(id.text());
  for (const auto& relationship : document["relationships"].items()) {
    const auto from = relationship.text("spdxElementId"), to = relationship.text("relatedSpdxElement");
    const auto type = relationship.text("relationshipType");
    if (type == "DESCRIBES" && from == k_document) ids.insert(to);
    if (type == "DESCRIBED_BY" && to == k_document) ids.insert(from);
  }
  return ids;
}

/// The digests of each thing that the document describes.
std::vector<DigestMap> described_digests(const Json& document) {
  std::vector<DigestMap> described;
  if (document.text("bomFormat") == "CycloneDX") {
    auto& digests = described.emplace_back();
    for (const auto& hash : document["metadata"]["component"]["hashes"].items())
      take_digest(hash.text("alg"), hash.text("content"), digests);
  } else if (document.text("spdxVersion").starts_with("SPDX-2.")) {
    const auto ids = described_ids(document);
    for (const auto list : {"packages", "files"})
      for (const auto& element : document[list].items()) {
        if (!ids.contains(element.text("SPDXID"))) continue;
        auto& digests = described.emplace_back();
        for (const auto& checksum : element["checksums"].items())
          take_digest(checksum.text("algorithm"), checksum.text("checksumValue"), digests);
      }
  }
  return described;
}

}  // namespace

std::optional<std::string> describes_another(const Json& document, const DigestMap& artifact) {
  std::optional<std::string> other;
  for (const auto& digests : described_digests(document)) {
    bool agrees = false, differs = false;
    for (const auto& [name, value] : digests) {
      const auto own = artifact.find(name);
      if (own == artifact.end()) continue;
      (own->second == value ? agrees : differs) = true;
      if (own->second != value && !other) other = fmt::format("{}:{}", name, value);
    }
    // Of several things that it describes the artifact may be one.
    if (agrees && !differs) return std::nullopt;
  }
  return other;
}

Result<Statement> assessment_statement(std::string_view report) {
  ASSAY_TRY(const auto json, Json::parse(report, k_own_documents));
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
  ASSAY_TRY(auto json, Json::parse(document, k_own_documents));
  Statement statement;
  if (json.text("bomFormat") == "CycloneDX") statement.predicate_type = k_cyclonedx_predicate;
  else if (json.text("spdxVersion").starts_with("SPDX-2.")) statement.predicate_type = k_spdx_predicate;
  else return Error{ErrorCode::format, "neither an SPDX 2 nor a CycloneDX document", {}, {}};
  if (const auto other = describes_another(json, subject.digests))
    return Error{ErrorCode::usage,
                 fmt::format("the document describes {}, which is not {}", escape_for_display(*other),
                             escape_for_display(subject.name)),
                 {},
                 "name the artifact that it describes, or make one of this: assay sbom"};
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
