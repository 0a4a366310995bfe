// The seven steps of verifying a bundle. Later steps lean on what earlier ones established, so the order is part of the
// meaning: time before certificates, certificates before what they vouch for.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "attest/bundle.hpp"
#include "attest/encoding.hpp"
#include "attest/timestamp.hpp"
#include "base/text.hpp"

namespace assay::attest {

namespace {

struct TrustedTime {
  std::int64_t time;
  std::string source;
};

class Verifier {
 public:
  Verifier(const Bundle& bundle, const Artifact& artifact, const TrustedRoot& root, const BundlePolicy& policy)
      : m_bundle(bundle), m_artifact(artifact), m_root(root), m_policy(policy) {}

  BundleVerification run() {
    auto& link = m_result.link;
    link.name = "Sigstore bundle";
    link.detail = fmt::format("version 0.{}, {}, signed with a {}", m_bundle.minor_version,
                              m_bundle.envelope ? "DSSE envelope" : "message signature",
                              signed_with_key() ? "key" : "certificate");
    link.add(check_time());
    link.add(signed_with_key() ? key_of_bundle() : check_chain());
    link.add(signed_with_key() ? Link::not_checked("certificate log", "a key has no certificate", false)
                               : check_certificate_log());
    link.add(check_identity());
    link.add(check_log_entries());
    link.add(check_signature());
    link.add(check_subject());
    link.settle();
    if (link.state != LinkState::ok) m_result.statement.reset();
    return std::move(m_result);
  }

 private:
  bool signed_with_key() const { return m_bundle.certificates.empty(); }
  bool earlier_failed() const {
    return std::any_of(m_result.link.children.begin(), m_result.link.children.end(),
                       [](const Link& link) { return link.state == LinkState::failed; });
  }

  /// The key the signature has to hold under; null if there is none to be had.
  const PublicKey* key() const {
    if (!signed_with_key()) return &m_bundle.certificates.front().public_key();
    return m_policy.key ? &*m_policy.key : nullptr;
  }

  /// A log of that id whose key was good at `time`. Keys of one log overlap, so all are looked at.
  const TransparencyLog* find_log(ByteView id, std::int64_t time) const {
    for (const auto& log : m_root.logs)
      if (std::equal(log.id.begin(), log.id.end(), id.begin(), id.end()) && log.valid_for.contains(time)) return &log;
    return nullptr;
  }

  bool knows_log(ByteView id) const {
    return std::any_of(m_root.logs.begin(), m_root.logs.end(), [&](const TransparencyLog& log) {
      return std::equal(log.id.begin(), log.id.end(), id.begin(), id.end());
    });
  }

  // Step 1 ---------------------------------------------------------------------------------------------------------------
  Link check_time() {
    Link link = Link::ok("time", "");
    for (const auto& token : m_bundle.timestamps) {
      const auto stamp = verify_timestamp(token, m_bundle.signature(), m_root.timestamp_authorities);
      if (!stamp) return Link::failed("time", stamp.error().message);
      m_times.push_back({stamp->time, fmt::format("timestamp of {}", stamp->authority)});
    }
    for (const auto& entry : m_bundle.entries) {
      if (entry.signed_entry_timestamp.empty()) continue;
      const auto* log = find_log(entry.log_id, entry.integrated_time);
      if (log == nullptr)
        return Link::failed("time", knows_log(entry.log_id)
                                        ? fmt::format("the log's promise is of {}, when its key was not trusted",
                                                      format_time(entry.integrated_time))
                                        : "the log's promise is of a log that the trusted root does not have");
      if (!verify_promise(entry, *log))
        return Link::failed("time", "the log's promise (signed entry timestamp) has a bad signature");
      m_times.push_back({entry.integrated_time, fmt::format("promise of {}", log->base_url)});
    }
    for (const auto& [time, source] : m_times) link.with(source, format_time(time));
    if (m_times.empty()) {
      if (signed_with_key())
        return Link::not_checked("time", "no trusted time is in the bundle; a key needs none", false);
      return Link::failed("time", "no trusted time: neither a timestamp nor a promise of the log is in the bundle");
    }
    m_result.time = std::min_element(m_times.begin(), m_times.end(), [](const auto& a, const auto& b) {
                      return a.time < b.time;
                    })->time;
    link.detail = fmt::format("signed {}", format_time(m_result.time));
    return link;
  }

