#include "attest/key.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <malloc.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>

#include "attest/deterministic_ecdsa.hpp"
#include "attest/encoding.hpp"
#include "attest/key_token.hpp"
#include "base/file.hpp"
#include "base/handle.hpp"

namespace assay::attest {

namespace {

using Context = Handle<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using DigestContext = Handle<EVP_MD_CTX, EVP_MD_CTX_free>;
using Bio = Handle<BIO, BIO_free>;
using X509Ptr = Handle<X509, X509_free>;

constexpr int k_min_rsa_bits = 2048;
constexpr int k_max_rsa_bits = 16384;
constexpr std::uint64_t k_max_key_file = 1U << 20;

/// Fetched once: with EVP_sha256() OpenSSL looks for the implementation at every use, which costs more than hashing a line.
const EVP_MD* md_of(HashKind hash) {
  static const Handle<EVP_MD, EVP_MD_free> k_sha256{EVP_MD_fetch(nullptr, "SHA256", nullptr)};
  static const Handle<EVP_MD, EVP_MD_free> k_sha384{EVP_MD_fetch(nullptr, "SHA384", nullptr)};
  static const Handle<EVP_MD, EVP_MD_free> k_sha512{EVP_MD_fetch(nullptr, "SHA512", nullptr)};
  switch (hash) {
    case HashKind::sha256:
      return k_sha256.get();
    case HashKind::sha384:
      return k_sha384.get();
    case HashKind::sha512:
      return k_sha512.get();
  }
  return k_sha256.get();
}

Result<KeyKind> kind_of_curve(EVP_PKEY* key) {
  std::array<char, 64> name{};
  std::size_t length = 0;
  if (EVP_PKEY_get_group_name(key, name.data(), name.size(), &length) == 1) {
    const std::string_view group{name.data(), length};
    if (group == "prime256v1") return KeyKind::ecdsa_p256;
    if (group == "secp384r1") return KeyKind::ecdsa_p384;
    if (group == "secp521r1") return KeyKind::ecdsa_p521;
  }
  return Error{ErrorCode::unsupported, "elliptic curve is none of P-256, P-384 and P-521", {}, {}};
}

Result<KeyKind> kind_of(EVP_PKEY* key) {
  const int type = EVP_PKEY_get_base_id(key);
  if (type == EVP_PKEY_ED25519) return KeyKind::ed25519;
  if (type == EVP_PKEY_EC) return kind_of_curve(key);
  if (type != EVP_PKEY_RSA && type != EVP_PKEY_RSA_PSS)
    return Error{ErrorCode::unsupported, "key is neither Ed25519, ECDSA nor RSA", {}, {}};
  if (const int bits = EVP_PKEY_get_bits(key); bits < k_min_rsa_bits || bits > k_max_rsa_bits)
    return Error{ErrorCode::unsupported,
                 fmt::format("RSA key of {} bits; {} to {} are taken", bits, k_min_rsa_bits, k_max_rsa_bits),
                 {},
                 {}};
  return type == EVP_PKEY_RSA ? KeyKind::rsa : KeyKind::rsa_pss;
}

HashKind own_hash(KeyKind kind) {
  switch (kind) {
    case KeyKind::ecdsa_p384:
      return HashKind::sha384;
    case KeyKind::ecdsa_p521:
      return HashKind::sha512;
    default:
      return HashKind::sha256;
  }
}

bool is_rsa(KeyKind kind) {
  return kind == KeyKind::rsa || kind == KeyKind::rsa_pss;
}

bool verify_prepared(EVP_PKEY* key, const EVP_MD* md, int padding, ByteView digest, ByteView signature) {
  const Context context{EVP_PKEY_CTX_new(key, nullptr)};
  if (!context || EVP_PKEY_verify_init(context.get()) != 1) return false;
  if (padding != 0 && EVP_PKEY_CTX_set_rsa_padding(context.get(), padding) != 1) return false;
  if (EVP_PKEY_CTX_set_signature_md(context.get(), md) != 1) return false;
  if (padding == RSA_PKCS1_PSS_PADDING && EVP_PKEY_CTX_set_rsa_pss_saltlen(context.get(), RSA_PSS_SALTLEN_AUTO) != 1)
    return false;
  return EVP_PKEY_verify(context.get(), signature.data(), signature.size(), digest.data(), digest.size()) == 1;
}

bool verify_whole(EVP_PKEY* key, ByteView message, ByteView signature) {
  const DigestContext context{EVP_MD_CTX_new()};
  return context && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key) == 1 &&
         EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(), message.size()) == 1;
}

