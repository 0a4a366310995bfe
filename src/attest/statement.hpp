// in-toto Statements (https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md): what an attestation is
// about, matched by digest and by nothing else.
#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "attest/json.hpp"

namespace assay::attest {

inline constexpr std::string_view k_intoto_payload_type = "application/vnd.in-toto+json";
inline constexpr std::string_view k_statement_v1 = "https://in-toto.io/Statement/v1";
inline constexpr std::string_view k_statement_v01 = "https://in-toto.io/Statement/v0.1";

/// Digests by their in-toto name ("sha256", "sha512", "gitCommit", "gitTree"); lower-case hexadecimal.
using DigestMap = std::map<std::string, std::string, std::less<>>;

struct Subject {
  std::string name;
  DigestMap digests;
};

struct Statement {
  std::vector<Subject> subjects;
  std::string predicate_type;
  Json predicate;

  /// Read v1 and v0.1; unknown members are ignored. Errors: another type, no subject, a subject without digest, a digest
  /// that is no lower-case hexadecimal or of the wrong length for its name.
  static Result<Statement> parse(std::string_view text, const JsonLimits& limits = {});
  /// Always v1.
  std::string to_json_text() const;
  /// The subject that has `digests`: at least one name in common, and every common one equal. Null if there is none.
  const Subject* find(const DigestMap& digests) const noexcept;
};

/// True if `value` has the form that digests of that name have.
bool is_digest(std::string_view name, std::string_view value) noexcept;

/// Two names at least one of which both have, and no disagreement. Digests weaker than SHA-256 decide nothing, except that
/// they may disagree.
bool same_artifact(const DigestMap& a, const DigestMap& b) noexcept;

Json to_json(const DigestMap& digests);

}  // namespace assay::attest
