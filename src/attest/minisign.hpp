// minisign (https://jedisct1.github.io/minisign/) and signify(1) signatures: Ed25519 in two lines of text.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "attest/artifact.hpp"
#include "attest/chain.hpp"
#include "base/bytes.hpp"
#include "base/error.hpp"

namespace assay::attest {

/// Does the text begin like a public key or signature of either tool?
bool is_minisign(std::string_view text) noexcept;

/// Verify `signature` (the text of a .minisig or .sig file) over `content` with `public_key` (the text of a .pub file, or its
/// one line of base64). minisign's "ED" signatures are over BLAKE2b-512 of the content, "Ed" ones over the content. The
/// trusted comment is verified too and stands in the link. Errors: malformed files, an algorithm that is not known.
Result<Link> verify_minisign(ByteView content, std::string_view signature, std::string_view public_key);

/// What `signify -S -e` writes: a signature and behind it what it is over, mostly a list of digests (SHA256.sig of OpenBSD).
struct SignedMessage {
  std::string_view signature;
  std::string_view message;
};

/// Nothing if there is no message, that is, if the signature is detached.
std::optional<SignedMessage> split_embedded(std::string_view text);

/// Does a list in the form of BSD's sha256(1), "SHA256 (NAME) = HEX", name `artifact`? By digest and, of a file,
/// by its name without directories: a list says which bytes are which release. "Not checked" if the list also holds a line
/// of another form, which may say that it no longer holds.
Link find_in_checksums(std::string_view list, const Artifact& artifact);

}  // namespace assay::attest
