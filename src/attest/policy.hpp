// What evidence has to be there, from whom, and what it has to say. Read from TOML (rules/policy/verify-*.toml):
//
//   schema = "assay-verify-policy-1"                 # may be left out
//   [[require]]
//   name = "provenance by the release workflow"
//   predicate = ["https://slsa.dev/provenance/v1"]   # any of these types
//   count = 1                                        # by that many different signers: if as many are listed, of those,
//                                                    # else of the names and keys that they let in
//   [[require.signer]]                               # any of these; a policy without one accepts nobody
//   subject = "https://github.com/org/repo/.github/workflows/release.yml@refs/tags/v1.0"
//   issuer = "https://token.actions.githubusercontent.com"     # or subject-pattern, issuer-pattern: RE2, whole text
//   key = "sha256 of the SubjectPublicKeyInfo"       # instead of subject and issuer
//   [require.expect]
//   builder-id = "https://github.com/actions/runner/github-hosted"
//   external-parameters = ["workflow"]               # names that may occur; any other is refused
#pragma once
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attest/chain.hpp"
#include "attest/identity.hpp"
#include "attest/statement.hpp"
#include "base/error.hpp"

namespace assay::attest {

/// What a policy file may say it is, so that it is not mistaken for another kind of policy.
inline constexpr std::string_view k_policy_schema = "assay-verify-policy-1";

enum class SignedWith : std::uint8_t { key, certificate };

/// A statement whose signature holds, and who signed it.
struct VerifiedStatement {
  std::string source;  ///< the file it came from
  Statement statement;
  std::vector<std::string> signers;  ///< identities of the certificate, or fingerprints of keys
  std::string issuer;  ///< who vouched for the identities; empty for keys, and where the certificate does not say
  SignedWith signed_with = SignedWith::key;
};

struct SignerPolicy {
  IdentityPolicy identity;
  std::string key;  ///< fingerprint; empty if an identity is asked for
};

struct Requirement {
  std::string name;
  std::vector<std::string> predicates;
  std::size_t count = 1;
  std::vector<SignerPolicy> signers;
  std::map<std::string, TextPattern, std::less<>> expect;  ///< by name, see expectation_names()
  std::vector<std::string> external_parameters;            ///< names that may occur; empty for any
  bool limits_parameters = false;
};

struct VerificationPolicy {
  std::vector<Requirement> requirements;

  /// Errors name file, line and key; an unknown key is one, and so is a requirement that nobody could fail.
  static Result<VerificationPolicy> parse(std::string_view text, const std::string& file);
};

/// What an expectation may be about: builder-id, build-type, source-repository, source-ref, source-commit, level,
/// verifier-id, resource-uri, result.
std::span<const std::string_view> expectation_names() noexcept;

/// What `statement` says about one of them; several values where it says several (levels, dependencies). SLSA provenance
/// v1 and v0.2, VSA v1.
std::vector<std::string> stated(const Statement& statement, std::string_view expectation);

/// What it says in the words of a reader: builder, source, commit, times, where the parts came from, what it contains, what
/// came of a verification. Label → text, empty for a type that is not known.
std::vector<std::pair<std::string, std::string>> told(const Statement& statement);

/// One child a requirement, each with every statement and why it counted or not: the explanation is the answer.
/// The detail names the requirement that decided: the first that is not met, or that all are.
Link evaluate(const VerificationPolicy& policy, std::span<const VerifiedStatement> statements);

/// For a person who writes a policy: what each requirement asks for, which statements count for it and why the others do
/// not, and which requirement decides. Escaped.
std::string explain(const VerificationPolicy& policy, std::span<const VerifiedStatement> statements);

}  // namespace assay::attest
