#include "attest/certificate.hpp"

#include <fmt/format.h>
#include <openssl/asn1.h>
#include <openssl/crypto.h>
#include <openssl/ct.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <ctime>

#include "base/handle.hpp"

namespace assay::attest {

namespace {

void free_stack(STACK_OF(X509) * stack) noexcept {
  sk_X509_free(stack);
}
using Store = Handle<X509_STORE, X509_STORE_free>;
using StoreContext = Handle<X509_STORE_CTX, X509_STORE_CTX_free>;
using CertificateStack = Handle<STACK_OF(X509), free_stack>;
using GeneralNames = Handle<GENERAL_NAMES, GENERAL_NAMES_free>;
using SctList = Handle<STACK_OF(SCT), SCT_LIST_free>;
using X509Ptr = Handle<X509, X509_free>;

constexpr int k_security_level = 2;  // 112 bits: no SHA-1, no RSA below 2048
constexpr std::int64_t k_longest_validity = std::int64_t{100} * 366 * 86400;
constexpr std::string_view k_fulcio_arc = "1.3.6.1.4.1.57264.1.";

std::optional<std::int64_t> to_seconds(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return std::nullopt;
  return static_cast<std::int64_t>(timegm(&parts));
}

std::string name_text(const X509_NAME* name) {
  char* text = X509_NAME_oneline(name, nullptr, 0);
  std::string out = text != nullptr ? text : "";
  OPENSSL_free(text);
  return out;
}

std::string_view content_of(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          static_cast<std::size_t>(ASN1_STRING_length(text))};
}

/// The text of one alternative name; nothing if it is of a kind that names no signer.
std::optional<std::string> identity_of(const GENERAL_NAME* name) {
  int type = 0;
  const void* value = GENERAL_NAME_get0_value(name, &type);
  if (type == GEN_URI || type == GEN_EMAIL) return std::string{content_of(static_cast<const ASN1_STRING*>(value))};
  if (type != GEN_OTHERNAME) return std::nullopt;
  const auto* other = static_cast<const OTHERNAME*>(value);
  char oid[64];
  OBJ_obj2txt(oid, sizeof oid, other->type_id, 1);
  if (std::string_view{oid} != "1.3.6.1.4.1.57264.1.7" || other->value->type != V_ASN1_UTF8STRING) return std::nullopt;
  return std::string{content_of(other->value->value.utf8string)};
}

void append_number(Bytes& out, std::uint64_t value, unsigned size) {
  for (unsigned i = size; i-- > 0;) out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

/// What the log signed: the certificate without its list of timestamps (RFC 6962, section 3.2).
std::optional<Bytes> precertificate_body(const X509* leaf) {
  const X509Ptr copy{X509_dup(leaf)};
  const int at = copy ? X509_get_ext_by_NID(copy.get(), NID_ct_precert_scts, -1) : -1;
  if (at < 0) return std::nullopt;
  X509_EXTENSION_free(X509_delete_ext(copy.get(), at));
  unsigned char* der = nullptr;
  const int size = i2d_re_X509_tbs(copy.get(), &der);
  if (size <= 0) return std::nullopt;
  Bytes body(der, der + size);
  OPENSSL_free(der);
  return body;
}

Bytes signed_by_log(const SCT* sct, ByteView issuer_key_hash, ByteView body) {
  unsigned char* extensions = nullptr;
  const auto extensions_size = SCT_get0_extensions(sct, &extensions);
  Bytes out;
  append_number(out, 0, 1);  // v1
  append_number(out, 0, 1);  // certificate_timestamp
  append_number(out, SCT_get_timestamp(sct), 8);
  append_number(out, 1, 2);  // precert_entry
  out.insert(out.end(), issuer_key_hash.begin(), issuer_key_hash.end());
  append_number(out, body.size(), 3);
  out.insert(out.end(), body.begin(), body.end());
  append_number(out, extensions_size, 2);
  out.insert(out.end(), extensions, extensions + extensions_size);
  return out;
}

/// Empty if `sct` holds; else why not.
std::string check_sct(const SCT* sct, ByteView issuer_key_hash, ByteView body, std::span<const CtLog> logs,
                      std::string& log_name) {
  unsigned char* id = nullptr;
  const auto id_size = SCT_get0_log_id(sct, &id);
  unsigned char* signature = nullptr;
  const auto signature_size = SCT_get0_signature(sct, &signature);
  const auto log = std::find_if(logs.begin(), logs.end(), [&](const CtLog& each) {
    return std::equal(each.id.begin(), each.id.end(), id, id + id_size);
  });
  if (log == logs.end()) return fmt::format("timestamp of an unknown certificate log {}", to_base64({id, id_size}));
  const auto time = static_cast<std::int64_t>(SCT_get_timestamp(sct) / 1000);
  if (!log->valid_for.contains(time))
    return fmt::format("timestamp of {} at {} is outside the log key's time ({})", log->name, format_time(time),
                       log->valid_for.to_string());
  const int algorithm = SCT_get_signature_nid(sct);
  if (algorithm != NID_ecdsa_with_SHA256 && algorithm != NID_sha256WithRSAEncryption)
    return fmt::format("timestamp of {} is signed with another algorithm than RFC 6962 allows", log->name);
  if (!log->key.verify(signed_by_log(sct, issuer_key_hash, body), {signature, signature_size}, HashKind::sha256))
    return fmt::format("timestamp of {} has a bad signature", log->name);
  log_name = log->name;
  return {};
}

const Certificate* holder_of(const X509* handle, const Certificate& leaf, std::span<const Certificate> anchors,
                             std::span<const Certificate> intermediates) {
  if (leaf.handle() == handle) return &leaf;
  for (const auto list : {anchors, intermediates})
    for (const auto& certificate : list)
      if (certificate.handle() == handle) return &certificate;
  return nullptr;
}

}  // namespace

Result<Certificate> Certificate::from_der(ByteView der) {
  const unsigned char* at = der.data();
  Certificate certificate;
  certificate.m_certificate =
      std::shared_ptr<x509_st>{d2i_X509(nullptr, &at, static_cast<long>(der.size())), X509_free};
  ERR_clear_error();
  if (!certificate.m_certificate || at != der.data() + der.size())
    return Error{ErrorCode::format, "malformed certificate", {}, {}};
  certificate.m_der.assign(der.begin(), der.end());
  const auto start = to_seconds(X509_get0_notBefore(certificate.handle()));
  const auto end = to_seconds(X509_get0_notAfter(certificate.handle()));
  if (!start || !end || *end < *start || *end - *start > k_longest_validity)
    return Error{ErrorCode::format, "certificate has an absurd validity", {}, {}};
  certificate.m_validity = {*start, *end};
  ASSAY_TRY(certificate.m_key, PublicKey::from_handle(X509_get0_pubkey(certificate.handle())));
  return certificate;
}

Result<Certificate> Certificate::from_pem(std::string_view text) {
  const auto der = attest::from_pem(text, "CERTIFICATE");
  if (!der) return Error{ErrorCode::format, "no certificate in PEM form", {}, {}};
  return from_der(*der);
}

std::string Certificate::subject() const {
  return name_text(X509_get_subject_name(handle()));
}

std::string Certificate::issuer() const {
  return name_text(X509_get_issuer_name(handle()));
}

bool Certificate::self_issued() const noexcept {
  return X509_NAME_cmp(X509_get_subject_name(handle()), X509_get_issuer_name(handle())) == 0 &&
         X509_NAME_entry_count(X509_get_subject_name(handle())) > 0;
}

bool Certificate::may_sign_code() const noexcept {
  return (X509_get_extension_flags(handle()) & EXFLAG_XKUSAGE) != 0 &&
         (X509_get_extended_key_usage(handle()) & XKU_CODE_SIGN) != 0;
}

Result<std::vector<std::string>> Certificate::identities() const {
  std::vector<std::string> found;
  const GeneralNames names{
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(handle(), NID_subject_alt_name, nullptr, nullptr))};
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    auto identity = identity_of(sk_GENERAL_NAME_value(names.get(), i));
    if (!identity) continue;
    if (identity->find('\0') != std::string::npos)
      return Error{ErrorCode::format, "a subject alternative name holds a NUL", {}, {}};
    found.push_back(*std::move(identity));
  }
  return found;
}

