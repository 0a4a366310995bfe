// assay verify: who signed this artifact, when, and what did they say about it; without a network.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <ostream>

#include "attest/armor.hpp"
#include "attest/artifact.hpp"
#include "attest/bundle.hpp"
#include "attest/git_signature.hpp"
#include "attest/minisign.hpp"
#include "attest/openpgp.hpp"
#include "attest/policy.hpp"
#include "attest/ssh_signature.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "cli/command.hpp"
#include "cli/output.hpp"

namespace assay::cli {

namespace {

namespace fs = std::filesystem;
using attest::Link;
using attest::LinkState;

constexpr std::uint64_t k_max_evidence = 64U << 20;
constexpr std::int64_t k_seconds_per_day = 86400;

struct VerifyOptions {
  std::string artifact;
  std::vector<std::string> bundles, attestations, signatures, keyrings, keys;
  std::string allowed_signers, trusted_root, policy, vcs;
  std::string identity, identity_pattern, issuer, issuer_pattern;
  std::string format = "text", output, color = "auto";
  bool quiet = false, verbose = false;
};

Result<std::string> read_text(const std::string& file) {
  ASSAY_TRY(const auto content, read_file(file, k_max_evidence));
  return std::string{as_text(content)};
}

/// An error about a file's content names the file.
Error in_file(Error error, const std::string& file) {
  if (error.where.empty()) error.where = escape_for_display(file);
  return error;
}

std::optional<attest::TextPattern> pattern_of(const std::string& exact, const std::string& expression) {
  if (!exact.empty()) return attest::TextPattern{exact, false};
  if (!expression.empty()) return attest::TextPattern{expression, true};
  return std::nullopt;
}

class Verification {
 public:
  Verification(const VerifyOptions& options, attest::Artifact artifact) : m_options(options), m_artifact(std::move(artifact)) {}

  Result<Link> run() {
    m_link.name = m_artifact.name();
    for (const auto& [name, digest] : m_artifact.digests())
      if (name == "sha256" || m_artifact.digests().size() == 1) m_link.with(name, digest);
    ASSAY_TRY_VOID(load());
    for (const auto& file : m_options.bundles) {
      ASSAY_TRY_VOID(add_bundles(file));
    }
    for (const auto& file : m_options.attestations) {
      ASSAY_TRY_VOID(add_attestation(file));
    }
    for (const auto& file : m_options.signatures) {
      ASSAY_TRY_VOID(add_signature(file));
    }
    if (attest::is_clear_signed(head_of_artifact())) {
      ASSAY_TRY_VOID(add_clear_signature());
    }
    if (!m_options.vcs.empty()) {
      ASSAY_TRY_VOID(add_revision());
    }
    if (m_policy) m_link.add(attest::evaluate(*m_policy, m_statements));
    if (m_link.children.empty())
      return Error{ErrorCode::usage, "there is nothing to verify the artifact with", {}, "give --bundle, --attestation, --signature or --vcs"};
    m_link.settle();
    return std::move(m_link);
  }

  const std::vector<Finding>& findings() const { return m_findings; }

 private:
  Result<void> load() {
    if (!m_options.policy.empty()) {
      ASSAY_TRY(const auto text, read_text(m_options.policy));
      ASSAY_TRY(m_policy, attest::VerificationPolicy::parse(text, m_options.policy));
    }
    for (const auto& file : m_options.keys) {
      ASSAY_TRY(const auto text, read_text(file));
      auto key = attest::PublicKey::from_pem(text);
      if (!key) return in_file(key.error(), file);
      m_keys.push_back(*std::move(key));
    }
    if (!m_options.allowed_signers.empty()) {
      ASSAY_TRY(const auto text, read_text(m_options.allowed_signers));
      m_trust.allowed_signers = attest::AllowedSigners::parse(text);
    }
    for (const auto& file : m_options.keyrings) {
      ASSAY_TRY(const auto text, read_text(file));
      if (attest::is_minisign(text)) {
        m_minisign_keys.push_back(text);
        continue;
      }
      auto keys = attest::dearmor(text);
      if (!keys) return in_file(keys.error(), file);
      m_trust.keyring += as_text(*keys);
    }
    return {};
  }

  Result<void> load_root() {
    if (m_root) return {};
    if (m_options.trusted_root.empty()) return Error{ErrorCode::usage, "a Sigstore bundle is verified against a trusted root, and none was given", {}, "give --trusted-root FILE: the trusted_root.json of the instance that signed, e.g. assay's own share/assay/rules/trust/sigstore-public-good.json"};
    ASSAY_TRY(const auto text, read_text(m_options.trusted_root));
    auto root = attest::TrustedRoot::parse(text);
    if (!root) return in_file(root.error(), m_options.trusted_root);
    m_root = *std::move(root);
    const auto days = (static_cast<std::int64_t>(std::time(nullptr)) - m_root->newest) / k_seconds_per_day;
    m_root_age = fmt::format("{}: newest key is of {}, {} days ago", m_options.trusted_root, attest::format_time(m_root->newest), days);
    return {};
  }

