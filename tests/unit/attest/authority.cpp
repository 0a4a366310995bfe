#include "authority.hpp"

#include <fmt/format.h>
#include <openssl/asn1.h>
#include <openssl/ct.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/ts.h>
#include <openssl/x509v3.h>

#include <stdexcept>
#include <vector>

#include "attest/dsse.hpp"
#include "attest/encoding.hpp"
#include "attest/statement.hpp"
#include "attest/transparency_log.hpp"
#include "digest/digest.hpp"

namespace assay::test {

namespace {

using attest::Json;
using Key = std::shared_ptr<EVP_PKEY>;
using Cert = std::shared_ptr<X509>;

constexpr std::uint64_t k_tree_size = 7;
constexpr std::uint64_t k_leaf_index = 4;

void need(bool good, const char* what) {
  if (!good) throw std::runtime_error{std::string{"test authority: "} + what};
}

Key own(EVP_PKEY* key) {
  need(key != nullptr, "key");
  return {key, EVP_PKEY_free};
}

Key ec_key() {
  return own(EVP_EC_gen("P-256"));
}
Key ed25519_key() {
  return own(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
}

Bytes sign(const Key& key, ByteView message) {
  const std::shared_ptr<EVP_MD_CTX> context{EVP_MD_CTX_new(), EVP_MD_CTX_free};
  const EVP_MD* md = EVP_PKEY_get_base_id(key.get()) == EVP_PKEY_ED25519 ? nullptr : EVP_sha256();
  std::size_t size = 0;
  need(EVP_DigestSignInit(context.get(), nullptr, md, nullptr, key.get()) == 1, "sign");
  need(EVP_DigestSign(context.get(), nullptr, &size, message.data(), message.size()) == 1, "sign");
  Bytes signature(size);
  need(EVP_DigestSign(context.get(), signature.data(), &size, message.data(), message.size()) == 1, "sign");
  signature.resize(size);
  return signature;
}

Bytes take_der(unsigned char* der, int size) {
  need(size > 0, "DER");
  Bytes bytes(der, der + size);
  OPENSSL_free(der);
  return bytes;
}

Bytes spki_of(const Key& key) {
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(key.get(), &der);
  return take_der(der, size);
}

Bytes der_of(const Cert& certificate) {
  unsigned char* der = nullptr;
  const int size = i2d_X509(certificate.get(), &der);
  return take_der(der, size);
}

Bytes sha256_of(ByteView bytes) {
  const auto digest = sha256(bytes);
  return {digest.bytes.begin(), digest.bytes.end()};
}

struct CertRequest {
  std::string name;
  Key key;
  Cert issuer;  ///< null: self-signed
  Key issuer_key;
  std::int64_t not_before, not_after;
  std::vector<std::pair<int, std::string>> extensions;
  std::string oidc_issuer;  ///< empty: none
  bool sign = true;
};

void add_oidc_issuer(X509* certificate, const std::string& issuer) {
  const std::shared_ptr<ASN1_OBJECT> oid{OBJ_txt2obj("1.3.6.1.4.1.57264.1.8", 1), ASN1_OBJECT_free};
  const std::shared_ptr<ASN1_UTF8STRING> text{ASN1_UTF8STRING_new(), ASN1_UTF8STRING_free};
  ASN1_STRING_set(text.get(), issuer.data(), static_cast<int>(issuer.size()));
  unsigned char* der = nullptr;
  const int size = i2d_ASN1_UTF8STRING(text.get(), &der);
  const auto bytes = take_der(der, size);
  const std::shared_ptr<ASN1_OCTET_STRING> octets{ASN1_OCTET_STRING_new(), ASN1_OCTET_STRING_free};
  ASN1_OCTET_STRING_set(octets.get(), bytes.data(), static_cast<int>(bytes.size()));
  const std::shared_ptr<X509_EXTENSION> extension{X509_EXTENSION_create_by_OBJ(nullptr, oid.get(), 0, octets.get()),
                                                  X509_EXTENSION_free};
  X509_add_ext(certificate, extension.get(), -1);
}

Cert make_cert(const CertRequest& request) {
  static long serial = 1000;
  const Cert certificate{X509_new(), X509_free};
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), ++serial);
  ASN1_TIME_set(X509_getm_notBefore(certificate.get()), static_cast<time_t>(request.not_before));
  ASN1_TIME_set(X509_getm_notAfter(certificate.get()), static_cast<time_t>(request.not_after));
  X509_NAME* name = X509_get_subject_name(certificate.get());
  if (!request.name.empty())
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(request.name.c_str()),
                               -1, -1, 0);
  X509* issuer = request.issuer ? request.issuer.get() : certificate.get();
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(issuer));
  X509_set_pubkey(certificate.get(), request.key.get());
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate.get(), nullptr, nullptr, 0);
  for (const auto& [nid, value] : request.extensions) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
    need(extension != nullptr, value.c_str());
    X509_add_ext(certificate.get(), extension, -1);
    X509_EXTENSION_free(extension);
  }
  if (!request.oidc_issuer.empty()) add_oidc_issuer(certificate.get(), request.oidc_issuer);
  if (request.sign) X509_sign(certificate.get(), request.issuer_key.get(), EVP_sha256());
  return certificate;
}