/// Have OpenSSL 3.2 and later choose ECDSA's nonce by RFC 6979. True if it can.
bool ask_for_deterministic_nonce(EVP_PKEY_CTX* context) {
  const OSSL_PARAM* settable = EVP_PKEY_CTX_settable_params(context);
  if (settable == nullptr || OSSL_PARAM_locate_const(settable, "nonce-type") == nullptr) return false;
  unsigned type = 1;
  const std::array<OSSL_PARAM, 2> parameters{OSSL_PARAM_construct_uint("nonce-type", &type),
                                             OSSL_PARAM_construct_end()};
  return EVP_PKEY_CTX_set_params(context, parameters.data()) == 1;
}

/// Overwritten when it goes, whatever path leads there.
struct Secret {
  explicit Secret(Bytes content) : bytes(std::move(content)) {}
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret() { OPENSSL_cleanse(bytes.data(), bytes.size()); }
  Bytes bytes;
};

struct PassPhraseRequest {
  const PassPhrase& ask;
  bool asked = false;
  Error error;
};

int give_pass_phrase(char* buffer, int size, int, void* user) {
  auto& request = *static_cast<PassPhraseRequest*>(user);
  request.asked = true;
  if (!request.ask) return -1;
  auto phrase = request.ask();
  if (!phrase) {
    request.error = phrase.error();
    return -1;
  }
  const auto length = static_cast<int>(phrase->size());
  if (length <= size) std::memcpy(buffer, phrase->data(), phrase->size());
  OPENSSL_cleanse(phrase->data(), phrase->size());
  return length <= size ? length : -1;
}

/// The content of a key file that nobody but its owner can read. A file that holds no private key may be open to others.
Result<Bytes> read_guarded(const std::filesystem::path& file) {
  ASSAY_TRY(const auto descriptor, open_regular(file));
  struct stat status {};
  if (::fstat(descriptor.get(), &status) != 0) return errno_error("examine", file.string());
  if (static_cast<std::uint64_t>(status.st_size) > k_max_key_file)
    return Error{ErrorCode::limit, "too large for a key", file.string(), {}};
  Secret secret{Bytes(static_cast<std::size_t>(status.st_size))};
  auto& content = secret.bytes;
  std::size_t have = 0;
  while (have < content.size()) {
    const auto got = ::read(descriptor.get(), content.data() + have, content.size() - have);
    if (got <= 0) return errno_error("read", file.string());
    have += static_cast<std::size_t>(got);
  }
  const auto text = as_text(content);
  if (text.find("PRIVATE KEY-----") == std::string_view::npos)
    return Error{ErrorCode::format,
                 text.find("BEGIN PUBLIC KEY") == std::string_view::npos
                     ? "no private key in PEM form"
                     : "is a public key: signing takes the private one",
                 file.string(), "openssl genpkey -algorithm ed25519 makes one"};
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    return Error{ErrorCode::usage, fmt::format("private key is open to others (mode {:03o})", status.st_mode & 0777U),
                 file.string(), "chmod 600 the file, and consider the key as known to those others"};
  return std::move(content);
}

}  // namespace

std::string_view to_string(KeyKind kind) noexcept {
  switch (kind) {
    case KeyKind::ed25519:
      return "Ed25519";
    case KeyKind::ecdsa_p256:
      return "ECDSA P-256";
    case KeyKind::ecdsa_p384:
      return "ECDSA P-384";
    case KeyKind::ecdsa_p521:
      return "ECDSA P-521";
    case KeyKind::rsa:
      return "RSA";
    case KeyKind::rsa_pss:
      return "RSA-PSS";
  }
  return "unknown";
}

std::string_view to_string(HashKind hash) noexcept {
  switch (hash) {
    case HashKind::sha256:
      return "sha256";
    case HashKind::sha384:
      return "sha384";
    case HashKind::sha512:
      return "sha512";
  }
  return "sha256";
}

