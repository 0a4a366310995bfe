#include "attest/evidence.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "attest/armor.hpp"
#include "attest/bundle.hpp"
#include "attest/debian_control.hpp"
#include "attest/encoding.hpp"
#include "attest/minisign.hpp"
#include "attest/npm_registry.hpp"
#include "attest/openpgp.hpp"
#include "attest/predicate.hpp"
#include "attest/rules.hpp"
#include "base/file.hpp"
#include "base/text.hpp"

namespace assay::attest {

namespace {

constexpr std::uint64_t k_max_evidence = 64U << 20;
constexpr unsigned k_public_key_packet = 6;
constexpr std::int64_t k_seconds_per_day = 86400;

Result<std::string> read_text(const std::string& file) {
  ASSAY_TRY(const auto content, read_file(file, k_max_evidence));
  return std::string{as_text(content)};
}

/// An error about a file's content names the file.
Error in_file(Error error, const std::string& file) {
  if (error.where.empty()) error.where = escape_for_display(file);
  return error;
}

/// What signatures and attestations are held against.
struct Trust {
  std::optional<VerificationPolicy> policy;
  std::optional<TrustedRoot> root;
  std::string root_age;
  std::vector<PublicKey> keys;
  std::vector<std::string> minisign_keys;
  std::vector<NpmKey> npm_keys;
  GitTrust git;
};

Result<void> add_keyring(Trust& trust, const std::string& file) {
  ASSAY_TRY(const auto text, read_text(file));
  if (is_minisign(text)) {
    trust.minisign_keys.push_back(text);
    return {};
  }
  if (is_npm_keys(text)) {
    auto keys = parse_npm_keys(text);
    if (!keys) return in_file(keys.error(), file);
    trust.npm_keys.insert(trust.npm_keys.end(), keys->begin(), keys->end());
    return {};
  }
  auto keys = dearmor(text);
  if (!keys) return in_file(keys.error(), file);
  if (text.size() > 12 && text.compare(8, 4, "KBXf") == 0)
    return in_file({ErrorCode::usage, "is a keybox of GnuPG", {}, "gpg --export > keys.gpg makes a keyring of it"},
                   file);
  if (packet_type(*keys) != k_public_key_packet)
    return in_file(
        {ErrorCode::usage,
         "holds no public key",
         {},
         "--keyring takes OpenPGP keys, a public key of minisign or signify, or npm's keys; keys in PEM form "
         "are for --key"},
        file);
  trust.git.keyring += as_text(*keys);
  return {};
}

Result<void> add_root(Trust& trust, const Evidence& evidence) {
  if (evidence.trusted_root.empty()) return {};
  ASSAY_TRY(const auto text, read_text(evidence.trusted_root));
  auto root = TrustedRoot::parse(text);
  if (!root) return in_file(root.error(), evidence.trusted_root);
  trust.root = *std::move(root);
  const auto days = (evidence.now - trust.root->newest) / k_seconds_per_day;
  trust.root_age =
      fmt::format("{}: newest key is of {}, {} days ago", evidence.trusted_root, format_time(trust.root->newest), days);
  return {};
}

Result<Trust> load_trust(const Evidence& evidence) {
  Trust trust;
  if (!evidence.policy.empty()) {
    ASSAY_TRY(const auto text, read_text(evidence.policy));
    ASSAY_TRY(trust.policy, VerificationPolicy::parse(text, evidence.policy));
  }
  for (const auto& file : evidence.keys) {
    ASSAY_TRY(const auto text, read_text(file));
    auto key = PublicKey::from_pem(text);
    if (!key) return in_file(key.error(), file);
    trust.keys.push_back(*std::move(key));
  }
  if (!evidence.allowed_signers.empty()) {
    ASSAY_TRY(const auto text, read_text(evidence.allowed_signers));
    trust.git.allowed_signers = AllowedSigners::parse(text);
    trust.git.allowed_signers.principal = evidence.principal;
  }
  for (const auto& file : evidence.keyrings) {
    ASSAY_TRY_VOID(add_keyring(trust, file));
  }
  ASSAY_TRY_VOID(add_root(trust, evidence));
  return trust;
}

class Verification {
 public:
  Verification(const Evidence& evidence, const Artifact& artifact, Trust trust)
      : m_evidence(evidence), m_artifact(artifact), m_trust(std::move(trust)) {}

