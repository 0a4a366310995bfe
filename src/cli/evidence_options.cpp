#include "cli/evidence_options.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <ctime>

namespace assay::cli {

namespace {

constexpr auto k_group = "Evidence";

std::optional<attest::TextPattern> pattern_of(const std::string& exact, const std::string& expression) {
  if (!exact.empty()) return attest::TextPattern{exact, false};
  if (!expression.empty()) return attest::TextPattern{expression, true};
  return std::nullopt;
}

void add_identity_options(CLI::App& command, EvidenceOptions& options) {
  const auto text = [&](const char* name, std::string& into, const char* help, const char* type) {
    return command.add_option(name, into, help)->type_name(type)->group(k_group);
  };
  auto* identity = text("--certificate-identity", options.identity,
                        "Who must have signed: a subject alternative name, exactly", "NAME");
  text("--certificate-identity-regexp", options.identity_pattern, "The same as an RE2 expression for all of it", "RE")
      ->excludes(identity);
  auto* issuer = text("--certificate-oidc-issuer", options.issuer,
                      "Who must have vouched for it: the OIDC issuer, exactly", "URL");
  text("--certificate-oidc-issuer-regexp", options.issuer_pattern, "The same as an RE2 expression for all of it", "RE")
      ->excludes(issuer);
}

}  // namespace

void add_evidence_options(CLI::App& command, EvidenceOptions& options) {
  auto& evidence = options.evidence;
  const auto files = [&](const char* name, std::vector<std::string>& into, const char* help) {
    command.add_option(name, into, help)->type_name("FILE")->allow_extra_args(false)->group(k_group);
  };
  const auto file = [&](const char* name, std::string& into, const char* help) {
    command.add_option(name, into, help)->type_name("FILE")->group(k_group);
  };
  files("--bundle", evidence.bundles,
        "Sigstore bundle, or the file of attestations that npm or PyPI serves. Repeatable");
  files("--attestation", evidence.attestations,
        "DSSE envelope with an in-toto statement, signed with a --key, or a bundle. Repeatable");
  files("--signature", evidence.signatures,
        "Signature: OpenPGP, minisign, signify or SSH; a signed .dsc or .changes that lists the artifact; an npm "
        "packument. Repeatable");
  files("--keyring", evidence.keyrings,
        "OpenPGP keys (armored or not), a public key of minisign or signify, or npm's keys. Repeatable");
  files("--key", evidence.keys,
        "Public key in PEM form, for attestations and for bundles signed with a key. Repeatable");
  file("--allowed-signers", evidence.allowed_signers, "Who may sign with which SSH key, as ssh-keygen(1) describes");
  command.add_option("--principal", evidence.principal, "Of the allowed signers, whom an SSH signature must be of")
      ->type_name("NAME")
      ->group(k_group);
  file("--trusted-root", evidence.trusted_root, "Sigstore's trusted_root.json; its age is shown");
  file("--policy", evidence.policy, "What evidence has to be there, from whom, saying what");
  add_identity_options(command, options);
}

std::vector<std::string> evidence_files(const EvidenceOptions& options) {
  const auto& evidence = options.evidence;
  std::vector<std::string> files{evidence.allowed_signers, evidence.trusted_root, evidence.policy};
  for (const auto* list :
       {&evidence.bundles, &evidence.attestations, &evidence.signatures, &evidence.keyrings, &evidence.keys})
    files.insert(files.end(), list->begin(), list->end());
  return files;
}

namespace {

/// What keeps the artifact from being proven, the first of it: a gap, else a finding, else a file.
std::string what_is_open(const Assessment& assessment) {
  if (assessment.verdict == Verdict::inconclusive && !assessment.coverage.gaps.empty())
    return fmt::format("not read: {}: {}", assessment.coverage.gaps.front().what,
                       assessment.coverage.gaps.front().reason);
  if (!assessment.findings.empty()) return assessment.findings.front().message;
  for (const auto& entry : assessment.entries)
    if (entry.proof() == Proof::unexplained && entry.status != EntryStatus::missing)
      return fmt::format("\"{}\" is unexplained", entry.path);
  return {};
}

}  // namespace

Link artifact_link(const Assessment& assessment, std::string_view where) {
  const auto& counts = assessment.counts;
  auto detail = fmt::format("{}: {} of {} files identical, {} unexplained", to_string(assessment.verdict),
                            counts.identical, counts.entries, counts.unexplained);
  switch (assessment.verdict) {
    case Verdict::verified:
    case Verdict::explained:
      return Link::ok("artifact", detail);
    case Verdict::suspect:
      return Link::failed("artifact", assessment.findings.empty()
                                          ? detail
                                          : fmt::format("{}; {}", detail, assessment.findings.front().message));
    case Verdict::unexplained:
    case Verdict::inconclusive:
      break;
  }
  if (const auto why = what_is_open(assessment); !why.empty()) detail += "; " + why;
  auto link = Link::not_checked("artifact", fmt::format("{}; {}", detail, where));
  // What could not be read at all is a gap, no verdict that was come to.
  if (assessment.verdict == Verdict::unexplained) link.with("verdict", std::string{to_string(assessment.verdict)});
  return link;
}

attest::Evidence evidence_from(const EvidenceOptions& options) {
  auto evidence = options.evidence;
  evidence.identity = {pattern_of(options.identity, options.identity_pattern),
                       pattern_of(options.issuer, options.issuer_pattern)};
  evidence.now = static_cast<std::int64_t>(std::time(nullptr));
  return evidence;
}

}  // namespace assay::cli