void wipe(std::span<std::uint8_t> secret) noexcept {
  OPENSSL_cleanse(secret.data(), secret.size());
}

namespace {

void* allocate(std::size_t size, const char* /*file*/, int /*line*/) {
  return std::malloc(size);
}

void wipe_and_free(void* memory, const char* /*file*/, int /*line*/) {
  if (memory != nullptr) OPENSSL_cleanse(memory, ::malloc_usable_size(memory));
  std::free(memory);
}

/// Never in place: what realloc() leaves behind nobody would overwrite.
void* reallocate(void* memory, std::size_t size, const char* file, int line) {
  void* larger = size == 0 ? nullptr : std::malloc(size);
  if (larger == nullptr && size != 0) return nullptr;
  if (memory != nullptr && larger != nullptr) std::memcpy(larger, memory, std::min(size, ::malloc_usable_size(memory)));
  wipe_and_free(memory, file, line);
  return larger;
}

}  // namespace

bool wipe_what_openssl_frees() noexcept {
  static const bool k_done = CRYPTO_set_mem_functions(allocate, reallocate, wipe_and_free) == 1;
  return k_done;
}

Bytes digest_of(HashKind hash, ByteView data) {
  Bytes digest(EVP_MAX_MD_SIZE);
  unsigned length = 0;
  EVP_Digest(data.data(), data.size(), digest.data(), &length, md_of(hash), nullptr);
  digest.resize(length);
  return digest;
}

namespace {

Bytes spki_of(evp_pkey_st* key) {
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(key, &der);
  Bytes spki;
  if (size > 0) spki.assign(der, der + size);
  OPENSSL_free(der);
  return spki;
}

/// What stands before the 32 bytes of an Ed25519 key in its SubjectPublicKeyInfo (RFC 8410).
constexpr std::string_view k_ed25519_head{"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00", 12};
constexpr std::size_t k_ed25519_size = 32;

/// What stands before the coordinates in the SubjectPublicKeyInfo (RFC 5480) of an uncompressed point on a named curve,
/// and the size of a coordinate.
struct CurveForm {
  std::string_view head;
  int size;
};

std::optional<CurveForm> form_of(KeyKind kind) {
  using namespace std::string_view_literals;
  switch (kind) {
    case KeyKind::ecdsa_p256:
      return CurveForm{
          "\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07"
          "\x03\x42\x00\x04"sv,
          32};
    case KeyKind::ecdsa_p384:
      return CurveForm{
          "\x30\x76\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x22"
          "\x03\x62\x00\x04"sv,
          48};
    case KeyKind::ecdsa_p521:
      return CurveForm{
          "\x30\x81\x9b\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x23"
          "\x03\x81\x86\x00\x04"sv,
          66};
    default:
      return std::nullopt;
  }
}

bool append_coordinate(EVP_PKEY* key, const char* name, int size, Bytes& out) {
  BIGNUM* number = nullptr;
  if (EVP_PKEY_get_bn_param(key, name, &number) != 1) return false;
  const Handle<BIGNUM, BN_free> coordinate{number};
  const auto at = out.size();
  out.resize(at + static_cast<std::size_t>(size));
  return BN_bn2binpad(number, out.data() + at, size) == size;
}

/// One modulus may be declared for RSASSA-PSS alone or for all of RSA (RFC 4055, 1.2): it is one private key.
Bytes spki_as_rsa(EVP_PKEY* key) {
  BIGNUM* raw_modulus = nullptr;
  BIGNUM* raw_exponent = nullptr;
  EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &raw_modulus);
  EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &raw_exponent);
  const Handle<BIGNUM, BN_free> modulus{raw_modulus}, exponent{raw_exponent};
  if (!modulus || !exponent) return {};
  const Handle<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free> builder{OSSL_PARAM_BLD_new()};
  if (!builder || OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get()) != 1)
    return {};
  const Handle<OSSL_PARAM, OSSL_PARAM_free> parameters{OSSL_PARAM_BLD_to_param(builder.get())};
  const Context context{EVP_PKEY_CTX_new_id(EVP_PKEY_RSA, nullptr)};
  EVP_PKEY* plain = nullptr;
  if (parameters && context && EVP_PKEY_fromdata_init(context.get()) == 1)
    EVP_PKEY_fromdata(context.get(), &plain, EVP_PKEY_PUBLIC_KEY, parameters.get());
  const Handle<EVP_PKEY, EVP_PKEY_free> owner{plain};
  return owner ? spki_of(owner.get()) : Bytes{};
}