  // Step 2 ---------------------------------------------------------------------------------------------------------------
  Link key_of_bundle() {
    if (!m_policy.key)
      return Link::failed("certificate chain", "the bundle is signed with a key, and none was given to verify it with");
    m_result.signers = {m_policy.key->fingerprint()};
    return Link::ok("certificate chain",
                    fmt::format("none: the signer's key was given ({})", m_policy.key->description()))
        .with("key SHA-256", m_policy.key->fingerprint());
  }

  Link check_chain() {
    constexpr std::string_view k_name = "certificate chain";
    if (m_policy.key)
      return Link::failed(std::string{k_name}, "a key was given, but the bundle is signed with a certificate");
    const auto& leaf = m_bundle.certificates.front();
    if (!leaf.may_sign_code())
      return Link::failed(std::string{k_name}, "the certificate is not for code signing (extended key usage)");
    if (m_times.empty()) return Link::not_checked(std::string{k_name}, "there is no trusted time to check it at");
    for (const auto& [time, source] : m_times) {
      if (!leaf.validity().contains(time))
        return Link::failed(std::string{k_name}, fmt::format("the {} is {}, outside the certificate's validity ({})",
                                                             source, format_time(time), leaf.validity().to_string()));
      std::string why =
          fmt::format("no certificate authority of the trusted root was trusted at {}", format_time(time));
      if (!chain_at(time, why)) return Link::failed(std::string{k_name}, why);
    }
    auto link = Link::ok(std::string{k_name}, fmt::format("leads to {}", m_chain.back().subject()));
    link.with("valid", leaf.validity().to_string());
    return link;
  }

  /// Find an authority that vouches for the leaf at `time`; why not, if none does. By its own intermediates alone: its root
  /// may have certified others that were never trusted to say who signs, and a bundle could bring those along.
  bool chain_at(std::int64_t time, std::string& why) {
    for (const auto& authority : m_root.certificate_authorities) {
      if (!authority.valid_for.contains(time)) continue;
      const auto chain_of_authority = std::span{authority.chain};
      auto chain = build_chain(m_bundle.certificates.front(), chain_of_authority.last(1),
                               chain_of_authority.first(chain_of_authority.size() - 1), time);
      if (chain && chain->size() > 1) {
        m_chain = *std::move(chain);
        return true;
      }
      why = fmt::format("no chain to a trusted certificate authority at {}: {}", format_time(time),
                        chain ? "the certificate is the authority itself" : chain.error().message);
    }
    return false;
  }

  // Step 3 ---------------------------------------------------------------------------------------------------------------
  Link check_certificate_log() const {
    if (m_chain.empty()) return Link::not_checked("certificate log", "the issuer is not established");
    const auto check = check_scts(m_chain[0], m_chain[1], m_root.certificate_logs);
    if (check.present == 0)
      return Link::failed("certificate log", "the certificate has no timestamp of a certificate log (SCT)");
    if (check.verified == 0) return Link::failed("certificate log", check.problems.front());
    auto link = Link::ok("certificate log", fmt::format("the certificate stands in {}", check.logs.front()));
    for (const auto& problem : check.problems) link.with("passed over", problem);
    return link;
  }

  // Step 4 ---------------------------------------------------------------------------------------------------------------
  Link check_identity() {
    if (signed_with_key())
      return m_policy.key ? Link::ok("identity", "whoever holds the given key")
                          : Link::not_checked("identity", "no key was given");
    const auto& leaf = m_bundle.certificates.front();
    const auto identities = leaf.identities();
    if (!identities) return Link::failed("identity", identities.error().message);
    if (identities->empty())
      return Link::failed("identity", "the certificate names nobody (no subject alternative name)");
    m_result.signers = *identities;
    const auto issuer = m_result.issuer = issuer_of(leaf);
    auto link = judge_identity(*identities, issuer);
    for (const auto& identity : *identities) link.with("subject", identity);
    link.with("issuer", issuer);
    static constexpr std::array<std::pair<int, std::string_view>, 5> k_extensions{{{12, "source repository"},
                                                                                   {13, "source commit"},
                                                                                   {14, "source ref"},
                                                                                   {18, "build configuration"},
                                                                                   {21, "run"}}};
    for (const auto& [arc, label] : k_extensions)
      if (auto value = leaf.fulcio_extension(arc)) link.with(std::string{label}, *std::move(value));
    return link;
  }

  static std::string issuer_of(const Certificate& leaf) {
    if (auto issuer = leaf.fulcio_extension(8)) return *std::move(issuer);
    return leaf.fulcio_extension(1).value_or("");
  }

