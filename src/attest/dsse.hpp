// DSSE envelopes (https://github.com/secure-systems-lab/dsse, protocol and envelope v1.0.2): a payload, its type, and
// signatures over both. The payload is not looked into before a signature holds.
#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attest/json.hpp"
#include "attest/key.hpp"
#include "base/bytes.hpp"

namespace assay::attest {

struct EnvelopeSignature {
  std::string key_id;  ///< an unauthenticated hint; may be empty
  Bytes signature;
};

inline constexpr std::size_t k_max_signatures = 64;
/// JSON values of a file of envelopes or bundles. What is signed is one of them, in base64.
inline constexpr std::size_t k_max_envelope_values = 1U << 20;

struct Envelope {
  std::string payload_type;
  Bytes payload;
  std::vector<EnvelopeSignature> signatures;

  /// Errors: no payload or type, base64 that is not canonical, no signature or more than k_max_signatures, an empty one.
  static Result<Envelope> parse(std::string_view text);
  static Result<Envelope> from_json(const Json& json);
  Json to_json() const;
  /// What is signed: pre_authentication_encoding() of type and payload.
  Bytes signed_bytes() const;
};

/// "DSSEv1" SP len(type) SP type SP len(body) SP body, lengths in decimal bytes.
Bytes pre_authentication_encoding(std::string_view payload_type, ByteView payload);

/// Which of `keys` have signed: their indices, each once, ascending..
std::vector<std::size_t> signers(const Envelope& envelope, std::span<const PublicKey> keys);

/// Add a signature of `key`; its id is the key's fingerprint.
Result<void> add_signature(Envelope& envelope, const PrivateKey& key);

}  // namespace assay::attest