/// A point may be written compressed, a curve by its parameters. One key has one encoding here, and so one fingerprint.
/// Written, and in that form read, by hand: OpenSSL's encoders and decoders take longer to set up than to verify with.
Bytes canonical_spki(EVP_PKEY* key, KeyKind kind) {
  if (kind == KeyKind::rsa_pss) return spki_as_rsa(key);
  if (kind == KeyKind::ed25519) {
    Bytes spki{k_ed25519_head.begin(), k_ed25519_head.end()};
    std::size_t size = k_ed25519_size;
    spki.resize(spki.size() + size);
    const bool whole = EVP_PKEY_get_raw_public_key(key, spki.data() + k_ed25519_head.size(), &size) == 1;
    return whole && size == k_ed25519_size ? spki : Bytes{};
  }
  const auto form = form_of(kind);
  if (!form) return spki_of(key);
  Bytes spki{form->head.begin(), form->head.end()};
  const bool whole = append_coordinate(key, OSSL_PKEY_PARAM_EC_PUB_X, form->size, spki) &&
                     append_coordinate(key, OSSL_PKEY_PARAM_EC_PUB_Y, form->size, spki);
  ERR_clear_error();
  return whole ? spki : Bytes{};
}

using KeyHandle = Handle<EVP_PKEY, EVP_PKEY_free>;

/// The key that `der` is the canonical form of; null if it is none of such a form. OpenSSL checks that the point is on
/// the curve.
KeyHandle from_canonical_ec(ByteView der) {
  constexpr std::pair<KeyKind, const char*> k_curves[] = {
      {KeyKind::ecdsa_p256, "P-256"}, {KeyKind::ecdsa_p384, "P-384"}, {KeyKind::ecdsa_p521, "P-521"}};
  for (const auto& [kind, group] : k_curves) {
    const auto form = *form_of(kind);
    if (der.size() != form.head.size() + 2 * static_cast<std::size_t>(form.size) ||
        !as_text(der).starts_with(form.head))
      continue;
    Bytes point{der.begin() + static_cast<std::ptrdiff_t>(form.head.size()) - 1, der.end()};
    std::string name{group};
    std::array<OSSL_PARAM, 3> parameters{
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, name.data(), name.size()),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()),
        OSSL_PARAM_construct_end()};
    const Context context{EVP_PKEY_CTX_new_id(EVP_PKEY_EC, nullptr)};
    EVP_PKEY* key = nullptr;
    if (context && EVP_PKEY_fromdata_init(context.get()) == 1)
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.data());
    return KeyHandle{key};
  }
  return nullptr;
}

/// Keys of an engine (a token's) tell no coordinates. What they encode to does.
Bytes canonical_spki_of_token(EVP_PKEY* key, KeyKind kind) {
  const auto spki = spki_of(key);
  const unsigned char* at = spki.data();
  const KeyHandle copy{d2i_PUBKEY(nullptr, &at, static_cast<long>(spki.size()))};
  ERR_clear_error();
  return copy ? canonical_spki(copy.get(), kind) : Bytes{};
}

}  // namespace

Result<PublicKey> PublicKey::from_handle(evp_pkey_st* handle) {
  if (handle == nullptr) return Error{ErrorCode::format, "no public key", {}, {}};
  ASSAY_TRY(const auto kind, kind_of(handle));
  EVP_PKEY_up_ref(handle);
  PublicKey key;
  key.m_key = std::shared_ptr<evp_pkey_st>{handle, EVP_PKEY_free};
  key.m_kind = kind;
  key.m_spki = canonical_spki(handle, kind);
  if (key.m_spki.empty()) key.m_spki = canonical_spki_of_token(handle, kind);
  if (key.m_spki.empty()) return Error{ErrorCode::format, "public key cannot be encoded", {}, {}};
  return key;
}

