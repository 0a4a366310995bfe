#include "digest/named_digest.hpp"

#include <openssl/evp.h>

namespace assay {

namespace {

const EVP_MD* algorithm(DigestName name) {
  switch (name) {
    case DigestName::md5:
      return EVP_md5();
    case DigestName::sha1:
      return EVP_sha1();
    case DigestName::sha256:
      return EVP_sha256();
    case DigestName::sha512:
      return EVP_sha512();
  }
  return EVP_sha256();
}

}  // namespace

Bytes named_digest(DigestName name, ByteView content) {
  Bytes digest(EVP_MAX_MD_SIZE);
  unsigned size = 0;
  // A FIPS provider refuses MD5; then nothing matches it, and that is all.
  if (EVP_Digest(content.data(), content.size(), digest.data(), &size, algorithm(name), nullptr) != 1) size = 0;
  digest.resize(size);
  return digest;
}

}  // namespace assay
