// A Sigstore trusted root (`trusted_root.json`, dev.sigstore.trustroot.v1.TrustedRoot): the keys and certificates that
// everything else is held against, each with the time it was good for.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "attest/certificate.hpp"
#include "attest/encoding.hpp"
#include "attest/key.hpp"
#include "base/bytes.hpp"
#include "base/error.hpp"

namespace assay::attest {

/// A transparency log (Rekor).
struct TransparencyLog {
  Bytes id;
  PublicKey key;
  TimeRange valid_for;
  std::string base_url;
};

/// A certificate or timestamp authority: its chain as given, leaf (if any) or intermediates first, root last.
struct Authority {
  std::vector<Certificate> chain;
  TimeRange valid_for;
  std::string uri;
};

struct TrustedRoot {
  std::vector<TransparencyLog> logs;
  std::vector<Authority> certificate_authorities;
  std::vector<CtLog> certificate_logs;
  std::vector<Authority> timestamp_authorities;
  std::int64_t newest = 0;  ///< the latest start of any of its keys: it cannot be older than that

  /// Errors name the member that is off: a missing start of validity, a key that is malformed or of a kind not taken, an
  /// unknown media type.
  static Result<TrustedRoot> parse(std::string_view text);
};

}  // namespace assay::attest