Result<PublicKey> PublicKey::from_spki(ByteView der) {
  if (der.size() == k_ed25519_head.size() + k_ed25519_size && as_text(der).starts_with(k_ed25519_head))
    return from_ed25519(der.subspan(k_ed25519_head.size()));
  auto key = from_canonical_ec(der);
  const unsigned char* at = key ? der.data() + der.size() : der.data();
  if (!key) key.reset(d2i_PUBKEY(nullptr, &at, static_cast<long>(der.size())));
  ERR_clear_error();
  if (!key || at != der.data() + der.size())
    return Error{ErrorCode::format, "malformed public key (SubjectPublicKeyInfo)", {}, {}};
  return from_handle(key.get());
}

Result<PublicKey> PublicKey::from_pkcs1(ByteView der) {
  const unsigned char* at = der.data();
  const Handle<EVP_PKEY, EVP_PKEY_free> key{d2i_PublicKey(EVP_PKEY_RSA, nullptr, &at, static_cast<long>(der.size()))};
  ERR_clear_error();
  if (!key || at != der.data() + der.size())
    return Error{ErrorCode::format, "malformed public key (RSAPublicKey)", {}, {}};
  return from_handle(key.get());
}

Result<PublicKey> PublicKey::from_ed25519(ByteView raw) {
  const Handle<EVP_PKEY, EVP_PKEY_free> key{
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, raw.data(), raw.size())};
  ERR_clear_error();
  if (!key) return Error{ErrorCode::format, "malformed Ed25519 key", {}, {}};
  return from_handle(key.get());
}

Result<PublicKey> PublicKey::from_pem(std::string_view text) {
  if (const auto spki = attest::from_pem(text, "PUBLIC KEY")) return from_spki(*spki);
  if (const auto pkcs1 = attest::from_pem(text, "RSA PUBLIC KEY")) return from_pkcs1(*pkcs1);
  if (const auto der = attest::from_pem(text, "CERTIFICATE")) {
    const unsigned char* at = der->data();
    const X509Ptr certificate{d2i_X509(nullptr, &at, static_cast<long>(der->size()))};
    ERR_clear_error();
    if (certificate && at == der->data() + der->size()) return from_handle(X509_get0_pubkey(certificate.get()));
  }
  return Error{
      ErrorCode::format, "no public key in PEM form", {}, "give a file with BEGIN PUBLIC KEY or BEGIN CERTIFICATE"};
}

std::string PublicKey::description() const {
  if (!is_rsa(m_kind)) return std::string{to_string(m_kind)};
  return fmt::format("{} {}", to_string(m_kind), EVP_PKEY_get_bits(m_key.get()));
}

std::string PublicKey::fingerprint() const {
  return to_hex(digest_of(HashKind::sha256, m_spki));
}

bool PublicKey::verify(ByteView message, ByteView signature) const {
  if (m_kind == KeyKind::ed25519) {
    const bool good = verify_whole(m_key.get(), message, signature);
    ERR_clear_error();
    return good;
  }
  if (verify(message, signature, own_hash(m_kind))) return true;
  if (m_kind == KeyKind::ecdsa_p384 || m_kind == KeyKind::ecdsa_p521)
    return verify(message, signature, HashKind::sha256);
  return is_rsa(m_kind) &&
         (verify(message, signature, HashKind::sha384) || verify(message, signature, HashKind::sha512));
}

bool PublicKey::verify(ByteView message, ByteView signature, HashKind hash) const {
  if (m_kind == KeyKind::ed25519) return verify(message, signature);
  return verify_digest(hash, digest_of(hash, message), signature);
}

bool PublicKey::verify_digest(HashKind hash, ByteView digest, ByteView signature) const {
  if (m_kind == KeyKind::ed25519 || digest.size() != static_cast<std::size_t>(EVP_MD_get_size(md_of(hash))))
    return false;
  bool good = false;
  if (is_rsa(m_kind)) {
    good = verify_prepared(m_key.get(), md_of(hash), RSA_PKCS1_PSS_PADDING, digest, signature) ||
           (m_kind == KeyKind::rsa && verify_prepared(m_key.get(), md_of(hash), RSA_PKCS1_PADDING, digest, signature));
  } else {
    good = verify_prepared(m_key.get(), md_of(hash), 0, digest, signature);
  }
  ERR_clear_error();
  return good;
}

