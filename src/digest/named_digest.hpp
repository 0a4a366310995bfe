// The digests that checksum lists, package headers and manifests carry. For recognising what such a list was made
// from; trust is decided by SHA-256 alone.
#pragma once
#include <cstdint>
#include <string>

#include "base/bytes.hpp"

namespace assay {

enum class DigestName : std::uint8_t { md5, sha1, sha256, sha512 };

/// Raw digest of a whole buffer.
Bytes named_digest(DigestName name, ByteView content);

}  // namespace assay
