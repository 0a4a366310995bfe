// Whom a certificate has to name.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace assay::attest {

/// An exact text, or a regular expression (RE2: linear time, whatever the pattern) that has to match all of it.
struct TextPattern {
  std::string text;
  bool is_expression = false;
};

/// Does it match? An Error if the expression is malformed.
Result<bool> matches(const TextPattern& pattern, std::string_view text);
/// `"text"` or `/expression/`, for messages.
std::string to_string(const TextPattern& pattern);

struct IdentityPolicy {
  std::optional<TextPattern> subject;  ///< a subject alternative name: workflow URI, e-mail
  std::optional<TextPattern> issuer;   ///< who vouched for it: the OIDC issuer
  bool empty() const noexcept { return !subject && !issuer; }
};

}  // namespace assay::attest
