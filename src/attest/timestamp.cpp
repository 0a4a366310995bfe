#include "attest/timestamp.hpp"

#include <fmt/format.h>
#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/pkcs7.h>
#include <openssl/ts.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <ctime>
#include <memory>
#include <optional>

#include "base/handle.hpp"

namespace assay::attest {

namespace {

void free_stack(STACK_OF(X509) * stack) noexcept {
  sk_X509_free(stack);
}
using Response = Handle<TS_RESP, TS_RESP_free>;
using Store = Handle<X509_STORE, X509_STORE_free>;
using CertificateStack = Handle<STACK_OF(X509), free_stack>;

Error problem(std::string message) {
  ERR_clear_error();
  return {ErrorCode::format, std::move(message), {}, {}};
}

std::optional<HashKind> hash_of(const TS_MSG_IMPRINT* imprint) {
  const ASN1_OBJECT* algorithm = nullptr;
  X509_ALGOR_get0(&algorithm, nullptr, nullptr, TS_MSG_IMPRINT_get_algo(const_cast<TS_MSG_IMPRINT*>(imprint)));
  switch (OBJ_obj2nid(algorithm)) {
    case NID_sha256:
      return HashKind::sha256;
    case NID_sha384:
      return HashKind::sha384;
    case NID_sha512:
      return HashKind::sha512;
    default:
      return std::nullopt;
  }
}

bool is_over(TS_TST_INFO* info, HashKind hash, ByteView stamped) {
  const auto* imprint = TS_MSG_IMPRINT_get_msg(TS_TST_INFO_get_msg_imprint(info));
  const auto expected = digest_of(hash, stamped);
  return ASN1_STRING_length(imprint) == static_cast<int>(expected.size()) &&
         std::equal(expected.begin(), expected.end(), ASN1_STRING_get0_data(imprint));
}

std::optional<std::int64_t> time_of(const TS_TST_INFO* info) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(TS_TST_INFO_get_time(info), &parts) != 1) return std::nullopt;
  return static_cast<std::int64_t>(timegm(&parts));
}

/// Does `authority` stand behind the token's signature at `time`?
bool signed_by(PKCS7* token, const Authority& authority, std::int64_t time) {
  const Store store{X509_STORE_new()};
  const CertificateStack others{sk_X509_new_null()};
  // The last certificate is what is trusted; those before it, the signer's among them, have to lead to it. A chain of
  // one is the authority itself.
  X509_STORE_add_cert(store.get(), authority.chain.back().handle());
  for (const auto& certificate : authority.chain) sk_X509_push(others.get(), certificate.handle());
  auto* parameters = X509_STORE_get0_param(store.get());
  X509_VERIFY_PARAM_set_time(parameters, static_cast<time_t>(time));
  X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_PARTIAL_CHAIN);
  X509_VERIFY_PARAM_set_auth_level(parameters, 2);
  X509* raw = nullptr;
  const bool good = TS_RESP_verify_signature(token, others.get(), store.get(), &raw) == 1;
  const Handle<X509, X509_free> signer{raw};
  ERR_clear_error();
  // A token may bring its signer's certificate along. Where the trusted root names the signer, another that the same root
  // has certified, for somebody else, is not the authority.
  const auto* named = authority.chain.front().handle();
  return good && (X509_check_ca(const_cast<X509*>(named)) != 0 || X509_cmp(signer.get(), named) == 0);
}

}  // namespace

Result<Timestamp> verify_timestamp(ByteView response, ByteView stamped, std::span<const Authority> authorities) {
  const unsigned char* at = response.data();
  const Response parsed{d2i_TS_RESP(nullptr, &at, static_cast<long>(response.size()))};
  if (!parsed || at != response.data() + response.size()) return problem("timestamp is malformed");
  const long status = ASN1_INTEGER_get(TS_STATUS_INFO_get0_status(TS_RESP_get_status_info(parsed.get())));
  auto* info = TS_RESP_get_tst_info(parsed.get());
  auto* token = TS_RESP_get_token(parsed.get());
  if ((status != TS_STATUS_GRANTED && status != TS_STATUS_GRANTED_WITH_MODS) || info == nullptr || token == nullptr)
    return problem("timestamp was not granted");
  const auto hash = hash_of(TS_TST_INFO_get_msg_imprint(info));
  if (!hash) return problem("timestamp is over a digest that is none of SHA-256, SHA-384 and SHA-512");
  if (!is_over(info, *hash, stamped)) return problem("timestamp is over other bytes than this signature");
  const auto time = time_of(info);
  if (!time) return problem("timestamp names no time");
  for (const auto& authority : authorities) {
    if (!signed_by(token, authority, *time)) continue;
    if (authority.valid_for.contains(*time)) return Timestamp{*time, authority.uri};
    return problem(fmt::format("timestamp of {} is outside the time {} was trusted ({})", format_time(*time),
                               authority.uri, authority.valid_for.to_string()));
  }
  return problem(
      fmt::format("no trusted timestamp authority has signed the timestamp of {} while its certificates were valid",
                  format_time(*time)));
}

}  // namespace assay::attest