  Link judge_identity(const std::vector<std::string>& identities, const std::string& issuer) const {
    const auto& wanted = m_policy.identity;
    if (wanted.empty() && m_policy.policy_decides)
      return Link::not_checked("identity", fmt::format("\"{}\"; the policy decides who may sign", identities.front()),
                               false);
    if (wanted.empty())
      return Link::not_checked("identity", "nobody was expected in particular: give the identity and issuer to accept");
    if (wanted.subject) {
      bool found = false;
      for (const auto& identity : identities) {
        const auto match = matches(*wanted.subject, identity);
        if (!match) return Link::failed("identity", match.error().message);
        found = found || *match;
      }
      if (!found)
        return Link::failed(
            "identity", fmt::format("signed by \"{}\", expected {}", identities.front(), to_string(*wanted.subject)));
    }
    if (!wanted.issuer)
      return Link::not_checked(
          "identity",
          fmt::format("signed by \"{}\", but nobody said which issuer may vouch for that", identities.front()));
    const auto match = matches(*wanted.issuer, issuer);
    if (!match) return Link::failed("identity", match.error().message);
    if (!*match)
      return Link::failed("identity",
                          fmt::format("vouched for by \"{}\", expected {}", issuer, to_string(*wanted.issuer)));
    if (!wanted.subject)
      return Link::not_checked("identity", "the issuer is the expected one, but nobody said whom to accept");
    return Link::ok("identity", identities.front());
  }

  // Step 5 ---------------------------------------------------------------------------------------------------------------
  Link check_log_entries() const {
    if (m_bundle.entries.empty()) return Link::failed("log entry", "the bundle has no entry of a transparency log");
    Link link = Link::ok("log entry", "");
    for (const auto& entry : m_bundle.entries) {
      const auto problem = check_entry(entry);
      if (!problem.empty()) return Link::failed("log entry", problem);
      link.with(fmt::format("{} {}", entry.kind, entry.version), fmt::format("index {}", entry.log_index));
    }
    link.detail = fmt::format("recorded as entry {}{}", m_bundle.entries.front().log_index,
                              m_bundle.entries.front().proof ? ", inclusion proved" : ", by promise");
    return link;
  }

  /// Empty if the entry holds.
  std::string check_entry(const LogEntry& entry) const {
    const auto time = !entry.signed_entry_timestamp.empty() ? entry.integrated_time : m_result.time;
    if (!knows_log(entry.log_id)) return "the entry is of a log that the trusted root does not have";
    const TransparencyLog* log = time != 0 ? find_log(entry.log_id, time) : any_log(entry.log_id);
    if (log == nullptr) return fmt::format("the log's key was not trusted at {}", format_time(time));
    if (m_bundle.minor_version == 1 && entry.signed_entry_timestamp.empty())
      return "a bundle of version 0.1 needs the log's promise";
    if (m_bundle.minor_version > 1 && !entry.proof) return "the entry has no inclusion proof";
    if (entry.proof)
      if (auto problem = check_proof(entry, *log); !problem.empty()) return problem;
    const auto* signer = key();
    if (signer == nullptr) return "without the signer's key it cannot be compared with what the log recorded";
    const auto match = match_entry(entry, material(*signer));
    return match ? std::string{} : match.error().message;
  }

  const TransparencyLog* any_log(ByteView id) const {
    for (const auto& log : m_root.logs)
      if (std::equal(log.id.begin(), log.id.end(), id.begin(), id.end())) return &log;
    return nullptr;
  }

  static std::string check_proof(const LogEntry& entry, const TransparencyLog& log) {
    const auto& proof = *entry.proof;
    const auto root = root_from_proof(leaf_hash(entry.body), proof.log_index, proof.tree_size, proof.hashes);
    if (!root) return "the inclusion proof does not have the length that its index and tree size ask for";
    if (!std::equal(root->bytes.begin(), root->bytes.end(), proof.root_hash.begin(), proof.root_hash.end()))
      return "the inclusion proof leads to another root hash";
    if (proof.checkpoint.empty()) return "the inclusion proof has no checkpoint";
    const auto checkpoint = Checkpoint::parse(proof.checkpoint);
    if (!checkpoint) return checkpoint.error().message;
    if (checkpoint->size != proof.tree_size)
      return fmt::format("the checkpoint is of a tree of {} leaves, the inclusion proof of one of {}", checkpoint->size,
                         proof.tree_size);
    if (checkpoint->root_hash != proof.root_hash)
      return "the checkpoint has another root hash than the inclusion proof";
    const auto signature = verify_checkpoint(*checkpoint, log);
    return signature ? std::string{} : signature.error().message;
  }

