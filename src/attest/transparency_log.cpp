#include "attest/transparency_log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "attest/encoding.hpp"
#include "base/text.hpp"

namespace assay::attest {

namespace {

constexpr std::size_t k_max_proof = 64;
constexpr std::size_t k_max_note = 64U << 10;
constexpr std::size_t k_max_note_signatures = 64;

Error malformed(std::string message) {
  return {ErrorCode::format, std::move(message), {}, {}};
}

Result<std::uint64_t> required_number(const Json& json, std::string_view name, std::string_view what) {
  const auto number = json[name].number();
  if (!number || *number > static_cast<std::uint64_t>(INT64_MAX))
    return malformed(fmt::format("{} has no valid {}", what, name));
  return *number;
}

Result<Bytes> required_bytes(const Json& json, std::string_view name, std::string_view what) {
  auto bytes = from_base64(json.text(name));
  if (!bytes || bytes->empty()) return malformed(fmt::format("{} has no {} in canonical base64", what, name));
  return *std::move(bytes);
}

Result<InclusionProof> parse_proof(const Json& json) {
  InclusionProof proof;
  // protobuf's JSON leaves out what is zero.
  if (json.has("logIndex")) {
    ASSAY_TRY(proof.log_index, required_number(json, "logIndex", "inclusion proof"));
  }
  ASSAY_TRY(proof.tree_size, required_number(json, "treeSize", "inclusion proof"));
  ASSAY_TRY(proof.root_hash, required_bytes(json, "rootHash", "inclusion proof"));
  const auto hashes = json["hashes"].items();
  if (hashes.size() > k_max_proof)
    return malformed(fmt::format("inclusion proof has {} hashes; a tree of 2^63 leaves needs 63", hashes.size()));
  for (const auto& item : hashes) {
    auto hash = from_base64(item.text());
    if (!hash || hash->size() != 32) return malformed("inclusion proof has a hash that is none of 32 bytes");
    proof.hashes.push_back(*std::move(hash));
  }
  proof.checkpoint = json["checkpoint"].text("envelope");
  return proof;
}

Sha256 node_hash(const Sha256& left, const Sha256& right) {
  Bytes bytes{1};
  bytes.insert(bytes.end(), left.bytes.begin(), left.bytes.end());
  bytes.insert(bytes.end(), right.bytes.begin(), right.bytes.end());
  return sha256(bytes);
}

Sha256 to_hash(const Bytes& bytes) {
  Sha256 hash;
  std::copy_n(bytes.begin(), hash.bytes.size(), hash.bytes.begin());
  return hash;
}

Result<Checkpoint::Signature> parse_note_signature(std::string_view line) {
  constexpr std::string_view k_dash = "\u2014 ";
  const auto space = line.rfind(' ');
  if (!line.starts_with(k_dash) || space < k_dash.size())
    return malformed("checkpoint has a signature line that is none");
  auto blob = from_base64(line.substr(space + 1));
  if (!blob || blob->size() <= 4)
    return malformed("checkpoint has a signature that is no key hint and signature in base64");
  Checkpoint::Signature signature;
  signature.name = line.substr(k_dash.size(), space - k_dash.size());
  signature.hint.assign(blob->begin(), blob->begin() + 4);
  signature.signature.assign(blob->begin() + 4, blob->end());
  return signature;
}

/// Rekor v1 signs as its host name and appends a tree id to its origin: "rekor.sigstore.dev - 2605736670972794746".
bool belongs_to(std::string_view name, std::string_view origin) {
  return name == origin || (origin.starts_with(name) && origin.substr(name.size()).starts_with(" - "));
}

Error differs(std::string_view what) {
  return {ErrorCode::format, fmt::format("the log recorded another {} than the bundle has", what), {}, {}};
}

/// A certificate or key as Rekor v1 records it: base64 of PEM.
bool same_verifier(std::string_view recorded, const SignedMaterial& material) {
  const auto pem = from_base64(recorded);
  if (!pem) return false;
  if (material.certificate) {
    const auto der = from_pem(as_text(*pem), "CERTIFICATE");
    return der && *der == *material.certificate;
  }
  const auto key = PublicKey::from_pem(as_text(*pem));
  return key && key->spki() == material.public_key;
}

/// The same as Rekor v2 records it: DER in base64.
bool same_verifier_v2(const Json& verifier, const SignedMaterial& material) {
  const auto raw = from_base64(verifier[material.certificate ? "x509Certificate" : "publicKey"].text("rawBytes"));
  return raw && *raw == (material.certificate ? *material.certificate : material.public_key);
}

bool same_base64(std::string_view recorded, ByteView expected) {
  const auto bytes = from_base64(recorded);
  return bytes && bytes->size() == expected.size() && std::equal(bytes->begin(), bytes->end(), expected.begin());
}

std::optional<Bytes> artifact_digest(std::string_view algorithm, const SignedMaterial& material) {
  if (algorithm == "sha256" || algorithm == "SHA2_256") return material.artifact_sha256;
  if (algorithm == "sha384" || algorithm == "SHA2_384") return material.artifact_sha384;
  if (algorithm == "sha512" || algorithm == "SHA2_512") return material.artifact_sha512;
  return std::nullopt;
}

std::optional<HashKind> hash_named(std::string_view algorithm) {
  if (algorithm == "sha256" || algorithm == "SHA2_256") return HashKind::sha256;
  if (algorithm == "sha384" || algorithm == "SHA2_384") return HashKind::sha384;
  if (algorithm == "sha512" || algorithm == "SHA2_512") return HashKind::sha512;
  return std::nullopt;
}

Result<void> match_hashedrekord_v1(const Json& spec, const SignedMaterial& material) {
  const auto& hash = spec["data"]["hash"];
  const auto kind = hash_named(hash.text("algorithm"));
  const auto expected = !kind                  ? std::nullopt
                        : material.is_envelope ? std::optional{digest_of(*kind, material.pae)}
                                               : artifact_digest(hash.text("algorithm"), material);
  if (!expected || hash.text("value") != to_hex(*expected)) return differs("artifact digest");
  if (!same_base64(spec["signature"].text("content"), material.signature)) return differs("signature");
  if (!same_verifier(spec["signature"]["publicKey"].text("content"), material)) return differs("certificate or key");
  return {};
}

Result<void> match_hashedrekord_v2(const Json& spec, const SignedMaterial& material) {
  const auto& data = spec["hashedRekordV002"]["data"];
  const auto& signature = spec["hashedRekordV002"]["signature"];
  const auto kind = hash_named(data.text("algorithm"));
  const auto expected = !kind                  ? std::nullopt
                        : material.is_envelope ? std::optional{digest_of(*kind, material.pae)}
                                               : artifact_digest(data.text("algorithm"), material);
  if (!expected || !same_base64(data.text("digest"), *expected))
    return differs(material.is_envelope ? "envelope digest" : "artifact digest");
  if (!same_base64(signature.text("content"), material.signature)) return differs("signature");
  if (!same_verifier_v2(signature["verifier"], material)) return differs("certificate or key");
  return {};
}

Result<void> match_dsse_v1(const Json& spec, const SignedMaterial& material) {
  const auto& hash = spec["payloadHash"];
  if (hash.text("algorithm") != "sha256" || hash.text("value") != sha256(material.payload).hex())
    return differs("payload digest");
  const auto signatures = spec["signatures"].items();
  if (signatures.size() != 1 || !same_base64(signatures[0].text("signature"), material.signature))
    return differs("signature");
  if (!same_verifier(signatures[0].text("verifier"), material)) return differs("certificate or key");
  return {};
}

Result<void> match_dsse_v2(const Json& spec, const SignedMaterial& material) {
  const auto& own = spec["dsseV002"];
  const auto kind = hash_named(own["payloadHash"].text("algorithm"));
  if (!kind || !same_base64(own["payloadHash"].text("digest"), digest_of(*kind, material.payload)))
    return differs("payload digest");
  const auto signatures = own["signatures"].items();
  if (signatures.size() != 1 || !same_base64(signatures[0].text("content"), material.signature))
    return differs("signature");
  if (!same_verifier_v2(signatures[0]["verifier"], material)) return differs("certificate or key");
  return {};
}

Result<void> match_intoto_v2(const Json& spec, const SignedMaterial& material) {
  const auto& content = spec["content"];
  if (content["payloadHash"].text("algorithm") != "sha256" ||
      content["payloadHash"].text("value") != sha256(material.payload).hex())
    return differs("payload digest");
  const auto& envelope = content["envelope"];
  if (envelope.text("payloadType") != material.payload_type) return differs("payload type");
  const auto signatures = envelope["signatures"].items();
  // intoto/0.0.2 records the envelope's base64 in base64 once more.
  if (signatures.size() != 1 || !same_base64(signatures[0].text("sig"), as_bytes(to_base64(material.signature))))
    return differs("signature");
  if (!same_verifier(signatures[0].text("publicKey"), material)) return differs("certificate or key");
  return {};
}

Result<void> match_intoto_v1(const Json& spec, const SignedMaterial& material) {
  const auto& content = spec["content"];
  if (content["payloadHash"].text("algorithm") != "sha256" ||
      content["payloadHash"].text("value") != sha256(material.payload).hex())
    return differs("payload digest");
  if (!same_verifier(spec.text("publicKey"), material)) return differs("certificate or key");
  return {};
}

struct EntryType {
  std::string_view kind, version;
  bool envelope_only;
  Result<void> (*match)(const Json& spec, const SignedMaterial& material);
};
constexpr EntryType k_entry_types[] = {{"hashedrekord", "0.0.1", false, match_hashedrekord_v1},
                                       {"hashedrekord", "0.0.2", false, match_hashedrekord_v2},
                                       {"dsse", "0.0.1", true, match_dsse_v1},
                                       {"dsse", "0.0.2", true, match_dsse_v2},
                                       {"intoto", "0.0.1", true, match_intoto_v1},
                                       {"intoto", "0.0.2", true, match_intoto_v2}};

}  // namespace

Result<LogEntry> LogEntry::from_json(const Json& json) {
  LogEntry entry;
  if (json.has("logIndex")) {
    ASSAY_TRY(entry.log_index, required_number(json, "logIndex", "log entry"));
  }
  ASSAY_TRY(entry.log_id, required_bytes(json["logId"], "keyId", "log entry"));
  entry.kind = json["kindVersion"].text("kind");
  entry.version = json["kindVersion"].text("version");
  if (json.has("integratedTime")) {
    ASSAY_TRY(const auto time, required_number(json, "integratedTime", "log entry"));
    entry.integrated_time = static_cast<std::int64_t>(time);
  }
  if (json["inclusionPromise"].has("signedEntryTimestamp")) {
    ASSAY_TRY(entry.signed_entry_timestamp,
              required_bytes(json["inclusionPromise"], "signedEntryTimestamp", "log entry"));
  }
  if (json.has("inclusionProof")) {
    ASSAY_TRY(entry.proof, parse_proof(json["inclusionProof"]));
  }
  ASSAY_TRY(entry.body, required_bytes(json, "canonicalizedBody", "log entry"));
  return entry;
}

Sha256 leaf_hash(ByteView body) {
  Bytes bytes{0};
  bytes.insert(bytes.end(), body.begin(), body.end());
  return sha256(bytes);
}

std::optional<Sha256> root_from_proof(const Sha256& leaf, std::uint64_t index, std::uint64_t size,
                                      std::span<const Bytes> path) {
  if (index >= size) return std::nullopt;
  // RFC 9162, section 2.1.3.2, which says how RFC 6962's proofs are checked.
  auto node = index;
  auto last = size - 1;
  auto hash = leaf;
  for (const auto& step : path) {
    if (last == 0 || step.size() != 32) return std::nullopt;
    const auto sibling = to_hash(step);
    if ((node & 1) != 0 || node == last) {
      hash = node_hash(sibling, hash);
      while ((node & 1) == 0 && node != 0) {
        node >>= 1;
        last >>= 1;
      }
    } else {
      hash = node_hash(hash, sibling);
    }
    node >>= 1;
    last >>= 1;
  }
  return last == 0 ? std::optional{hash} : std::nullopt;
}

Result<Checkpoint> Checkpoint::parse(std::string_view note) {
  if (note.size() > k_max_note) return malformed("checkpoint is too long");
  const auto blank = note.find("\n\n");
  if (blank == std::string_view::npos) return malformed("checkpoint has no signature");
  Checkpoint checkpoint;
  checkpoint.signed_text = note.substr(0, blank + 1);
  const auto lines = split_lines(checkpoint.signed_text);
  if (lines.size() < 3 || lines[0].empty()) return malformed("checkpoint lacks its origin, size or root hash");
  checkpoint.origin = lines[0];
  const auto size = parse_unsigned(lines[1]);
  const auto root = from_base64(lines[2]);
  if (!size) return malformed("checkpoint has no tree size in its second line");
  if (!root || root->size() != 32) return malformed("checkpoint has no root hash of 32 bytes in its third line");
  checkpoint.size = *size;
  checkpoint.root_hash = *root;
  const auto signatures = split_lines(note.substr(blank + 2));
  if (signatures.empty() || signatures.size() > k_max_note_signatures)
    return malformed("checkpoint has no signature, or too many");
  for (const auto line : signatures) {
    ASSAY_TRY(auto signature, parse_note_signature(line));
    checkpoint.signatures.push_back(std::move(signature));
  }
  return checkpoint;
}

Result<void> verify_checkpoint(const Checkpoint& checkpoint, const TransparencyLog& log) {
  bool named = false;
  for (const auto& signature : checkpoint.signatures) {
    if (!belongs_to(signature.name, checkpoint.origin) || log.id.size() < 4 ||
        !std::equal(signature.hint.begin(), signature.hint.end(), log.id.begin()))
      continue;
    named = true;
    if (log.key.verify(as_bytes(checkpoint.signed_text), signature.signature)) return {};
  }
  return malformed(named ? "checkpoint has a bad signature of the log"
                         : "checkpoint is not signed by the log that the entry names");
}

bool verify_promise(const LogEntry& entry, const TransparencyLog& log) {
  const auto text = fmt::format(R"({{"body":"{}","integratedTime":{},"logID":"{}","logIndex":{}}})",
                                to_base64(entry.body), entry.integrated_time, to_hex(entry.log_id), entry.log_index);
  return log.key.verify(as_bytes(text), entry.signed_entry_timestamp);
}

Result<void> match_entry(const LogEntry& entry, const SignedMaterial& material) {
  ASSAY_TRY(const auto body, Json::parse(as_text(entry.body)));
  if (body.text("kind") != entry.kind || body.text("apiVersion") != entry.version)
    return malformed("the log entry's body is of another kind or version than the bundle says");
  for (const auto& type : k_entry_types) {
    if (type.kind != entry.kind || type.version != entry.version) continue;
    if (type.envelope_only && !material.is_envelope)
      return malformed(fmt::format("a {} entry does not record a message signature", entry.kind));
    return type.match(body["spec"], material);
  }
  return Error{ErrorCode::unsupported,
               fmt::format("log entry is of kind {} {}, which is not known", escape_for_display(entry.kind),
                           escape_for_display(entry.version)),
               {},
               {}};
}

}  // namespace assay::attest
