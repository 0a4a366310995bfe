// Private keys that never leave a token: PKCS#11 through OpenSSL, by a URI of RFC 7512.
#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "base/error.hpp"

struct evp_pkey_st;

namespace assay::attest {

bool is_token_uri(std::string_view text) noexcept;

/// The URI as it may be shown: without the value of its PIN.
std::string without_pin(std::string_view uri);

/// The key that `uri` names ("pkcs11:token=release;object=signer;type=private"), by OpenSSL's pkcs11 provider if it is
/// installed, else its pkcs11 engine. An empty `pin` leaves it to the URI (pin-value, pin-source). The module is the one
/// that p11-kit or PKCS11_MODULE_PATH names. Errors: neither provider nor engine, no such key, a wrong PIN.
Result<std::shared_ptr<evp_pkey_st>> open_token_key(const std::string& uri, const std::string& pin);

}  // namespace assay::attest
