// Everything that came with an artifact, verified together: signatures, attestations, bundles, a signed revision, held
// against keys, a trusted root and a policy. One chain is the answer, with a link for each thing that was given.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "attest/artifact.hpp"
#include "attest/chain.hpp"
#include "attest/git_signature.hpp"
#include "attest/identity.hpp"
#include "attest/policy.hpp"
#include "base/error.hpp"
#include "model/finding.hpp"

namespace assay::attest {

/// Names of files, except where it says otherwise.
struct Evidence {
  std::vector<std::string> bundles;       ///< Sigstore, and what npm, GitHub and PyPI serve
  std::vector<std::string> attestations;  ///< DSSE envelopes, or bundles
  std::vector<std::string>
      signatures;                     ///< OpenPGP, minisign, signify, SSH; a signed `.dsc` or `.changes` that lists the
                                      ///< artifact; an npm packument whose registry signed it
  std::vector<std::string> keyrings;  ///< OpenPGP keys, minisign or signify keys, npm's keys
  std::vector<std::string> keys;      ///< PEM
  std::string allowed_signers;
  std::string principal;  ///< no file: whom SSH signatures have to be of; empty for anybody that allowed_signers names
  std::string trusted_root;
  std::string policy;
  std::string repository, revision;  ///< of git: a path, and the tag or commit the artifact is made from
  bool revision_required = true;     ///< whether a revision that nobody signed leaves the answer incomplete
  IdentityPolicy identity;           ///< whom certificates of bundles must name
  std::int64_t now = 0;              ///< seconds since the epoch: the age of the trusted root is counted to it
  /// Asked whether the artifact is made from the revision's tree; without it, that is "not checked".
  std::function<Result<Link>(const GitCheck& revision)> compare_with_tree;

  /// Is there anything that says something about an artifact? Keys, roots and policies alone do not.
  bool says_something() const noexcept;
};

struct EvidenceReport {
  Link link;                      ///< named after the artifact
  std::vector<Finding> findings;  ///< about the artifact: at least one for every part that failed
  std::optional<VerificationPolicy> policy;
  std::vector<VerifiedStatement> statements;  ///< what the policy was held against
};

/// Verify all of it. What does not hold is in the report. Errors: a file that cannot be read, a key, root or policy that is
/// malformed, nothing to verify the artifact with.
Result<EvidenceReport> verify_evidence(const Evidence& evidence, const Artifact& artifact);

}  // namespace assay::attest
