// Public and private keys: Ed25519, ECDSA on P-256, P-384 and P-521, RSA of 2048 bits and more. Everything else is
// refused when it is read, so that no weak key gets as far as a signature.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/error.hpp"

struct evp_pkey_st;

namespace assay::attest {

enum class KeyKind : std::uint8_t { ed25519, ecdsa_p256, ecdsa_p384, ecdsa_p521, rsa, rsa_pss };

std::string_view to_string(KeyKind kind) noexcept;

enum class HashKind : std::uint8_t { sha256, sha384, sha512 };

std::string_view to_string(HashKind hash) noexcept;

/// Digest of `data`, in full length.
Bytes digest_of(HashKind hash, ByteView data);

class PublicKey {
 public:
  /// From a PEM "PUBLIC KEY" (SubjectPublicKeyInfo), or a "CERTIFICATE", whose key is taken.
  static Result<PublicKey> from_pem(std::string_view text);
  /// From a DER SubjectPublicKeyInfo without anything behind it.
  static Result<PublicKey> from_spki(ByteView der);
  /// From a DER RSAPublicKey (PKCS#1), as some transparency logs publish theirs.
  static Result<PublicKey> from_pkcs1(ByteView der);
  /// From the 32 raw bytes of an Ed25519 key.
  static Result<PublicKey> from_ed25519(ByteView raw);
  /// From an OpenSSL handle, of which it keeps a reference. Errors as above.
  static Result<PublicKey> from_handle(evp_pkey_st* handle);

  KeyKind kind() const noexcept { return m_kind; }
  /// "ECDSA P-256", "RSA 3072".
  std::string description() const;
  /// DER SubjectPublicKeyInfo.
  const Bytes& spki() const noexcept { return m_spki; }
  /// SHA-256 of the SubjectPublicKeyInfo, hexadecimal.
  std::string fingerprint() const;

  /// Is `signature` one of this key over `message`? ECDSA in DER; its hash is the curve's own, or SHA-256. RSA by
  /// PKCS#1 v1.5 or PSS with a SHA-2 hash; a key restricted to PSS by PSS only.
  bool verify(ByteView message, ByteView signature) const;
  /// The same with a hash that is agreed upon.
  bool verify(ByteView message, ByteView signature, HashKind hash) const;
  /// The same where only the digest of the message is at hand. Never true for Ed25519, which signs no digest.
  bool verify_digest(HashKind hash, ByteView digest, ByteView signature) const;
  evp_pkey_st* handle() const noexcept { return m_key.get(); }

 private:
  PublicKey() = default;
  std::shared_ptr<evp_pkey_st> m_key;
  KeyKind m_kind = KeyKind::ed25519;
  Bytes m_spki;
};

/// Overwrite a secret that is no longer needed, in a way no compiler leaves out.
void wipe(std::span<std::uint8_t> secret) noexcept;

/// Have OpenSSL overwrite all that it frees, because what it decodes a private key with it frees as it is. To be called
/// before anything else of OpenSSL in the process; false if it was too late.
bool wipe_what_openssl_frees() noexcept;

/// Gives the pass phrase of an encrypted key when it is asked for one.
using PassPhrase = std::function<Result<std::string>()>;

/// Never printed, never written; its memory is wiped when it goes.
class PrivateKey {
 public:
  /// Load a PEM file (PKCS#8, encrypted or not). Refused if anyone but its owner may read or write it.
  static Result<PrivateKey> load(const std::filesystem::path& file, const PassPhrase& pass_phrase = {});

  /// Use a key that stays on its token, by a PKCS#11 URI (RFC 7512); `pin` is asked for unless the URI says it.
  static Result<PrivateKey> on_token(const std::string& uri, const PassPhrase& pin = {});
  /// One or the other: a text that starts with "pkcs11:" is a URI.
  static Result<PrivateKey> open(const std::string& file_or_uri, const PassPhrase& pass_phrase = {});

  const PublicKey& public_key() const noexcept { return m_public; }
  /// Does the same message give the same signature every time? Ed25519 and RSA PKCS#1 v1.5 do, ECDSA by RFC 6979 does
  /// unless the key is on a token; RSA-PSS does not.
  bool deterministic() const;
  Result<Bytes> sign(ByteView message) const;

 private:
  PrivateKey(std::shared_ptr<evp_pkey_st> key, PublicKey public_key)
      : m_key(std::move(key)), m_public(std::move(public_key)) {}
  std::shared_ptr<evp_pkey_st> m_key;
  PublicKey m_public;
};

}  // namespace assay::attest