  Result<EvidenceReport> run() {
    auto& link = m_report.link;
    link.name = m_artifact.name();
    for (const auto& [name, digest] : m_artifact.digests())
      if (name == "sha256" || m_artifact.digests().size() == 1) link.with(name, digest);
    ASSAY_TRY_VOID(add_files());
    if (is_clear_signed(head_of_artifact())) {
      ASSAY_TRY_VOID(add_own_signature());
    }
    if (!m_evidence.repository.empty()) {
      ASSAY_TRY_VOID(add_revision());
    }
    if (m_trust.policy) add_policy();
    if (link.children.empty())
      return Error{
          ErrorCode::usage,
          "there is nothing to verify the artifact with",
          {},
          "give --bundle, --attestation, --signature or --vcs; a clear-signed .dsc or .changes needs --keyring alone"};
    add_unheld_expectations(link);
    link.settle();
    return std::move(m_report);
  }

 private:
  Result<void> add_files() {
    for (const auto& file : m_evidence.bundles) {
      ASSAY_TRY(const auto text, read_text(file));
      ASSAY_TRY_VOID(add_bundles(text, file));
    }
    for (const auto& file : m_evidence.attestations) {
      ASSAY_TRY(const auto text, read_text(file));
      if (holds_bundles(text)) {
        ASSAY_TRY_VOID(add_bundles(text, file));
      } else {
        add(check_attestation(text, file), k_bad_attestation, file);
      }
    }
    for (const auto& file : m_evidence.signatures) {
      ASSAY_TRY_VOID(add_signature(file));
    }
    return {};
  }

  /// Append what became of `file`; if it failed and nothing was reported about it yet, report it.
  Link& add(Link link, const Rule& rule, const std::string& file) {
    const auto shown = std::filesystem::path{file}.filename().string();
    if (link.state == LinkState::failed && m_report.findings.size() == m_reported) {
      const auto* failure = first_failure(link);
      m_report.findings.push_back(make_finding(
          rule, {m_artifact.name(), 0},
          fmt::format("{}: {}: {}", escape_for_display(shown), failure->name, escape_for_display(failure->detail)),
          {{"step", failure->name}, {"file", shown}}, shown + "\n" + failure->name));
    }
    m_reported = m_report.findings.size();
    return m_report.link.add(std::move(link)).with("file", file);
  }

  /// What the statement says stands beside the link that says what it is about.
  static void tell(Link& subject, const Statement& statement) {
    for (const auto& [label, text] : told(statement)) subject.with(label, text);
  }

  static Link summary_result(std::string_view result, const Json& levels) {
    if (std::any_of(levels.items().begin(), levels.items().end(),
                    [](const Json& level) { return level.text() == "FAILED"; }) &&
        result != "FAILED")
      return Link::failed("result", fmt::format("the summary says {} and names the level FAILED", result));
    if (result == "PASSED") return Link::ok("result", "the verification that is attested PASSED");
    return Link::failed("result", result == "FAILED" ? "the verification that is attested FAILED"
                                                     : "the summary says neither PASSED nor FAILED");
  }

  static Link test_result(std::string_view result) {
    if (result == "PASSED" || result == "WARNED")
      return Link::ok("result", fmt::format("the test that is attested {}", result));
    return Link::failed("result", result == "FAILED" ? "the test that is attested FAILED"
                                                     : "the test result says neither PASSED, WARNED nor FAILED");
  }

