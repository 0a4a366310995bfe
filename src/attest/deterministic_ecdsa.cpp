// With its nonce given, a signature can be made by no function of OpenSSL 3.0 that is not deprecated; those that are, are
// better than arithmetic of our own, because theirs is blinded.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "attest/deterministic_ecdsa.hpp"

#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <initializer_list>
#include <memory>

#include "base/handle.hpp"

namespace assay::attest {

namespace {

using Number = Handle<BIGNUM, BN_clear_free>;
using NumberContext = Handle<BN_CTX, BN_CTX_free>;
using Montgomery = Handle<BN_MONT_CTX, BN_MONT_CTX_free>;
using Point = Handle<EC_POINT, EC_POINT_clear_free>;
using Signature = Handle<ECDSA_SIG, ECDSA_SIG_free>;

/// Bytes from which the nonce can be told, and so the key: overwritten when they go.
struct SecretBytes : Bytes {
  using Bytes::Bytes;
  SecretBytes(const SecretBytes&) = delete;
  SecretBytes& operator=(const SecretBytes&) = delete;
  ~SecretBytes() { wipe(*this); }
};

const EVP_MD* md_of(HashKind hash) {
  return hash == HashKind::sha256 ? EVP_sha256() : hash == HashKind::sha384 ? EVP_sha384() : EVP_sha512();
}

/// RFC 6979, section 2.3.2: the leftmost bits as a number.
Number bits_to_number(ByteView bits, int order_bits) {
  Number number{BN_bin2bn(bits.data(), static_cast<int>(bits.size()), nullptr)};
  const int surplus = static_cast<int>(bits.size()) * 8 - order_bits;
  if (number && surplus > 0) BN_rshift(number.get(), number.get(), surplus);
  return number;
}

/// The generator of section 3.2: an HMAC that is fed its own output.
class NonceGenerator {
 public:
  NonceGenerator(const EVP_MD* md, const BIGNUM* order, ByteView private_octets, ByteView digest_octets)
      : m_md(md),
        m_order(order),
        m_key(static_cast<std::size_t>(EVP_MD_get_size(md)), 0x00),
        m_value(m_key.size(), 0x01) {
    for (const std::uint8_t round : {std::uint8_t{0}, std::uint8_t{1}}) {
      rekey({m_value, {&round, 1}, private_octets, digest_octets});
      step();
    }
  }

  /// The next candidate within 1 … order - 1.
  Number next() {
    const int bits = BN_num_bits(m_order);
    for (;;) {
      SecretBytes collected;
      while (collected.size() * 8 < static_cast<std::size_t>(bits)) {
        step();
        collected.insert(collected.end(), m_value.begin(), m_value.end());
      }
      auto nonce = bits_to_number(collected, bits);
      const std::uint8_t zero = 0x00;
      rekey({m_value, {&zero, 1}});
      step();
      if (!nonce || (!BN_is_zero(nonce.get()) && BN_cmp(nonce.get(), m_order) < 0)) return nonce;
    }
  }

 private:
  void rekey(std::initializer_list<ByteView> parts) {
    SecretBytes message;
    for (const auto part : parts) message.insert(message.end(), part.begin(), part.end());
    authenticate(message, m_key);
  }
  void step() { authenticate(m_value, m_value); }
  void authenticate(ByteView message, SecretBytes& out) {
    SecretBytes result(m_key.size());
    unsigned length = 0;
    HMAC(m_md, m_key.data(), static_cast<int>(m_key.size()), message.data(), message.size(), result.data(), &length);
    out.swap(result);
  }

  const EVP_MD* m_md;
  const BIGNUM* m_order;
  SecretBytes m_key, m_value;
};

/// 1/nonce by Fermat's little theorem, because that takes the same time for every nonce.
Number inverse(const BIGNUM* nonce, const BIGNUM* order, BN_CTX* context) {
  Number result{BN_new()}, exponent{BN_dup(order)};
  const Montgomery montgomery{BN_MONT_CTX_new()};
  if (!result || !exponent || !montgomery || BN_MONT_CTX_set(montgomery.get(), order, context) != 1) return {};
  if (BN_sub_word(exponent.get(), 2) != 1) return {};
  if (BN_mod_exp_mont_consttime(result.get(), nonce, exponent.get(), order, context, montgomery.get()) != 1) return {};
  return result;
}

/// The x of nonce times the base point, modulo the order.
Number first_half(const EC_GROUP* group, const BIGNUM* nonce, const BIGNUM* order, BN_CTX* context) {
  const Point point{EC_POINT_new(group)};
  Number x{BN_new()}, result{BN_new()};
  if (!point || !x || !result || EC_POINT_mul(group, point.get(), nonce, nullptr, nullptr, context) != 1) return {};
  if (EC_POINT_get_affine_coordinates(group, point.get(), x.get(), nullptr, context) != 1) return {};
  if (BN_nnmod(result.get(), x.get(), order, context) != 1) return {};
  return result;
}

std::optional<Bytes> in_der(const ECDSA_SIG* signature) {
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(signature, &der);
  if (size <= 0) return std::nullopt;
  Bytes bytes(der, der + size);
  OPENSSL_free(der);
  return bytes;
}

std::optional<Bytes> sign(const EC_KEY* key, HashKind hash, ByteView digest) {
  const EC_GROUP* group = EC_KEY_get0_group(key);
  const BIGNUM* secret = EC_KEY_get0_private_key(key);
  const NumberContext context{BN_CTX_secure_new()};
  if (group == nullptr || secret == nullptr || !context) return std::nullopt;
  const BIGNUM* order = EC_GROUP_get0_order(group);
  const auto octets = static_cast<int>(BN_num_bytes(order));
  SecretBytes private_octets(static_cast<std::size_t>(octets));
  Bytes digest_octets(static_cast<std::size_t>(octets));
  const auto number = bits_to_number(digest, BN_num_bits(order));
  if (!number || BN_bn2binpad(secret, private_octets.data(), octets) != octets) return std::nullopt;
  if (BN_nnmod(number.get(), number.get(), order, context.get()) != 1 ||
      BN_bn2binpad(number.get(), digest_octets.data(), octets) != octets)
    return std::nullopt;

  NonceGenerator generator{md_of(hash), order, private_octets, digest_octets};
  const auto nonce = generator.next();
  if (!nonce) return std::nullopt;
  BN_set_flags(nonce.get(), BN_FLG_CONSTTIME);
  const auto inverted = inverse(nonce.get(), order, context.get());
  const auto half = first_half(group, nonce.get(), order, context.get());
  if (!inverted || !half) return std::nullopt;
  const Signature signature{ECDSA_do_sign_ex(digest.data(), static_cast<int>(digest.size()), inverted.get(), half.get(),
                                             const_cast<EC_KEY*>(key))};
  return signature ? in_der(signature.get()) : std::nullopt;
}

}  // namespace

std::optional<Bytes> sign_deterministically(evp_pkey_st* key, HashKind hash, ByteView digest) {
  if (EVP_PKEY_get_base_id(key) != EVP_PKEY_EC) return std::nullopt;
  const EC_KEY* inner = EVP_PKEY_get0_EC_KEY(key);
  auto signature = inner == nullptr ? std::nullopt : sign(inner, hash, digest);
  ERR_clear_error();
  return signature;
}

}  // namespace assay::attest
