// Sigstore bundles v0.1 to v0.3 (dev.sigstore.bundle.v1.Bundle), read and verified without a network.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attest/artifact.hpp"
#include "attest/certificate.hpp"
#include "attest/chain.hpp"
#include "attest/dsse.hpp"
#include "attest/identity.hpp"
#include "attest/statement.hpp"
#include "attest/transparency_log.hpp"
#include "attest/trusted_root.hpp"

namespace assay::attest {

struct MessageSignature {
  std::string digest_algorithm;  ///< "SHA2_256"; a hint, never what is verified
  Bytes digest;
  Bytes signature;
};

struct Bundle {
  unsigned minor_version = 3;             ///< of 0.x
  std::vector<Certificate> certificates;  ///< leaf first; empty if the bundle is signed with a key
  std::string key_hint;
  std::vector<LogEntry> entries;
  std::vector<Bytes> timestamps;  ///< RFC 3161 responses
  std::optional<MessageSignature> message;
  std::optional<Envelope> envelope;

  /// Errors: malformed JSON or base64, an unknown version, neither or both of message signature and envelope, no
  /// verification material, a root certificate, an envelope with another number of signatures than one.
  static Result<Bundle> parse(std::string_view text);
  static Result<Bundle> from_json(const Json& json);
  /// The one signature, whichever way it is stored.
  const Bytes& signature() const noexcept {
    return message ? message->signature : envelope->signatures.front().signature;
  }
};

/// Every bundle of a file: one bundle, one a line, npm's and GitHub's `{"attestations": [{"bundle": …}]}`, PyPI's provenance
/// (PEP 740). Errors as above, or none in it.
Result<std::vector<Bundle>> parse_bundles(std::string_view text);

/// Does the text look like such a file, rather than like a bare DSSE envelope?
bool holds_bundles(std::string_view text) noexcept;

struct BundlePolicy {
  IdentityPolicy identity;       ///< whom the certificate must name; not asked for if a key is given
  std::optional<PublicKey> key;  ///< of a bundle that is signed with a key and not a certificate
  /// A policy tells who has to say what, and counts: no identity here is no gap, a statement about something else no failure.
  bool policy_decides = false;
};

/// Does the bundle's signature hold over the artifact or envelope under `key`? Nothing else is looked at.
bool signature_holds(const Bundle& bundle, const Artifact& artifact, const PublicKey& key);

struct BundleVerification {
  Link link;  ///< seven children: time, certificate chain, certificate log, identity, log entry,
              ///< signature, subject
  std::optional<Statement> statement;  ///< only if everything before it held
  std::vector<std::string> signers;    ///< identities of the certificate, or the key's fingerprint
  std::string issuer;                  ///< who vouched for them; empty for a key
  std::int64_t time = 0;               ///< the earliest trusted time of the signature; 0 if there is none
};

/// Verify in the order of the Sigstore client specification. Every step is taken that can be; what depends on one that
/// failed is "not checked" with the reason.
BundleVerification verify_bundle(const Bundle& bundle, const Artifact& artifact, const TrustedRoot& root,
                                 const BundlePolicy& policy);

}  // namespace assay::attest