  Result<void> add_bundles(const std::string& file) {
    ASSAY_TRY_VOID(load_root());
    ASSAY_TRY(const auto text, read_text(file));
    const auto bundles = attest::parse_bundles(text);
    if (!bundles) {
      m_link.add(Link::failed("Sigstore bundle", fmt::format("{}: {}", file, bundles.error().message)));
      return {};
    }
    for (const auto& bundle : *bundles) add_bundle(bundle, file);
    return {};
  }

  void add_bundle(const attest::Bundle& bundle, const std::string& file) {
    attest::BundlePolicy policy;
    policy.identity = {pattern_of(m_options.identity, m_options.identity_pattern), pattern_of(m_options.issuer, m_options.issuer_pattern)};
    policy.identity_elsewhere = m_policy.has_value();
    // Of several keys the one is taken under which the signature holds; if there is none, the first, to say that it does not.
    for (const auto& key : m_keys) {
      policy.key = key;
      if (attest::signature_holds(bundle, m_artifact, key)) break;
    }
    if (!bundle.certificates.empty() && m_keys.size() == 1 && policy.identity.empty() && !m_policy) policy.key = m_keys.front();
    else if (!bundle.certificates.empty()) policy.key.reset();
    auto verified = attest::verify_bundle(bundle, m_artifact, *m_root, policy);
    verified.link.with("file", file);
    verified.link.with("trusted root", m_root_age);
    if (verified.statement) m_statements.push_back({file, *std::move(verified.statement), std::move(verified.signers), std::move(verified.issuer)});
    m_link.add(std::move(verified.link));
  }

  Result<void> add_attestation(const std::string& file) {
    ASSAY_TRY(const auto text, read_text(file));
    m_link.add(check_attestation(text, file)).with("file", file);
    return {};
  }

  Link check_attestation(std::string_view text, const std::string& file) {
    constexpr auto k_name = "attestation";
    if (m_keys.empty()) return Link::not_checked(k_name, "no key was given: --key FILE");
    const auto envelope = attest::Envelope::parse(text);
    if (!envelope) return Link::failed(k_name, envelope.error().message);
    const auto found = attest::signers(*envelope, m_keys);
    Link link;
    link.name = k_name;
    if (found.empty()) {
      link.add(Link::failed("signature", fmt::format("none of the {} signatures holds under a given key", envelope->signatures.size())));
      link.add(Link::not_checked("subject", "the payload is not looked into: no signature holds"));
      link.settle();
      return link;
    }
    std::vector<std::string> fingerprints;
    auto signature = Link::ok("signature", fmt::format("{} of {} signatures hold under given keys", found.size(), envelope->signatures.size()));
    for (const auto index : found) {
      fingerprints.push_back(m_keys[index].fingerprint());
      signature.with(m_keys[index].description(), fingerprints.back());
    }
    link.add(std::move(signature));
    link.add(check_statement(*envelope, file, std::move(fingerprints)));
    link.settle();
    return link;
  }

  Link check_statement(const attest::Envelope& envelope, const std::string& file, std::vector<std::string> signers) {
    if (envelope.payload_type != attest::k_intoto_payload_type) return Link::failed("subject", fmt::format("the payload is no in-toto statement but \"{}\"", envelope.payload_type));
    auto statement = attest::Statement::parse(as_text(envelope.payload));
    if (!statement) return Link::failed("subject", statement.error().message);
    const auto* subject = statement->find(m_artifact.digests());
    if (subject == nullptr) return Link::failed("subject", "the statement is not about this artifact");
    auto link = Link::ok("subject", fmt::format("{}, as \"{}\"", statement->predicate_type, subject->name));
    m_statements.push_back({file, *std::move(statement), std::move(signers), {}});
    return link;
  }

  std::string_view head_of_artifact() const {
    return m_artifact.bytes() ? as_text(m_artifact.bytes()->first(std::min<std::size_t>(64, m_artifact.bytes()->size()))) : std::string_view{};
  }

  Result<void> add_signature(const std::string& file) {
    ASSAY_TRY(const auto text, read_text(file));
    if (!m_artifact.bytes()) return Error{ErrorCode::usage, "a signature is over the artifact's bytes, of which only a digest was given", file, {}};
    Link link;
    if (attest::is_minisign(text)) {
      link = check_minisign(text);
    } else if (attest::is_ssh_signature(text)) {
      link = check_ssh(text);
    } else {
      ASSAY_TRY(link, check_openpgp(text));
    }
    m_link.add(std::move(link)).with("file", file);
    return {};
  }