Result<PrivateKey> PrivateKey::load(const std::filesystem::path& file, const PassPhrase& pass_phrase) {
  ASSAY_TRY(auto content, read_guarded(file));
  const Secret secret{std::move(content)};
  const Bio bio{BIO_new_mem_buf(secret.bytes.data(), static_cast<int>(secret.bytes.size()))};
  PassPhraseRequest request{pass_phrase, false, {}};
  std::shared_ptr<evp_pkey_st> key{PEM_read_bio_PrivateKey(bio.get(), nullptr, give_pass_phrase, &request),
                                   EVP_PKEY_free};
  ERR_clear_error();
  if (!request.error.message.empty()) return request.error;
  if (!key && request.asked)
    return Error{ErrorCode::usage,
                 pass_phrase ? "private key cannot be decrypted: wrong pass phrase?" : "private key is encrypted",
                 file.string(), "give --pass-phrase-file FILE"};
  if (!key)
    return Error{ErrorCode::format, "no private key in PEM form", file.string(),
                 "openssl genpkey -algorithm ed25519 makes one"};
  auto public_key = PublicKey::from_handle(key.get());
  if (!public_key) {
    auto error = public_key.error();
    error.where = file.string();
    return error;
  }
  return PrivateKey{std::move(key), *std::move(public_key)};
}

Result<PrivateKey> PrivateKey::on_token(const std::string& uri, const PassPhrase& pin) {
  std::string given;
  if (pin) {
    ASSAY_TRY(given, pin());
  }
  auto key = open_token_key(uri, given);
  OPENSSL_cleanse(given.data(), given.size());
  if (!key) return key.error();
  ASSAY_TRY(const auto on_token, PublicKey::from_handle(key->get()));
  // Verifying needs no token.
  ASSAY_TRY(auto public_key, PublicKey::from_spki(on_token.spki()));
  return PrivateKey{*std::move(key), std::move(public_key)};
}

Result<PrivateKey> PrivateKey::open(const std::string& file_or_uri, const PassPhrase& pass_phrase) {
  return is_token_uri(file_or_uri) ? on_token(file_or_uri, pass_phrase) : load(file_or_uri, pass_phrase);
}

bool PrivateKey::deterministic() const {
  if (m_public.kind() == KeyKind::ed25519 || m_public.kind() == KeyKind::rsa) return true;
  if (is_rsa(m_public.kind())) return false;
  const DigestContext context{EVP_MD_CTX_new()};
  EVP_PKEY_CTX* inner = nullptr;
  if (context && EVP_DigestSignInit(context.get(), &inner, EVP_sha256(), nullptr, m_key.get()) == 1 &&
      ask_for_deterministic_nonce(inner))
    return true;
  return sign_deterministically(m_key.get(), HashKind::sha256, digest_of(HashKind::sha256, {})).has_value();
}

Result<Bytes> PrivateKey::sign(ByteView message) const {
  const DigestContext context{EVP_MD_CTX_new()};
  EVP_PKEY_CTX* inner = nullptr;
  const auto kind = m_public.kind();
  const EVP_MD* md = kind == KeyKind::ed25519 ? nullptr : md_of(own_hash(kind));
  std::size_t size = 0;
  const Error failure{ErrorCode::io, "OpenSSL cannot sign with this key", {}, {}};
  if (!context || EVP_DigestSignInit(context.get(), &inner, md, nullptr, m_key.get()) != 1) return failure;
  if (kind != KeyKind::ed25519 && !is_rsa(kind) && !ask_for_deterministic_nonce(inner))
    if (auto signature = sign_deterministically(m_key.get(), own_hash(kind), digest_of(own_hash(kind), message)))
      return *std::move(signature);
  if (EVP_DigestSign(context.get(), nullptr, &size, message.data(), message.size()) != 1) return failure;
  Bytes signature(size);
  if (EVP_DigestSign(context.get(), signature.data(), &size, message.data(), message.size()) != 1) return failure;
  signature.resize(size);
  return signature;
}

}  // namespace assay::attest
