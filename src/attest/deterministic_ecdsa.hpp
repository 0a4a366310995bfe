// ECDSA whose nonce follows from key and message (RFC 6979): the same input and key give the same signature, and a weak
// random generator cannot give the key away. For versions of OpenSSL before 3.2, which cannot be asked for it.
#pragma once
#include <optional>

#include "attest/key.hpp"
#include "base/bytes.hpp"

namespace assay::attest {

/// Sign a message whose `digest` by `hash` is given, in DER. `key` is an ECDSA key whose private part is in memory;
/// nothing for any other, as one that stays on its token.
std::optional<Bytes> sign_deterministically(evp_pkey_st* key, HashKind hash, ByteView digest);

}  // namespace assay::attest