Cert make_ca(const std::string& name, const Key& key, const Cert& issuer = {}, const Key& issuer_key = {}) {
  return make_cert({name,
                    key,
                    issuer,
                    issuer ? issuer_key : key,
                    1'600'000'000,
                    2'000'000'000,
                    {{NID_basic_constraints, "critical,CA:TRUE"},
                     {NID_key_usage, "critical,keyCertSign,cRLSign"},
                     {NID_subject_key_identifier, "hash"}},
                    {}});
}

void append_number(Bytes& out, std::uint64_t value, unsigned size) {
  for (unsigned i = size; i-- > 0;) out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

/// Put a timestamp of the certificate log into `leaf`, which is not signed yet.
void add_sct(X509* leaf, const Key& log, const Bytes& log_id, const Bytes& issuer_spki, std::int64_t time) {
  unsigned char* der = nullptr;
  // Signing fills in the algorithm, which is part of what the log signs.
  const int size = i2d_re_X509_tbs(leaf, &der);
  const auto body = take_der(der, size);
  Bytes message;
  append_number(message, 0, 2);
  append_number(message, static_cast<std::uint64_t>(time) * 1000, 8);
  append_number(message, 1, 2);
  const auto issuer_hash = sha256_of(issuer_spki);
  message.insert(message.end(), issuer_hash.begin(), issuer_hash.end());
  append_number(message, body.size(), 3);
  message.insert(message.end(), body.begin(), body.end());
  append_number(message, 0, 2);
  const auto signature = sign(log, message);
  SCT* sct = SCT_new();
  SCT_set_version(sct, SCT_VERSION_V1);
  SCT_set1_log_id(sct, log_id.data(), log_id.size());
  SCT_set_timestamp(sct, static_cast<std::uint64_t>(time) * 1000);
  SCT_set_signature_nid(sct, NID_ecdsa_with_SHA256);
  SCT_set1_signature(sct, signature.data(), signature.size());
  STACK_OF(SCT)* list = sk_SCT_new_null();
  sk_SCT_push(list, sct);
  need(X509_add1_ext_i2d(leaf, NID_ct_precert_scts, list, 0, 0) == 1, "SCT");
  SCT_LIST_free(list);
}

ASN1_INTEGER* next_serial(TS_RESP_CTX*, void*) {
  ASN1_INTEGER* serial = ASN1_INTEGER_new();
  ASN1_INTEGER_set(serial, 4711);
  return serial;
}

int given_time(TS_RESP_CTX*, void* data, long* seconds, long* microseconds) {
  *seconds = static_cast<long>(*static_cast<const std::int64_t*>(data));
  *microseconds = 0;
  return 1;
}

Bytes make_timestamp(const Key& key, const Cert& certificate, ByteView stamped, std::int64_t time,
                     bool with_certificate) {
  const std::shared_ptr<TS_REQ> request{TS_REQ_new(), TS_REQ_free};
  const std::shared_ptr<TS_MSG_IMPRINT> imprint{TS_MSG_IMPRINT_new(), TS_MSG_IMPRINT_free};
  const std::shared_ptr<X509_ALGOR> algorithm{X509_ALGOR_new(), X509_ALGOR_free};
  X509_ALGOR_set0(algorithm.get(), OBJ_nid2obj(NID_sha256), V_ASN1_NULL, nullptr);
  TS_MSG_IMPRINT_set_algo(imprint.get(), algorithm.get());
  auto digest = sha256_of(stamped);
  TS_MSG_IMPRINT_set_msg(imprint.get(), digest.data(), static_cast<int>(digest.size()));
  TS_REQ_set_version(request.get(), 1);
  TS_REQ_set_cert_req(request.get(), with_certificate ? 1 : 0);
  TS_REQ_set_msg_imprint(request.get(), imprint.get());
  unsigned char* der = nullptr;
  const int size = i2d_TS_REQ(request.get(), &der);
  const auto request_der = take_der(der, size);
  const std::shared_ptr<BIO> bio{BIO_new_mem_buf(request_der.data(), static_cast<int>(request_der.size())), BIO_free};
  const std::shared_ptr<TS_RESP_CTX> context{TS_RESP_CTX_new(), TS_RESP_CTX_free};
  const std::shared_ptr<ASN1_OBJECT> policy{OBJ_txt2obj("1.3.6.1.4.1.57264.2", 1), ASN1_OBJECT_free};
  TS_RESP_CTX_set_signer_cert(context.get(), certificate.get());
  TS_RESP_CTX_set_signer_key(context.get(), key.get());
  TS_RESP_CTX_set_signer_digest(context.get(), EVP_sha256());
  TS_RESP_CTX_set_ess_cert_id_digest(context.get(), EVP_sha256());
  TS_RESP_CTX_set_def_policy(context.get(), policy.get());
  TS_RESP_CTX_add_md(context.get(), EVP_sha256());
  TS_RESP_CTX_set_serial_cb(context.get(), next_serial, nullptr);
  TS_RESP_CTX_set_time_cb(context.get(), given_time, &time);
  const std::shared_ptr<TS_RESP> response{TS_RESP_create_response(context.get(), bio.get()), TS_RESP_free};
  need(response != nullptr && TS_RESP_get_tst_info(response.get()) != nullptr, "timestamp");
  unsigned char* out = nullptr;
  const int out_size = i2d_TS_RESP(response.get(), &out);
  return take_der(out, out_size);
}

Json bytes_json(ByteView bytes) {
  return Json{attest::to_base64(bytes)};
}

Json raw(ByteView bytes) {
  auto json = Json::object();
  json.set("rawBytes", bytes_json(bytes));
  return json;
}

std::string number(std::uint64_t value) {
  return fmt::format("{}", value);
}

/// A tree of k_tree_size leaves with `body` at k_leaf_index: the path, and the root.
struct Tree {
  std::vector<Bytes> path;
  Bytes root;
};

Bytes subtree(const std::vector<Bytes>& leaves, std::size_t begin, std::size_t end, std::size_t wanted,
              std::vector<Bytes>& path) {
  if (end - begin == 1) return leaves[begin];
  std::size_t split = 1;
  while (split * 2 < end - begin) split *= 2;
  std::vector<Bytes> left_path, right_path;
  const auto left = subtree(leaves, begin, begin + split, wanted, left_path);
  const auto right = subtree(leaves, begin + split, end, wanted, right_path);
  if (wanted >= begin && wanted < end) {
    path = wanted < begin + split ? left_path : right_path;
    path.push_back(wanted < begin + split ? right : left);
  }
  Bytes node{1};
  node.insert(node.end(), left.begin(), left.end());
  node.insert(node.end(), right.begin(), right.end());
  return sha256_of(node);
}

Tree make_tree(const Bytes& body) {
  std::vector<Bytes> leaves;
  for (std::uint64_t i = 0; i < k_tree_size; ++i) {
    Bytes leaf{0};
    if (i == k_leaf_index) leaf.insert(leaf.end(), body.begin(), body.end());
    else leaf.push_back(static_cast<std::uint8_t>(i));
    leaves.push_back(sha256_of(leaf));
  }
  Tree tree;
  tree.root = subtree(leaves, 0, leaves.size(), k_leaf_index, tree.path);
  return tree;
}

}  // namespace

