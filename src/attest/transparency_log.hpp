// Entries of a transparency log (Rekor v1 and v2): signed promises, inclusion proofs (RFC 6962, section 2.1.1), checkpoints
// (C2SP tlog-checkpoint, signed-note), and what an entry says was signed by whom.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attest/json.hpp"
#include "attest/key.hpp"
#include "attest/trusted_root.hpp"
#include "base/bytes.hpp"
#include "base/error.hpp"
#include "digest/digest.hpp"

namespace assay::attest {

struct InclusionProof {
  std::uint64_t log_index = 0;  ///< within the tree of this proof: another number than the entry's own
  std::uint64_t tree_size = 0;
  Bytes root_hash;
  std::vector<Bytes> hashes;
  std::string checkpoint;  ///< the signed note; empty if there is none
};

struct LogEntry {
  std::uint64_t log_index = 0;
  Bytes log_id;
  std::string kind;
  std::string version;
  std::int64_t integrated_time = 0;  ///< 0 if there is none (Rekor v2)
  Bytes signed_entry_timestamp;      ///< empty if there is no promise
  std::optional<InclusionProof> proof;
  Bytes body;  ///< canonicalizedBody

  static Result<LogEntry> from_json(const Json& json);
};

/// The hash of a leaf: SHA-256(00 ‖ body).
Sha256 leaf_hash(ByteView body);

/// The root that leaf `index` of a tree of `size` leaves leads to over `path`; nothing if the path has not exactly the
/// length that index and size ask for.
std::optional<Sha256> root_from_proof(const Sha256& leaf, std::uint64_t index, std::uint64_t size,
                                      std::span<const Bytes> path);

struct Checkpoint {
  std::string origin;
  std::uint64_t size = 0;
  Bytes root_hash;
  struct Signature {
    std::string name;
    Bytes hint;  ///< 4 bytes
    Bytes signature;
  };
  std::vector<Signature> signatures;
  std::string signed_text;  ///< up to and including the line end before the blank line

  static Result<Checkpoint> parse(std::string_view note);
};

/// Has `log` signed the checkpoint? A signature counts if its name belongs to the origin and its hint to the log's id;
/// those of others (witnesses) are passed over. The Error says what is missing.
Result<void> verify_checkpoint(const Checkpoint& checkpoint, const TransparencyLog& log);

/// Does the promise of `log` hold over this entry? (Rekor v1's signed entry timestamp)
bool verify_promise(const LogEntry& entry, const TransparencyLog& log);

/// What the bundle says was signed, to be compared with what the log recorded.
struct SignedMaterial {
  Bytes signature;
  std::optional<Bytes> certificate;  ///< DER; else the key itself
  Bytes public_key;                  ///< DER SubjectPublicKeyInfo
  bool is_envelope = false;
  Bytes payload;  ///< of the envelope
  Bytes pae;      ///< of the envelope: what its signature is over
  std::string payload_type;
  std::optional<Bytes> artifact_sha256, artifact_sha384, artifact_sha512;  ///< of the artifact, for a message signature
};

/// Compare the entry's body with `material`. The Error names the part that differs.
Result<void> match_entry(const LogEntry& entry, const SignedMaterial& material);

}  // namespace assay::attest
