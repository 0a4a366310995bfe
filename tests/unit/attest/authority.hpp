// A Sigstore instance of one's own: certificate authority, certificate log, transparency log and timestamp authority, with
// keys that are made when the test runs. It makes bundles that verify, and, asked for, bundles that are wrong in one way.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "attest/bundle.hpp"
#include "attest/json.hpp"
#include "base/bytes.hpp"

namespace assay::test {

inline constexpr std::int64_t k_signing_time = 1'700'000'000;
inline constexpr const char* k_identity = "https://example.org/project/.github/workflows/release.yml@refs/tags/v1";
inline constexpr const char* k_issuer = "https://token.example.org";

enum class EntryForm { hashedrekord_v1, hashedrekord_v2, dsse_v1, dsse_v2, intoto_v2 };

/// What is to be made, and what is to be wrong with it.
struct Recipe {
  EntryForm form = EntryForm::hashedrekord_v1;
  bool envelope = false;
  std::string artifact = "the artifact\n";
  std::string payload;  ///< of the envelope; made from the artifact if empty
  std::string payload_type = "application/vnd.in-toto+json";
  bool promise = true, timestamp = true, sct = true;
  std::int64_t promise_time = k_signing_time + 5;
  std::int64_t stamp_time = k_signing_time + 3;
  std::int64_t not_before = k_signing_time, not_after = k_signing_time + 600;
  std::int64_t sct_time = k_signing_time;
  std::string san = std::string{"URI:"} + k_identity;
  std::string usage = "codeSigning";
  std::string issuer_identity = k_issuer;
  bool foreign_ca = false;  ///< the leaf is issued by an authority nobody trusts
  bool foreign_ct_log = false, foreign_tsa = false, foreign_log = false;
  bool own_intermediate =
      false;               ///< by an intermediate that the root certified, the trusted root lacks and the bundle brings
  bool other_tsa = false;  ///< stamped by somebody else whom the timestamp authority's root has certified
  bool sct_of_other_issuer = false;
  bool sct_of_other_certificate = false;  ///< of the same authority, for the same key, with another serial number
  bool foreign_signer = false;            ///< the signature is made with another key than the certificate's
  std::function<void(Bytes&)> signature;  ///< changes the signature before anything is recorded
  std::function<Bytes(const Bytes&)> to_be_signed;  ///< other bytes than the proper ones are signed
  std::string stamped;                              ///< other bytes than the signature are stamped
};

class TestAuthority {
 public:
  TestAuthority();
  ~TestAuthority();
  attest::Json trusted_root() const;
  attest::Json bundle(const Recipe& recipe) const;
  /// A private key in PEM, made for the occasion: "ED25519", "P-256", "P-384", "RSA:3072".
  static std::string private_key_pem(const std::string& kind, const std::string& pass_phrase = {});
  static std::string public_key_pem(const std::string& private_pem);

 private:
  struct State;
  std::unique_ptr<State> m_state;
};

/// The one that all tests share: its keys take time to make.
const TestAuthority& test_authority();
/// The identity that its certificates are for.
attest::BundlePolicy usual_policy();

/// A statement of v1 about `artifact`.
std::string statement_about(const std::string& artifact);

/// The member that `path` ("a.b.0.c") leads to; throws if there is none.
const attest::Json& at_path(const attest::Json& json, const std::string& path);
/// A copy of `json` with the member at `path` replaced (null removes nothing: the member becomes null, which reads as absent).
attest::Json with_value(const attest::Json& json, const std::string& path, attest::Json value);
/// A copy with one bit flipped in the middle of the base64 text at `path`.
attest::Json with_flipped_bit(const attest::Json& json, const std::string& path);

}  // namespace assay::test
