// Statements of our own: an assessment, a verification summary, a bill of materials; signed as DSSE envelopes.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attest/dsse.hpp"
#include "attest/json.hpp"
#include "attest/key.hpp"
#include "attest/statement.hpp"

namespace assay::attest {

/// docs/predicates/assessment-v1.md
inline constexpr std::string_view k_assessment_predicate = "urn:assay:attestation:assessment:v1";
inline constexpr std::string_view k_vsa_predicate = "https://slsa.dev/verification_summary/v1";
/// As the draft before wrote it: its members are called otherwise.
inline constexpr std::string_view k_vsa_predicate_v02 = "https://slsa.dev/verification_summary/v0.2";
inline constexpr std::string_view k_test_result_predicate = "https://in-toto.io/attestation/test-result/v0.1";
inline constexpr std::string_view k_spdx_predicate = "https://spdx.dev/Document";
inline constexpr std::string_view k_cyclonedx_predicate = "https://cyclonedx.org/bom";

/// What an assessment found, negative results included: verdict, counts, every entry's proof with its evidence (the rules
/// that normalised it among it), findings, waivers with reasons, coverage gaps. `report` is the assessment as
/// report::render_json() writes it; the subject is the assessed artifact by its SHA-256. Errors: a report that is none, or
/// without the subject's digest.
Result<Statement> assessment_statement(std::string_view report);

/// The type says how a thing was made, released or what it consists of: such a statement passes no judgement on it, and that
/// its subject is the artifact is all that it can say for it.
bool is_descriptive(std::string_view predicate_type);

struct VerificationSummary {
  std::string verifier_id;
  std::string resource_uri;
  std::string policy_uri;
  DigestMap policy_digest;
  std::int64_t time_verified = 0;
  bool passed = false;
  std::vector<std::string> levels;                        ///< "SLSA_BUILD_LEVEL_2"; none if it did not pass
  std::vector<std::pair<std::string, DigestMap>> inputs;  ///< attestations it rests on, all of them; uri and digest
};

Statement summary_statement(const VerificationSummary& summary, Subject subject);

/// The digest (`sha256:HEX`) of what a bill of materials (SPDX or CycloneDX) says that it describes, where that is not among
/// `artifact`'s: it is about something else. Nothing if it agrees, gives no digest of a kind that `artifact` has, or is no
/// such document. Digests weaker than SHA-256 do not count.
std::optional<std::string> describes_another(const Json& document, const DigestMap& artifact);

/// A statement that `subject` consists of what the document (SPDX or CycloneDX JSON) says. Errors: neither of the two, or
/// one that describes something of another digest.
Result<Statement> sbom_statement(std::string_view document, Subject subject);

/// The statement in an envelope signed by each of `keys`.
Result<Envelope> sign_statement(const Statement& statement, std::span<const PrivateKey> keys);

}  // namespace assay::attest