std::optional<std::string> Certificate::fulcio_extension(int arc) const {
  const Handle<ASN1_OBJECT, ASN1_OBJECT_free> wanted{OBJ_txt2obj(fmt::format("{}{}", k_fulcio_arc, arc).c_str(), 1)};
  for (int i = 0; i < X509_get_ext_count(handle()); ++i) {
    X509_EXTENSION* extension = X509_get_ext(handle(), i);
    if (OBJ_cmp(wanted.get(), X509_EXTENSION_get_object(extension)) != 0) continue;
    const auto raw = content_of(X509_EXTENSION_get_data(extension));
    if (arc <= 6) return std::string{raw};
    const auto* at = reinterpret_cast<const unsigned char*>(raw.data());
    const auto* end = at + raw.size();
    const Handle<ASN1_TYPE, ASN1_TYPE_free> value{d2i_ASN1_TYPE(nullptr, &at, static_cast<long>(raw.size()))};
    ERR_clear_error();
    if (!value || at != end || value->type != V_ASN1_UTF8STRING) return std::nullopt;
    return std::string{content_of(value->value.utf8string)};
  }
  return std::nullopt;
}

Result<std::vector<Certificate>> build_chain(const Certificate& leaf, std::span<const Certificate> anchors,
                                             std::span<const Certificate> intermediates, std::int64_t time) {
  const Store store{X509_STORE_new()};
  const StoreContext context{X509_STORE_CTX_new()};
  const CertificateStack untrusted{sk_X509_new_null()};
  for (const auto& anchor : anchors) X509_STORE_add_cert(store.get(), anchor.handle());
  for (const auto& intermediate : intermediates) sk_X509_push(untrusted.get(), intermediate.handle());
  if (X509_STORE_CTX_init(context.get(), store.get(), leaf.handle(), untrusted.get()) != 1)
    return Error{ErrorCode::format, "certificate cannot be examined", {}, {}};
  auto* parameters = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_time(parameters, static_cast<time_t>(time));
  X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_PARTIAL_CHAIN);
  X509_VERIFY_PARAM_set_auth_level(parameters, k_security_level);
  X509_VERIFY_PARAM_set_purpose(parameters, X509_PURPOSE_ANY);
  const bool good = X509_verify_cert(context.get()) == 1;
  ERR_clear_error();
  if (!good)
    return Error{ErrorCode::format, X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get())), {}, {}};
  std::vector<Certificate> chain;
  const auto* verified = X509_STORE_CTX_get0_chain(context.get());
  // OpenSSL's chain consists of the very objects it was given; taking those spares decoding their keys again.
  for (int i = 0; i < sk_X509_num(verified); ++i) {
    const auto* certificate = holder_of(sk_X509_value(verified, i), leaf, anchors, intermediates);
    if (certificate == nullptr)
      return Error{ErrorCode::format, "the chain holds a certificate of unknown origin", {}, {}};
    chain.push_back(*certificate);
  }
  return chain;
}

SctCheck check_scts(const Certificate& leaf, const Certificate& issuer, std::span<const CtLog> logs) {
  SctCheck check;
  const SctList list{
      static_cast<STACK_OF(SCT)*>(X509_get_ext_d2i(leaf.handle(), NID_ct_precert_scts, nullptr, nullptr))};
  ERR_clear_error();
  if (!list) return check;
  const auto body = precertificate_body(leaf.handle());
  const auto issuer_key_hash = digest_of(HashKind::sha256, issuer.public_key().spki());
  check.present = static_cast<std::size_t>(sk_SCT_num(list.get()));
  for (int i = 0; i < sk_SCT_num(list.get()); ++i) {
    std::string log;
    auto problem = body ? check_sct(sk_SCT_value(list.get(), i), issuer_key_hash, *body, logs, log)
                        : std::string{"certificate cannot be encoded"};
    if (problem.empty()) {
      ++check.verified;
      check.logs.push_back(std::move(log));
    } else {
      check.problems.push_back(std::move(problem));
    }
  }
  return check;
}

}  // namespace assay::attest
