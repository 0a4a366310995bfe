#include "attest/rules.hpp"

#include <array>

namespace assay::attest {

const Rule k_bad_signature{
    "attest-bad-signature",
    Severity::critical,
    "A signature does not hold",
    "The signature was made over other bytes, or by another key, than it claims: the artifact or its signature was "
    "changed after signing, or they do not belong together.",
    "Do not use the artifact; get it and its signature again from upstream, and tell upstream if they still disagree.",
    "RFC 4880"};
const Rule k_bad_attestation{"attest-bad-attestation",
                             Severity::critical,
                             "An attestation does not hold, or is about something else",
                             "One step of its verification fails: the time, the certificate, the identity, the log's "
                             "entry, the signature, or the digest of what it is about. The message names the step.",
                             "Do not rely on the artifact; get it and its attestation again from who publishes both, "
                             "and tell them if they still disagree.",
                             "https://slsa.dev/spec/v1.0/verifying-artifacts"};
const Rule k_negative_statement{"attest-negative-statement",
                                Severity::high,
                                "Who signed says that the artifact is not what it should be",
                                "The attestation itself holds: its signature, and what it is about. What it states is "
                                "that a verification failed, or that an assessment suspects the artifact.",
                                "Read the statement (assay verify -v); do not use the artifact until it is known why.",
                                "https://slsa.dev/spec/v1.0/verification_summary"};
const Rule k_policy_not_met{
    "attest-policy-not-met",
    Severity::high,
    "The policy asks for evidence that is not there",
    "A requirement of the policy is met by no verified statement: none is there, or its signer or what it says is not "
    "what the policy accepts.",
    "See why each statement did not count (assay verify -v); get the evidence that is missing, or correct the policy.",
    {}};
const Rule k_revoked_key{"attest-revoked-key",
                         Severity::critical,
                         "A signature is of a key that its owner has revoked",
                         "A revoked key may be in other hands; gpgv finds the revocation in the keyring itself.",
                         "Ask upstream which key is theirs now and for a signature of it.",
                         "RFC 4880 section 5.2.1"};
const Rule k_expired_key{"attest-expired-key",
                         Severity::low,
                         "A signature is of a key that has expired since",
                         "The signature was made while the key was valid, but nobody vouches for the key any more. "
                         "Keyrings that are not refreshed show this too.",
                         "Refresh the keyring from upstream.",
                         "RFC 4880 section 5.2.3.6"};
const Rule k_weak_digest{"attest-weak-digest",
                         Severity::medium,
                         "A signature is over a digest that can be collided",
                         "For MD5, SHA-1 and RIPEMD-160 two files with one digest can be made, or soon can: who made "
                         "the signed file may have made another that the signature fits as well.",
                         "Ask upstream for a signature with SHA-256 or better.",
                         "https://sha-mbles.github.io"};

std::span<const Rule> rules() noexcept {
  static const std::array k_rules{k_bad_signature, k_bad_attestation, k_negative_statement, k_policy_not_met,
                                  k_revoked_key,   k_expired_key,     k_weak_digest};
  return k_rules;
}

bool is_contradiction(const Finding& finding) noexcept {
  return finding.rule == k_bad_signature.id || finding.rule == k_bad_attestation.id || finding.rule == k_revoked_key.id;
}

}  // namespace assay::attest