  /// What a statement that passes a judgement comes to; nothing for one that passes none.
  std::optional<Link> judgement(const Statement& statement) const {
    constexpr auto k_name = "result";
    const auto& type = statement.predicate_type;
    if (type == k_vsa_predicate)
      return summary_result(statement.predicate.text("verificationResult"), statement.predicate["verifiedLevels"]);
    if (type == k_vsa_predicate_v02)
      return summary_result(statement.predicate.text("verification_result"), statement.predicate["verified_levels"]);
    if (type == k_test_result_predicate) return test_result(statement.predicate.text("result"));
    // Whatever type it is signed as: a list of what something else consists of says nothing good of the artifact.
    if (const auto other = describes_another(statement.predicate, m_artifact.digests()))
      return Link::failed("bill of materials", fmt::format("it describes {}, which is not this artifact", *other));
    if (type != k_assessment_predicate && is_descriptive(type)) return std::nullopt;
    // What nobody here can read may say that the artifact is malware.
    if (type != k_assessment_predicate)
      return m_trust.policy ? std::nullopt
                            : std::optional{Link::not_checked(
                                  "meaning", fmt::format("what a statement of type \"{}\" says is not known here: "
                                                         "--policy FILE says what is asked of it",
                                                         type))};
    const auto verdict = statement.predicate.text("verdict");
    const auto detail = fmt::format("the assessment that is attested says \"{}\"", verdict);
    if (verdict == "verified" || verdict == "explained") return Link::ok(k_name, detail);
    if (verdict != "unexplained" && verdict != "inconclusive") return Link::failed(k_name, detail);
    auto open = Link::not_checked(k_name, detail + ", which proves nothing", !m_trust.policy);
    // What could not be read at all is a gap, no verdict that was come to.
    if (verdict == "unexplained") open.with("verdict", std::string{verdict});
    return open;
  }

  /// A statement that holds may say the worst: that it is true is no reason to call the artifact verified.
  void add_judgement(Link& link, const Statement& statement, const std::string& file) {
    auto result = judgement(statement);
    if (!result || link.state == LinkState::failed) return;
    if (result->state == LinkState::failed) {
      const auto shown = std::filesystem::path{file}.filename().string();
      m_report.findings.push_back(
          make_finding(k_negative_statement, {m_artifact.name(), 0},
                       fmt::format("{}: {}", escape_for_display(shown), escape_for_display(result->detail)),
                       {{"file", shown}}, shown));
    }
    link.add(*std::move(result));
    link.settle();
  }

  /// Where a policy counts, a statement about something else takes nothing away; it is not to look like one that counts.
  static void pass_over(Link& link) {
    const auto is_other = [](const Link& child) {
      return child.name == "subject" && child.state == LinkState::not_checked && !child.required;
    };
    if (link.state != LinkState::ok || std::none_of(link.children.begin(), link.children.end(), is_other)) return;
    link.state = LinkState::not_checked;
    link.required = false;
    link.detail += (link.detail.empty() ? "" : ", ") + std::string{"passed over: it is about something else"};
  }

  static bool holds_link(const Link& link, std::string_view name) {
    return link.name == name || std::any_of(link.children.begin(), link.children.end(),
                                            [&](const Link& child) { return holds_link(child, name); });
  }

  /// Somebody was expected, and nothing that was given could have been theirs: that is not to pass in silence.
  void add_unheld_expectations(Link& link) const {
    if (!m_evidence.identity.empty() && !holds_link(link, "identity"))
      link.add(Link::not_checked(
          "identity", "nothing here is signed with a certificate, which the identity asked for could be held against"));
    if (!m_evidence.principal.empty() && !holds_link(link, "SSH signature"))
      link.add(Link::not_checked("principal", "nothing here is signed with an SSH key, which --principal is about"));
  }

  /// Who was expected is told by a certificate; a key that was given says for itself whose it is.
  void add_unheld_identity(Link& link) const {
    if (m_evidence.identity.empty()) return;
    link.add(Link::not_checked(
        "identity", "signed with a key, which names nobody: the identity asked for cannot be held against it"));
    link.settle();
  }

  void take_findings(std::vector<Finding>& findings) {
    std::move(findings.begin(), findings.end(), std::back_inserter(m_report.findings));
  }