  Link check_minisign(std::string_view text) const {
    constexpr auto k_name = "minisign or signify signature";
    if (m_minisign_keys.empty()) return Link::not_checked(k_name, "no public key was given: --keyring FILE");
    Link last;
    for (const auto& key : m_minisign_keys) {
      auto checked = attest::verify_minisign(*m_artifact.bytes(), text, key);
      last = checked ? *std::move(checked) : Link::failed(k_name, checked.error().message);
      if (last.state == LinkState::ok) break;
    }
    return last;
  }

  Link check_ssh(std::string_view text) const {
    if (m_trust.allowed_signers.signers.empty()) return Link::not_checked("SSH signature", "no allowed signers were given: --allowed-signers FILE");
    const auto signature = attest::SshSignature::parse(text);
    if (!signature) return Link::failed("SSH signature", signature.error().message);
    return attest::verify_ssh(*signature, *m_artifact.bytes(), "file", m_trust.allowed_signers, static_cast<std::int64_t>(std::time(nullptr)));
  }

  Result<Link> check_openpgp(std::string_view text) {
    if (m_trust.keyring.empty()) return Link::not_checked("OpenPGP", "no keyring was given: --keyring FILE");
    auto check = attest::verify_openpgp(m_options.artifact, text, m_trust.keyring, m_artifact.name());
    return take(std::move(check));
  }

  Result<Link> take(Result<attest::OpenPgpCheck> check) {
    if (!check) {
      if (check.error().code != ErrorCode::format) return check.error();
      return Link::failed("OpenPGP", check.error().message);
    }
    m_findings.insert(m_findings.end(), check->findings.begin(), check->findings.end());
    return std::move(check->link);
  }

  Result<void> add_clear_signature() {
    if (m_trust.keyring.empty()) {
      m_link.add(Link::not_checked("clear signature", "the artifact is clear-signed, and no keyring was given: --keyring FILE"));
      return {};
    }
    ASSAY_TRY(auto link, take(attest::verify_clear_signed(as_text(*m_artifact.bytes()), m_trust.keyring, m_artifact.name())));
    m_link.add(std::move(link));
    return {};
  }

  Result<void> add_revision() {
    const auto at = m_options.vcs.rfind('@');
    if (at == std::string::npos || at == 0) return Error{ErrorCode::usage, "--vcs takes REPO@REV", {}, "name the tag or commit the artifact is made from"};
    ASSAY_TRY(auto check, attest::verify_git(m_options.vcs.substr(0, at), m_options.vcs.substr(at + 1), m_trust));
    m_findings.insert(m_findings.end(), check.findings.begin(), check.findings.end());
    check.link.add(Link::not_checked("artifact", "whether the artifact is made from this tree is what `assay check` answers", false));
    m_link.add(std::move(check.link));
    return {};
  }

