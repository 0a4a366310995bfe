// X.509 certificates as Sigstore uses them (RFC 5280, RFC 6962 for embedded timestamps of certificate logs).
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "attest/encoding.hpp"
#include "attest/key.hpp"
#include "base/bytes.hpp"
#include "base/error.hpp"

struct x509_st;

namespace assay::attest {

class Certificate {
 public:
  /// From DER with nothing behind it. Errors: malformed, a key of a kind that is not taken, a validity that is absurd
  /// (ends before it starts, or spans more than 100 years).
  static Result<Certificate> from_der(ByteView der);
  static Result<Certificate> from_pem(std::string_view text);

  const Bytes& der() const noexcept { return m_der; }
  const PublicKey& public_key() const noexcept { return *m_key; }
  const TimeRange& validity() const noexcept { return m_validity; }
  std::string subject() const;
  std::string issuer() const;
  bool self_issued() const noexcept;
  bool may_sign_code() const noexcept;  ///< extended key usage code signing
  /// Every URI, e-mail and Sigstore "other name" of the subject alternative names. An Error if one holds a NUL.
  Result<std::vector<std::string>> identities() const;
  /// The value of an extension 1.3.6.1.4.1.57264.1.`arc`; arcs up to 6 are raw text, later ones DER strings.
  std::optional<std::string> fulcio_extension(int arc) const;
  x509_st* handle() const noexcept { return m_certificate.get(); }

 private:
  Certificate() = default;
  std::shared_ptr<x509_st> m_certificate;
  std::optional<PublicKey> m_key;
  TimeRange m_validity;
  Bytes m_der;
};

/// The chain from `leaf` to one of `anchors` (roots or intermediates, trusted as they are) at `time`, leaf first. The
/// Error says what OpenSSL found. Algorithms weaker than 112 bits break a chain.
Result<std::vector<Certificate>> build_chain(const Certificate& leaf, std::span<const Certificate> anchors,
                                             std::span<const Certificate> intermediates, std::int64_t time);

/// A key of a certificate log.
struct CtLog {
  Bytes id;  ///< as timestamps name it: 32 bytes
  PublicKey key;
  TimeRange valid_for;
  std::string name;
};

struct SctCheck {
  std::size_t present = 0;
  std::size_t verified = 0;
  std::vector<std::string> problems;  ///< of those that did not verify
  std::vector<std::string> logs;      ///< names of the logs whose timestamps did
};

/// Check the timestamps that certificate logs put into `leaf` before `issuer` signed it (RFC 6962, section 3.2).
SctCheck check_scts(const Certificate& leaf, const Certificate& issuer, std::span<const CtLog> logs);

}  // namespace assay::attest