  // Bundles ----------------------------------------------------------------------------------------------------------------
  Result<void> add_bundles(const std::string& text, const std::string& file) {
    if (!m_trust.root)
      return Error{ErrorCode::usage,
                   "a Sigstore bundle is verified against a trusted root, and none was given",
                   {},
                   "give --trusted-root FILE: the trusted_root.json of the instance that signed, e.g. assay's own "
                   "share/assay/rules/trust/sigstore-public-good.json"};
    const auto bundles = parse_bundles(text);
    if (!bundles) {
      add(Link::failed("Sigstore bundle", bundles.error().message), k_bad_attestation, file);
      return {};
    }
    for (const auto& bundle : *bundles) add_bundle(bundle, file);
    return {};
  }

  void add_bundle(const Bundle& bundle, const std::string& file) {
    BundlePolicy policy;
    policy.identity = m_evidence.identity;
    policy.policy_decides = m_trust.policy.has_value();
    // Of several keys the one is taken under which the signature holds; if there is none, the first, to say that it does not.
    for (const auto& key : m_trust.keys) {
      policy.key = key;
      if (signature_holds(bundle, m_artifact, key)) break;
    }
    if (!bundle.certificates.empty() && m_trust.keys.size() == 1 && policy.identity.empty() && !m_trust.policy)
      policy.key = m_trust.keys.front();
    else if (!bundle.certificates.empty()) policy.key.reset();
    auto verified = verify_bundle(bundle, m_artifact, *m_trust.root, policy);
    if (verified.statement) tell(verified.link.children.back(), *verified.statement);
    if (bundle.certificates.empty()) add_unheld_identity(verified.link);
    if (verified.statement) add_judgement(verified.link, *verified.statement, file);
    pass_over(verified.link);
    if (verified.statement && verified.link.state != LinkState::failed)
      m_report.statements.push_back({file, *std::move(verified.statement), std::move(verified.signers),
                                     std::move(verified.issuer),
                                     bundle.certificates.empty() ? SignedWith::key : SignedWith::certificate});
    add(std::move(verified.link), k_bad_attestation, file).with("trusted root", m_trust.root_age);
  }

  // Attestations -----------------------------------------------------------------------------------------------------------
  Link check_attestation(std::string_view text, const std::string& file) {
    constexpr auto k_name = "attestation";
    if (m_trust.keys.empty()) return Link::not_checked(k_name, "no key was given: --key FILE");
    const auto envelope = Envelope::parse(text);
    if (!envelope) return Link::failed(k_name, envelope.error().message);
    const auto found = signers(*envelope, m_trust.keys);
    Link link;
    link.name = k_name;
    if (found.empty()) {
      link.add(Link::failed(
          "signature", fmt::format("none of the {} signatures holds under a given key", envelope->signatures.size())));
      link.add(Link::not_checked("subject", "the payload is not looked into: no signature holds"));
      link.settle();
      return link;
    }
    std::vector<std::string> fingerprints;
    auto signature = Link::ok("signature", fmt::format("{} of {} signatures hold under given keys", found.size(),
                                                       envelope->signatures.size()));
    for (const auto index : found) {
      fingerprints.push_back(m_trust.keys[index].fingerprint());
      signature.detail += fmt::format("{}{}", index == found.front() ? ": " : ", ", m_trust.keys[index].description());
      signature.with("key SHA-256", fingerprints.back());
    }
    link.add(std::move(signature));
    add_unheld_identity(link);
    const auto before = m_report.statements.size();
    link.add(check_statement(*envelope, file, std::move(fingerprints)));
    link.settle();
    if (m_report.statements.size() > before) add_judgement(link, m_report.statements.back().statement, file);
    // What says the worst is told, and counts for nothing that a policy asks for.
    if (link.state == LinkState::failed) m_report.statements.resize(before);
    pass_over(link);
    return link;
  }