  const VerifyOptions& m_options;
  attest::Artifact m_artifact;
  Link m_link;
  std::optional<attest::VerificationPolicy> m_policy;
  std::optional<attest::TrustedRoot> m_root;
  std::string m_root_age;
  std::vector<attest::PublicKey> m_keys;
  std::vector<std::string> m_minisign_keys;
  attest::GitTrust m_trust;
  std::vector<attest::VerifiedStatement> m_statements;
  std::vector<Finding> m_findings;
};

std::string_view answer(const Link& link) {
  switch (link.state) {
    case LinkState::ok: return "verified";
    case LinkState::failed: return "failed";
    case LinkState::not_checked: return "incomplete";
  }
  return "failed";
}

std::string render_text(const Link& link, const std::vector<Finding>& findings, const VerifyOptions& options) {
  const bool painted = options.output.empty() && decide_color(options.color) == report::Color::yes;
  std::string out = fmt::format("{}: {}\n", answer(link), escape_for_display(link.name));
  for (const auto* failed : attest::failures(link)) out += fmt::format("  failed: {}: {}\n", escape_for_display(failed->name), escape_for_display(failed->detail));
  for (const auto* open : attest::unchecked(link)) out += fmt::format("  not checked: {}: {}\n", escape_for_display(open->name), escape_for_display(open->detail));
  for (const auto& finding : findings) out += fmt::format("  {} [{}]: {}\n", to_string(finding.severity), finding.rule, finding.message);
  if (!options.quiet) out += "\n" + attest::render_tree(link, painted ? attest::Paint::yes : attest::Paint::no, options.verbose);
  return out;
}

std::string render_json(const Link& link, const std::vector<Finding>& findings) {
  auto json = attest::Json::object();
  json.set("schema_version", "1").set("command", "verify").set("verdict", answer(link));
  auto list = attest::Json::array();
  for (const auto& finding : findings) {
    auto item = attest::Json::object();
    item.set("rule", finding.rule).set("severity", to_string(finding.severity)).set("path", escape_for_display(finding.location.path));
    item.set("message", finding.message).set("fingerprint", finding.fingerprint);
    list.push(std::move(item));
  }
  json.set("findings", std::move(list)).set("chain", attest::to_json(link));
  return json.dump(2) + "\n";
}

Result<int> run_verify(const VerifyOptions& options, Invocation& invocation) {
  ASSAY_TRY(auto artifact, attest::Artifact::from_argument(options.artifact));
  Verification verification{options, std::move(artifact)};
  ASSAY_TRY(const auto link, verification.run());
  const auto& findings = verification.findings();
  const auto text = options.format == "json"   ? render_json(link, findings)
                    : options.format == "html" ? attest::render_html(link)
                                               : render_text(link, findings, options);
  if (options.output.empty()) {
    invocation.out << text;
  } else {
    ASSAY_TRY_VOID(write_file_whole(options.output, text));
  }
  switch (link.state) {
    case LinkState::ok: return 0;
    case LinkState::failed: return 1;
    case LinkState::not_checked: return 3;
  }
  return 1;
}

void add_evidence_options(CLI::App& command, VerifyOptions& options) {
  const auto files = [&](const char* name, std::vector<std::string>& into, const char* help) { command.add_option(name, into, help)->type_name("FILE")->allow_extra_args(false); };
  const auto file = [&](const char* name, std::string& into, const char* help) { command.add_option(name, into, help)->type_name("FILE"); };
  files("--bundle", options.bundles, "Sigstore bundle, or the file of attestations that npm or PyPI serves. Repeatable");
  files("--attestation", options.attestations, "DSSE envelope with an in-toto statement, signed with a --key. Repeatable");
  files("--signature", options.signatures, "Detached signature: OpenPGP, minisign, signify or SSH. Repeatable");
  files("--keyring", options.keyrings, "OpenPGP keys (armored or not), or a public key of minisign or signify. Repeatable");
  files("--key", options.keys, "Public key in PEM form, for attestations and for bundles signed with a key. Repeatable");
  file("--allowed-signers", options.allowed_signers, "Who may sign with which SSH key, as ssh-keygen(1) describes");
  file("--trusted-root", options.trusted_root, "Sigstore's trusted_root.json; its age is shown");
  file("--policy", options.policy, "What evidence has to be there, from whom, saying what");
  command.add_option("--vcs", options.vcs, "A git revision whose signature joins the chain: key, tag, commit, tree")->type_name("REPO@REV");
}

void add_identity_options(CLI::App& command, VerifyOptions& options) {
  const auto text = [&](const char* name, std::string& into, const char* help, const char* type) { return command.add_option(name, into, help)->type_name(type); };
  auto* identity = text("--certificate-identity", options.identity, "Who must have signed: a subject alternative name, exactly", "NAME");
  text("--certificate-identity-regexp", options.identity_pattern, "The same as an RE2 expression for all of it", "RE")->excludes(identity);
  auto* issuer = text("--certificate-oidc-issuer", options.issuer, "Who must have vouched for it: the OIDC issuer, exactly", "URL");
  text("--certificate-oidc-issuer-regexp", options.issuer_pattern, "The same as an RE2 expression for all of it", "RE")->excludes(issuer);
}

}  // namespace

void add_verify_command(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<VerifyOptions>();
  auto* command = app.add_subcommand("verify", "Verify signatures and attestations offline, as a chain from key to byte");
  command->add_option("ARTIFACT", options->artifact, "The artifact, or its digest: sha256:HEX")->required();
  add_evidence_options(*command, *options);
  add_identity_options(*command, *options);
  command->add_option("-f,--format", options->format, "text (default), json or html")->type_name("FORMAT")->check(CLI::IsMember({"text", "json", "html"}));
  command->add_option("-o,--output", options->output, "Write to FILE, whole or not at all")->type_name("FILE");
  command->add_option("--color", options->color, "auto (default), always or never")->type_name("WHEN")->check(CLI::IsMember({"auto", "always", "never"}));
  command->add_flag("-q,--quiet", options->quiet, "The answer and why, not the chain");
  command->add_flag("-v,--verbose", options->verbose, "Every link with its evidence");
  command->footer("Exit codes: 0 every link holds, 1 one does not, 2 usage or operational error, 3 something was not checked.\n"
                  "Example: assay verify curl-8.4.0.tar.gz --signature curl-8.4.0.tar.gz.asc --keyring signing-key.asc");
  command->callback([options, &invocation] { invocation.action = [options, &invocation] { return run_verify(*options, invocation); }; });
}

}  // namespace assay::cli
