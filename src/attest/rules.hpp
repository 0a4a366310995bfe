// Every rule that attest can report.
#pragma once
#include <span>

#include "model/finding.hpp"

namespace assay::attest {

extern const Rule k_bad_signature;
extern const Rule k_bad_attestation;
extern const Rule k_negative_statement;
extern const Rule k_policy_not_met;
extern const Rule k_revoked_key;
extern const Rule k_expired_key;
extern const Rule k_weak_digest;

std::span<const Rule> rules() noexcept;

/// Does the finding say that evidence is false? Nothing may silence it.
bool is_contradiction(const Finding& finding) noexcept;

}  // namespace assay::attest