  Link check_statement(const Envelope& envelope, const std::string& file, std::vector<std::string> signers) {
    if (envelope.payload_type != k_intoto_payload_type)
      return Link::failed("subject",
                          fmt::format("the payload is no in-toto statement but \"{}\"", envelope.payload_type));
    auto statement = Statement::parse(as_text(envelope.payload));
    if (!statement) return Link::failed("subject", statement.error().message);
    const auto* subject = statement->find(m_artifact.digests());
    // A rebuilder who got something else is outvoted or not: where a policy counts, the count tells.
    constexpr auto k_other = "the statement is not about this artifact";
    if (subject == nullptr)
      return m_trust.policy ? Link::not_checked("subject", k_other, false) : Link::failed("subject", k_other);
    auto link = Link::ok("subject", fmt::format("{}, as \"{}\"", statement->predicate_type, subject->name));
    tell(link, *statement);
    m_report.statements.push_back({file, *std::move(statement), std::move(signers), {}, SignedWith::key});
    return link;
  }

  // Signatures -------------------------------------------------------------------------------------------------------------
  std::string_view head_of_artifact() const {
    return m_artifact.bytes()
               ? as_text(m_artifact.bytes()->first(std::min<std::size_t>(64, m_artifact.bytes()->size())))
               : std::string_view{};
  }

  Result<void> add_signature(const std::string& file) {
    ASSAY_TRY(const auto text, read_text(file));
    Link link;
    if (is_clear_signed(text)) {
      ASSAY_TRY(link, check_listing(text));
    } else if (is_npm_packument(text)) {
      link = check_registry(text);
    } else if (const auto embedded = split_embedded(text); is_minisign(text) && embedded) {
      link = check_signed_checksums(*embedded);
    } else if (!m_artifact.bytes()) {
      return Error{
          ErrorCode::usage, "a signature is over the artifact's bytes, of which only a digest was given", file, {}};
    } else if (is_minisign(text)) {
      link = check_minisign(*m_artifact.bytes(), text);
    } else if (is_ssh_signature(text)) {
      link = check_ssh(text);
    } else if (is_openpgp(text)) {
      ASSAY_TRY(link, check_openpgp(text));
    } else {
      return in_file(
          {ErrorCode::usage,
           "is no signature of a kind that is known here",
           {},
           "--signature takes OpenPGP, minisign, signify and SSH signatures, signed .dsc and .changes files, and "
           "npm packuments; Sigstore bundles are for --bundle, DSSE envelopes for --attestation"},
          file);
    }
    add(std::move(link), k_bad_signature, file);
    return {};
  }

  Link check_minisign(ByteView content, std::string_view text) const {
    constexpr auto k_name = "minisign or signify signature";
    if (m_trust.minisign_keys.empty()) return Link::not_checked(k_name, "no public key was given: --keyring FILE");
    Link last;
    for (const auto& key : m_trust.minisign_keys) {
      auto checked = verify_minisign(content, text, key);
      last = checked ? *std::move(checked) : Link::failed(k_name, checked.error().message);
      if (last.state == LinkState::ok) break;
    }
    return last;
  }

  Link check_signed_checksums(const SignedMessage& embedded) const {
    Link link;
    link.name = "signed list of digests";
    const auto signature = link.add(check_minisign(as_bytes(embedded.message), embedded.signature));
    link.add(signature.state == LinkState::ok
                 ? find_in_checksums(embedded.message, m_artifact)
                 : Link::not_checked("subject", "the list is not looked into: no signature holds"));
    link.settle();
    return link;
  }

  Link check_ssh(std::string_view text) const {
    if (m_trust.git.allowed_signers.signers.empty())
      return Link::not_checked("SSH signature", "no allowed signers were given: --allowed-signers FILE");
    const auto signature = SshSignature::parse(text);
    if (!signature) return Link::failed("SSH signature", signature.error().message);
    return verify_ssh(*signature, *m_artifact.bytes(), "file", m_trust.git.allowed_signers, m_evidence.now);
  }

  Link check_registry(std::string_view text) {
    if (m_trust.npm_keys.empty())
      return Link::not_checked("npm registry signature",
                               "the registry's keys were not given: --keyring FILE, as its /-/npm/v1/keys serves them");
    return verify_npm_packument(text, m_artifact.digests(), m_trust.npm_keys);
  }