  SignedMaterial material(const PublicKey& signer) const {
    SignedMaterial made;
    made.signature = m_bundle.signature();
    if (!signed_with_key()) made.certificate = m_bundle.certificates.front().der();
    made.public_key = signer.spki();
    if (m_bundle.envelope) {
      made.is_envelope = true;
      made.payload = m_bundle.envelope->payload;
      made.pae = m_bundle.envelope->signed_bytes();
      made.payload_type = m_bundle.envelope->payload_type;
    }
    made.artifact_sha256 = m_artifact.digest("sha256");
    made.artifact_sha384 = m_artifact.digest("sha384");
    made.artifact_sha512 = m_artifact.digest("sha512");
    return made;
  }

  // Step 6 ---------------------------------------------------------------------------------------------------------------
  Link check_signature() const {
    const auto* signer = key();
    if (signer == nullptr) return Link::not_checked("signature", "there is no key to verify it with");
    if (m_bundle.message) {
      if (const auto problem = check_message_digest(); !problem.empty()) return Link::failed("signature", problem);
      if (!m_artifact.bytes() && signer->kind() == KeyKind::ed25519)
        return Link::not_checked("signature",
                                 "an Ed25519 signature is over the artifact's bytes, of which only a digest was given");
    }
    const std::string_view over = m_bundle.envelope    ? "envelope"
                                  : m_artifact.bytes() ? "artifact"
                                                       : "artifact's digest";
    if (!signature_holds(m_bundle, m_artifact, *signer))
      return Link::failed("signature", fmt::format("the signature does not hold over the {}", over));
    return Link::ok("signature", fmt::format("{} over the {}", signer->description(), over));
  }

  /// The digest in the bundle is a hint and decides nothing, but a wrong one is a sign of a bundle mixed up.
  std::string check_message_digest() const {
    const auto& message = *m_bundle.message;
    if (message.digest.empty()) return {};
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 3> k_names{
        {{"SHA2_256", "sha256"}, {"SHA2_384", "sha384"}, {"SHA2_512", "sha512"}}};
    for (const auto& [theirs, ours] : k_names) {
      const auto digest = m_artifact.digest(ours);
      if (message.digest_algorithm == theirs && digest && *digest != message.digest)
        return "the bundle's message digest is not the artifact's";
    }
    return {};
  }

  Link about_another(const Statement& statement) const {
    const auto detail =
        fmt::format("the statement is about {}, not about this artifact",
                    statement.subjects.size() == 1 ? fmt::format("\"{}\"", statement.subjects[0].name)
                                                   : fmt::format("{} others", statement.subjects.size()));
    return m_policy.policy_decides ? Link::not_checked("subject", detail, false) : Link::failed("subject", detail);
  }

  // Step 7 ---------------------------------------------------------------------------------------------------------------
  Link check_subject() {
    if (m_bundle.message) return Link::ok("subject", fmt::format("the artifact itself: {}", m_artifact.name()));
    if (earlier_failed())
      return Link::not_checked("subject", "the payload is not looked into: a step before it failed");
    if (m_bundle.envelope->payload_type != k_intoto_payload_type)
      return Link::failed(
          "subject", fmt::format("the payload is no in-toto statement but \"{}\"", m_bundle.envelope->payload_type));
    auto statement = Statement::parse(as_text(m_bundle.envelope->payload));
    if (!statement) return Link::failed("subject", statement.error().message);
    const auto* subject = statement->find(m_artifact.digests());
    if (subject == nullptr) return about_another(*statement);
    auto link = Link::ok("subject", fmt::format("{}, as \"{}\"", statement->predicate_type, subject->name));
    m_result.statement = *std::move(statement);
    return link;
  }

  const Bundle& m_bundle;
  const Artifact& m_artifact;
  const TrustedRoot& m_root;
  const BundlePolicy& m_policy;
  BundleVerification m_result;
  std::vector<TrustedTime> m_times;
  std::vector<Certificate> m_chain;
};

}  // namespace

bool signature_holds(const Bundle& bundle, const Artifact& artifact, const PublicKey& key) {
  if (bundle.envelope) return key.verify(bundle.envelope->signed_bytes(), bundle.signature());
  if (artifact.bytes()) return key.verify(*artifact.bytes(), bundle.signature());
  for (const auto hash : {HashKind::sha256, HashKind::sha384, HashKind::sha512})
    if (const auto digest = artifact.digest(to_string(hash));
        digest && key.verify_digest(hash, *digest, bundle.signature()))
      return true;
  return false;
}

BundleVerification verify_bundle(const Bundle& bundle, const Artifact& artifact, const TrustedRoot& root,
                                 const BundlePolicy& policy) {
  return Verifier{bundle, artifact, root, policy}.run();
}

}  // namespace assay::attest