struct TestAuthority::State {
  Key root_key = ec_key(), intermediate_key = ec_key(), log_key = ec_key(), log2_key = ed25519_key(), ct_key = ec_key(),
      tsa_root_key = ec_key(), tsa_key = ec_key();
  Key foreign_key = ec_key();
  Cert root = make_ca("test root", root_key);
  Cert intermediate = make_ca("test intermediate", intermediate_key, root, root_key);
  Cert other_intermediate = make_ca("other intermediate", foreign_key, root, root_key);
  Cert foreign_root = make_ca("foreign root", foreign_key);
  Cert tsa_root = make_ca("test tsa root", tsa_root_key);
  Cert tsa = make_tsa(tsa_root, tsa_root_key, tsa_key);
  Cert other_tsa = make_tsa(tsa_root, tsa_root_key, foreign_key);
  Cert foreign_tsa_root = make_ca("foreign tsa root", foreign_key);
  Cert foreign_tsa = make_tsa(foreign_tsa_root, foreign_key, foreign_key);

  static Cert make_tsa(const Cert& issuer, const Key& issuer_key, const Key& key) {
    return make_cert({"test tsa",
                      key,
                      issuer,
                      issuer_key,
                      1'600'000'000,
                      1'900'000'000,
                      {{NID_ext_key_usage, "critical,timeStamping"}, {NID_key_usage, "critical,digitalSignature"}},
                      {}});
  }