  Result<Link> check_openpgp(std::string_view text) {
    if (m_trust.git.keyring.empty()) return Link::not_checked("OpenPGP", "no keyring was given: --keyring FILE");
    if (m_artifact.path().empty())
      return take(verify_openpgp_bytes(*m_artifact.bytes(), text, m_trust.git.keyring, m_artifact.name()));
    return take(verify_openpgp(m_artifact.path(), text, m_trust.git.keyring, m_artifact.name()));
  }

  Result<Link> take(Result<OpenPgpCheck> check) {
    if (!check) {
      if (check.error().code != ErrorCode::format) return check.error();
      return Link::failed("OpenPGP", check.error().message);
    }
    take_findings(check->findings);
    return std::move(check->link);
  }

  /// A signed `.dsc` or `.changes` that lists the artifact by its digest.
  Result<Link> check_listing(std::string_view text) {
    if (m_trust.git.keyring.empty())
      return Link::not_checked("clear signature", "no keyring was given: --keyring FILE");
    auto check = verify_clear_signed(text, m_trust.git.keyring, m_artifact.name());
    const bool good = check && check->link.state == LinkState::ok;
    const auto listed = good ? check->text : std::string{};
    ASSAY_TRY(auto signature, take(std::move(check)));
    Link link;
    link.name = "clear-signed list";
    link.add(std::move(signature));
    link.add(good ? find_in_listing(listed, m_artifact)
                  : Link::not_checked("subject", "the list is not looked into: no signature holds"));
    link.settle();
    return link;
  }

  /// The artifact is a `.dsc` or `.changes` itself: its signature, and the files beside it that it lists.
  Result<void> add_own_signature() {
    if (m_trust.git.keyring.empty()) {
      m_report.link.add(Link::not_checked("clear signature",
                                          "the artifact is clear-signed, and no keyring was given: --keyring FILE"));
      return {};
    }
    auto check = verify_clear_signed(as_text(*m_artifact.bytes()), m_trust.git.keyring, m_artifact.name());
    const bool good = check && check->link.state == LinkState::ok;
    const auto listed = good ? check->text : std::string{};
    ASSAY_TRY(auto link, take(std::move(check)));
    add(std::move(link), k_bad_signature, m_artifact.name());
    if (!good || !lists_files(listed)) return {};
    add(check_listed_files(listed, m_artifact.path().parent_path()), k_bad_signature, m_artifact.name());
    return {};
  }

  // Revision and policy ----------------------------------------------------------------------------------------------------
  Result<void> add_revision() {
    ASSAY_TRY(auto check, verify_git(m_evidence.repository, m_evidence.revision, m_trust.git));
    take_findings(check.findings);
    if (m_evidence.compare_with_tree) {
      ASSAY_TRY(auto link, m_evidence.compare_with_tree(check));
      check.link.add(std::move(link));
      check.link.settle();
    } else {
      check.link.add(Link::not_checked("artifact", "whether the artifact is made from this tree was not asked", false));
    }
    add(std::move(check.link), k_bad_signature, m_evidence.repository).required = m_evidence.revision_required;
    return {};
  }

  void add_policy() {
    auto link = evaluate(*m_trust.policy, m_report.statements);
    m_report.policy = m_trust.policy;
    add(std::move(link), k_policy_not_met, m_evidence.policy);
  }

  const Evidence& m_evidence;
  const Artifact& m_artifact;
  Trust m_trust;
  EvidenceReport m_report;
  std::size_t m_reported = 0;  ///< findings that were there when the last part was added
};

}  // namespace

bool Evidence::says_something() const noexcept {
  return !bundles.empty() || !attestations.empty() || !signatures.empty() || !repository.empty();
}

Result<EvidenceReport> verify_evidence(const Evidence& evidence, const Artifact& artifact) {
  ASSAY_TRY(auto trust, load_trust(evidence));
  return Verification{evidence, artifact, std::move(trust)}.run();
}

}  // namespace assay::attest
