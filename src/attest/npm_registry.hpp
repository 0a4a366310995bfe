// Signatures that npm's registry makes over what it serves
// (https://docs.npmjs.com/about-registry-signatures): from the saved packument of a package or of one version of it, and the
// saved keys of `/-/npm/v1/keys`.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attest/chain.hpp"
#include "attest/key.hpp"
#include "attest/statement.hpp"
#include "base/error.hpp"

namespace assay::attest {

struct NpmKey {
  std::string id;  ///< "SHA256:…"
  PublicKey key;
  std::optional<std::int64_t> expires;
};

/// Does the text look like a list of keys, or a packument? (A JSON object with the member that tells.)
bool is_npm_keys(std::string_view text) noexcept;
bool is_npm_packument(std::string_view text) noexcept;

/// As `/-/npm/v1/keys` serves them, or as npm ships them from Sigstore's TUF repository (`registry.npmjs.org/keys.json`), of
/// which those for signatures are taken. Errors: malformed, an id that is not the key's own SHA-256, a key of a kind that is not taken, no key at all.
Result<std::vector<NpmKey>> parse_npm_keys(std::string_view text);

/// Find the version that is the artifact by its SHA-512 (`dist.integrity`), and verify the registry's signature over
/// "name@version:integrity". A key that had expired when the version was published does not count; where the time of
/// publication is not in the packument, an expired key is "not checked", as is a version that bears no signature.
Link verify_npm_packument(std::string_view text, const DigestMap& artifact, std::span<const NpmKey> keys);

}  // namespace assay::attest