  Cert leaf(const Recipe& recipe, const Key& key) const {
    const auto& issuer = recipe.foreign_ca ? foreign_root : recipe.own_intermediate ? other_intermediate : intermediate;
    const auto& issuer_key = recipe.foreign_ca || recipe.own_intermediate ? foreign_key : intermediate_key;
    CertRequest request{"",
                        key,
                        issuer,
                        issuer_key,
                        recipe.not_before,
                        recipe.not_after,
                        {{NID_key_usage, "critical,digitalSignature"}},
                        recipe.issuer_identity};
    if (!recipe.usage.empty()) request.extensions.emplace_back(NID_ext_key_usage, recipe.usage);
    if (!recipe.san.empty()) request.extensions.emplace_back(NID_subject_alt_name, "critical," + recipe.san);
    auto certificate = make_cert(request);
    if (recipe.sct) {
      const auto& log = recipe.foreign_ct_log ? foreign_key : ct_key;
      add_sct(certificate.get(), log, sha256_of(spki_of(log)),
              spki_of(recipe.sct_of_other_issuer ? root_key : issuer_key), recipe.sct_time);
      if (recipe.sct_of_other_certificate) ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 7);
      X509_sign(certificate.get(), issuer_key.get(), EVP_sha256());
    }
    return certificate;
  }

  bool is_v2(EntryForm form) const { return form == EntryForm::hashedrekord_v2 || form == EntryForm::dsse_v2; }
};

TestAuthority::TestAuthority() : m_state(std::make_unique<State>()) {}
TestAuthority::~TestAuthority() = default;

