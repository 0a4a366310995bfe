// RFC 3161 timestamps: a trusted third party saw these bytes at that time.
#pragma once
#include <cstdint>
#include <span>
#include <string>

#include "attest/trusted_root.hpp"
#include "base/bytes.hpp"
#include "base/error.hpp"

namespace assay::attest {

struct Timestamp {
  std::int64_t time = 0;
  std::string authority;  ///< as the trusted root names it
};

/// Verify a TimeStampResp (DER, nothing behind it) over `stamped` against `authorities`, each in its own time, which
/// includes both ends. Certificates within the token prove nothing by themselves. Errors: malformed or not granted, over
/// other bytes, a weak hash, of an authority that is not listed, outside its time or its certificates'.
Result<Timestamp> verify_timestamp(ByteView response, ByteView stamped, std::span<const Authority> authorities);

}  // namespace assay::attest
