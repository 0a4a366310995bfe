// OpenPGP signatures through gpgv(1): an explicit keyring, a private home directory, nothing of the user's.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "attest/chain.hpp"
#include "base/bytes.hpp"
#include "base/error.hpp"
#include "model/finding.hpp"

namespace assay::attest {

/// One signature as gpgv judged it.
struct OpenPgpSignature {
  enum class Verdict : std::uint8_t { good, bad, no_key, revoked_key, expired_signature, unusable };
  Verdict verdict = Verdict::unusable;
  std::string fingerprint;  ///< of the key that signed: hexadecimal, upper case
  std::string primary_fingerprint;
  std::string user_id;
  std::int64_t created = 0;
  std::int64_t key_expired = 0;  ///< 0 if the key has not expired
  int public_key_algorithm = 0;  ///< RFC 4880, section 9.1
  int hash_algorithm = 0;        ///< section 9.4
  bool over_text = false;        ///< of a type that leaves open how lines end (section 5.2.1, 0x01)
};

struct OpenPgpCheck {
  Link link;  ///< ok if one signature is good and none is bad or of a revoked key
  std::vector<OpenPgpSignature> signatures;
  std::vector<Finding> findings;  ///< weak digests and keys, expired and revoked ones
  std::string text;               ///< of a clear-signed file: what was signed
};

/// Verify a detached signature (armored or not) of `file` with the keys of `keyring` (armored or not). Errors: gpgv is not
/// there, a malformed armor. `name` is what findings are about.
Result<OpenPgpCheck> verify_openpgp(const std::filesystem::path& file, std::string_view signature,
                                    std::string_view keyring, const std::string& name);

/// The same for content in memory: git objects.
Result<OpenPgpCheck> verify_openpgp_bytes(ByteView content, std::string_view signature, std::string_view keyring,
                                          const std::string& name);

/// Verify a clear-signed file (`.dsc`, `.changes`, `InRelease`); `text` is what its signature covers and nothing else.
Result<OpenPgpCheck> verify_clear_signed(std::string_view content, std::string_view keyring, const std::string& name);

/// "RSA", "EdDSA"; "SHA-256". Numbers for what is not known.
std::string public_key_algorithm_name(int algorithm);
std::string hash_algorithm_name(int algorithm);

}  // namespace assay::attest
