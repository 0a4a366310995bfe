// SSH signatures (OpenSSH's PROTOCOL.sshsig) and files of allowed signers (ssh-keygen(1), "ALLOWED SIGNERS").
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attest/chain.hpp"
#include "attest/encoding.hpp"
#include "attest/key.hpp"
#include "base/bytes.hpp"
#include "base/error.hpp"

namespace assay::attest {

struct SshSignature {
  Bytes public_key;        ///< in SSH's wire format
  std::string name_space;  ///< "git", "file"
  std::string hash;        ///< "sha256" or "sha512"
  std::string algorithm;   ///< "ssh-ed25519", "rsa-sha2-512", "ecdsa-sha2-nistp256"
  Bytes signature;         ///< the blob behind the algorithm's name
  Bytes token_data;        ///< of a security key: flags (1 byte) and counter (4 bytes); else empty

  /// Errors: no armor, another version than 1, an unknown hash, lengths that lead beyond the end, bytes left over.
  static Result<SshSignature> parse(std::string_view armored);
};

bool is_ssh_signature(std::string_view text) noexcept;

/// A public key from SSH's wire format: Ed25519, ECDSA P-256/P-384/P-521, RSA; security keys (FIDO) of the first two.
Result<PublicKey> parse_ssh_key(ByteView wire);

/// One line: who may sign with which key, for what and when.
struct AllowedSigner {
  std::vector<std::string> principals;                  ///< patterns, comma separated in the file
  std::optional<std::vector<std::string>> name_spaces;  ///< patterns; those of an empty list allow none
  std::optional<std::int64_t> valid_after, valid_before;
  Bytes public_key;
};

struct AllowedSigners {
  std::vector<AllowedSigner> signers;
  std::vector<std::string> problems;  ///< lines that were passed over, and why: certificate authorities are
  std::string principal;              ///< whom a signature has to be of; empty for anybody that the lines name
  /// Takes the lines that ssh-keygen takes, but for certificate authorities and unusual kinds of keys.
  static AllowedSigners parse(std::string_view text);
};

/// As match_pattern_list() of OpenSSH: `*` and `?` in patterns; one that begins with `!` and matches refuses, whatever else
/// matches.
bool matches_ssh_patterns(const std::vector<std::string>& patterns, std::string_view text) noexcept;

/// Verify that `signature` is over `message` in `name_space`, by a key that `allowed` lists for it at `time` (0: no time is
/// known, and lines that are limited in time do not count). Who it is of is asked for in `allowed.principal`, as with
/// ssh-keygen's -I. If nobody is, a line's key is enough, as with -Y find-principals; but whether somebody is one of those
/// whom the line refuses ("*,!mallory") cannot be told without a name, and is "not checked".
Link verify_ssh(const SshSignature& signature, ByteView message, std::string_view name_space,
                const AllowedSigners& allowed, std::int64_t time);

}  // namespace assay::attest