namespace {

Json valid_for(std::int64_t start) {
  auto json = Json::object();
  json.set("start", attest::format_time(start));
  return json;
}

Json log_json(const std::string& url, const Key& key, const char* details) {
  auto public_key = raw(spki_of(key));
  public_key.set("keyDetails", details).set("validFor", valid_for(1'600'000'000));
  auto id = Json::object();
  id.set("keyId", bytes_json(sha256_of(spki_of(key))));
  auto json = Json::object();
  json.set("baseUrl", url)
      .set("hashAlgorithm", "SHA2_256")
      .set("publicKey", std::move(public_key))
      .set("logId", std::move(id));
  return json;
}

Json authority_json(const std::string& uri, const std::vector<Cert>& chain) {
  auto certificates = Json::array();
  for (const auto& certificate : chain) certificates.push(raw(der_of(certificate)));
  auto list = Json::object();
  list.set("certificates", std::move(certificates));
  auto json = Json::object();
  json.set("uri", uri).set("certChain", std::move(list)).set("validFor", valid_for(1'600'000'000));
  return json;
}

/// What the log records of the signature, in the form asked for.
Json entry_body(EntryForm form, const Recipe& recipe, const Bytes& signature, const Bytes& certificate,
                const std::string& payload, const Bytes& pae) {
  const auto pem = attest::to_base64(as_bytes(attest::to_pem(certificate, "CERTIFICATE")));
  const auto message_digest = sha256_of(recipe.envelope ? ByteView{pae} : as_bytes(recipe.artifact));
  auto verifier2 = Json::object();
  verifier2.set("keyDetails", "PKIX_ECDSA_P256_SHA_256").set("x509Certificate", raw(certificate));
  auto hash = Json::object();
  auto body = Json::object();
  auto spec = Json::object();
  std::string kind, version;
  switch (form) {
    case EntryForm::hashedrekord_v1: {
      kind = "hashedrekord", version = "0.0.1";
      hash.set("algorithm", "sha256").set("value", to_hex(message_digest));
      auto key = Json::object();
      key.set("content", pem);
      auto signed_by = Json::object();
      signed_by.set("content", bytes_json(signature)).set("publicKey", std::move(key));
      auto data = Json::object();
      data.set("hash", std::move(hash));
      spec.set("data", std::move(data)).set("signature", std::move(signed_by));
      break;
    }
    case EntryForm::hashedrekord_v2: {
      kind = "hashedrekord", version = "0.0.2";
      hash.set("algorithm", "SHA2_256").set("digest", bytes_json(message_digest));
      auto signed_by = Json::object();
      signed_by.set("content", bytes_json(signature)).set("verifier", std::move(verifier2));
      auto own = Json::object();
      own.set("data", std::move(hash)).set("signature", std::move(signed_by));
      spec.set("hashedRekordV002", std::move(own));
      break;
    }
    case EntryForm::dsse_v1: {
      kind = "dsse", version = "0.0.1";
      hash.set("algorithm", "sha256").set("value", sha256(as_bytes(payload)).hex());
      auto one = Json::object();
      one.set("signature", bytes_json(signature)).set("verifier", pem);
      spec.set("payloadHash", std::move(hash)).set("signatures", Json::array({std::move(one)}));
      break;
    }
    case EntryForm::dsse_v2: {
      kind = "dsse", version = "0.0.2";
      hash.set("algorithm", "SHA2_256").set("digest", bytes_json(sha256_of(as_bytes(payload))));
      auto one = Json::object();
      one.set("content", bytes_json(signature)).set("verifier", std::move(verifier2));
      auto own = Json::object();
      own.set("payloadHash", std::move(hash)).set("signatures", Json::array({std::move(one)}));
      spec.set("dsseV002", std::move(own));
      break;
    }
    case EntryForm::intoto_v2: {
      kind = "intoto", version = "0.0.2";
      hash.set("algorithm", "sha256").set("value", sha256(as_bytes(payload)).hex());
      auto one = Json::object();
      one.set("publicKey", pem).set("sig", bytes_json(as_bytes(attest::to_base64(signature))));
      auto envelope = Json::object();
      envelope.set("payloadType", recipe.payload_type).set("signatures", Json::array({std::move(one)}));
      auto content = Json::object();
      content.set("envelope", std::move(envelope)).set("payloadHash", std::move(hash));
      spec.set("content", std::move(content));
      break;
    }
  }
  body.set("apiVersion", version).set("kind", kind).set("spec", std::move(spec));
  return body;
}

std::string checkpoint_text(const std::string& origin, const Bytes& root, const Key& key) {
  const auto text = fmt::format("{}\n{}\n{}\n", origin, k_tree_size, attest::to_base64(root));
  auto blob = sha256_of(spki_of(key));
  blob.resize(4);
  const auto signature = sign(key, as_bytes(text));
  blob.insert(blob.end(), signature.begin(), signature.end());
  return fmt::format("{}\n\u2014 {} {}\n", text, origin, attest::to_base64(blob));
}

}  // namespace

Json TestAuthority::trusted_root() const {
  auto json = Json::object();
  json.set("mediaType", "application/vnd.dev.sigstore.trustedroot+json;version=0.1");
  json.set("tlogs", Json::array({log_json("https://log.test", m_state->log_key, "PKIX_ECDSA_P256_SHA_256"),
                                 log_json("https://log2.test", m_state->log2_key, "PKIX_ED25519")}));
  json.set("certificateAuthorities",
           Json::array({authority_json("https://ca.test", {m_state->intermediate, m_state->root})}));
  json.set("ctlogs", Json::array({log_json("https://ct.test", m_state->ct_key, "PKIX_ECDSA_P256_SHA_256")}));
  json.set("timestampAuthorities",
           Json::array({authority_json("https://tsa.test", {m_state->tsa, m_state->tsa_root})}));
  return json;
}

Json TestAuthority::bundle(const Recipe& recipe) const {
  const auto& state = *m_state;
  const auto key = ec_key();
  const auto certificate = der_of(state.leaf(recipe, key));
  const auto payload = recipe.payload.empty() ? statement_about(recipe.artifact) : recipe.payload;
  const auto pae = attest::pre_authentication_encoding(recipe.payload_type, as_bytes(payload));
  const auto artifact = as_bytes(recipe.artifact);
  Bytes to_sign = recipe.envelope ? pae : Bytes{artifact.begin(), artifact.end()};
  if (recipe.to_be_signed) to_sign = recipe.to_be_signed(to_sign);
  auto signature = sign(recipe.foreign_signer ? state.foreign_key : key, to_sign);
  if (recipe.signature) recipe.signature(signature);

  const bool v2 = state.is_v2(recipe.form);
  const auto& log_key = recipe.foreign_log ? state.foreign_key : v2 ? state.log2_key : state.log_key;
  const auto body_json = entry_body(recipe.form, recipe, signature, certificate, payload, pae);
  const auto body_text = body_json.dump();
  const Bytes body{body_text.begin(), body_text.end()};
  const auto tree = make_tree(body);
  const auto log_id = sha256_of(spki_of(log_key));
  auto id = Json::object();
  id.set("keyId", bytes_json(log_id));
  auto kind = Json::object();
  kind.set("kind", body_json["kind"]).set("version", body_json["apiVersion"]);
  auto hashes = Json::array();
  for (const auto& hash : tree.path) hashes.push(bytes_json(hash));
  auto checkpoint = Json::object();
  checkpoint.set("envelope", checkpoint_text(v2 ? "log2.test" : "log.test", tree.root, log_key));
  auto proof = Json::object();
  proof.set("logIndex", number(k_leaf_index))
      .set("rootHash", bytes_json(tree.root))
      .set("treeSize", number(k_tree_size));
  proof.set("hashes", std::move(hashes)).set("checkpoint", std::move(checkpoint));
  auto entry = Json::object();
  entry.set("logIndex", number(1004)).set("logId", std::move(id)).set("kindVersion", std::move(kind));
  if (!v2) entry.set("integratedTime", number(static_cast<std::uint64_t>(recipe.promise_time)));
  if (recipe.promise && !v2) {
    const auto text = fmt::format(R"({{"body":"{}","integratedTime":{},"logID":"{}","logIndex":1004}})",
                                  attest::to_base64(body), recipe.promise_time, to_hex(log_id));
    auto promise = Json::object();
    promise.set("signedEntryTimestamp", bytes_json(sign(log_key, as_bytes(text))));
    entry.set("inclusionPromise", std::move(promise));
  }
  entry.set("inclusionProof", std::move(proof)).set("canonicalizedBody", bytes_json(body));

  auto material = Json::object();
  if (recipe.own_intermediate) {
    auto chain = Json::object();
    chain.set("certificates", Json::array({raw(certificate), raw(der_of(state.other_intermediate))}));
    material.set("x509CertificateChain", std::move(chain));
  } else {
    material.set("certificate", raw(certificate));
  }
  material.set("tlogEntries", Json::array({std::move(entry)}));
  if (recipe.timestamp) {
    const auto stamped = recipe.stamped.empty() ? ByteView{signature} : as_bytes(recipe.stamped);
    auto token = Json::object();
    const bool foreign = recipe.foreign_tsa || recipe.other_tsa;
    const auto& stamper = recipe.foreign_tsa ? state.foreign_tsa : recipe.other_tsa ? state.other_tsa : state.tsa;
    token.set("signedTimestamp", bytes_json(make_timestamp(foreign ? state.foreign_key : state.tsa_key, stamper,
                                                           stamped, recipe.stamp_time, recipe.other_tsa)));
    auto data = Json::object();
    data.set("rfc3161Timestamps", Json::array({std::move(token)}));
    material.set("timestampVerificationData", std::move(data));
  }
  auto json = Json::object();
  json.set("mediaType", "application/vnd.dev.sigstore.bundle.v0.3+json")
      .set("verificationMaterial", std::move(material));
  if (recipe.envelope) {
    const attest::Envelope envelope{recipe.payload_type, {payload.begin(), payload.end()}, {{"", signature}}};
    json.set("dsseEnvelope", envelope.to_json());
  } else {
    auto digest = Json::object();
    digest.set("algorithm", "SHA2_256").set("digest", bytes_json(sha256_of(artifact)));
    auto message = Json::object();
    message.set("messageDigest", std::move(digest)).set("signature", bytes_json(signature));
    json.set("messageSignature", std::move(message));
  }
  return json;
}

std::string TestAuthority::private_key_pem(const std::string& kind, const std::string& pass_phrase) {
  const auto key = kind == "ED25519"          ? ed25519_key()
                   : kind.starts_with("RSA:") ? own(EVP_RSA_gen(static_cast<unsigned>(std::stoul(kind.substr(4)))))
                                              : own(EVP_EC_gen(kind.c_str()));
  const std::shared_ptr<BIO> bio{BIO_new(BIO_s_mem()), BIO_free};
  const bool locked = !pass_phrase.empty();
  need(PEM_write_bio_PKCS8PrivateKey(bio.get(), key.get(), locked ? EVP_aes_256_cbc() : nullptr,
                                     locked ? pass_phrase.c_str() : nullptr, static_cast<int>(pass_phrase.size()),
                                     nullptr, nullptr) == 1,
       "private key");
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

std::string TestAuthority::public_key_pem(const std::string& private_pem) {
  const std::shared_ptr<BIO> bio{BIO_new_mem_buf(private_pem.data(), static_cast<int>(private_pem.size())), BIO_free};
  return attest::to_pem(spki_of(own(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr))), "PUBLIC KEY");
}

std::string statement_about(const std::string& artifact) {
  attest::Statement statement;
  statement.subjects.push_back({"artifact", {{"sha256", sha256(as_bytes(artifact)).hex()}}});
  statement.predicate_type = "https://slsa.dev/provenance/v1";
  statement.predicate = Json::object();
  return statement.to_json_text();
}

const Json& at_path(const Json& json, const std::string& path) {
  const auto dot = path.find('.');
  const auto name = path.substr(0, dot);
  const Json* child = json.is_array() ? &json.items()[std::stoul(name)] : &json[name];
  need(!child->is_null(), path.c_str());
  return dot == std::string::npos ? *child : at_path(*child, path.substr(dot + 1));
}

Json with_value(const Json& json, const std::string& path, Json value) {
  const auto dot = path.find('.');
  const auto name = path.substr(0, dot);
  if (json.is_array()) {
    std::vector<Json> items{json.items().begin(), json.items().end()};
    auto& item = items.at(std::stoul(name));
    item = dot == std::string::npos ? std::move(value) : with_value(item, path.substr(dot + 1), std::move(value));
    return Json::array(std::move(items));
  }
  auto copy = json;
  copy.set(name, dot == std::string::npos ? std::move(value)
                                          : with_value(json[name], path.substr(dot + 1), std::move(value)));
  return copy;
}

Json with_flipped_bit(const Json& json, const std::string& path) {
  auto bytes = attest::from_base64(at_path(json, path).text());
  need(bytes && !bytes->empty(), path.c_str());
  bytes->at(bytes->size() / 2) ^= 1;
  return with_value(json, path, bytes_json(*bytes));
}

const TestAuthority& test_authority() {
  static const TestAuthority k_authority;
  return k_authority;
}

attest::BundlePolicy usual_policy() {
  attest::BundlePolicy policy;
  policy.identity = {attest::TextPattern{k_identity, false}, attest::TextPattern{k_issuer, false}};
  return policy;
}

}  // namespace assay::test
