// assay verify: who signed this artifact, when, and what did they say about it; without a network.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <ostream>

#include "attest/artifact.hpp"
#include "attest/evidence.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "cli/command.hpp"
#include "cli/evidence_options.hpp"
#include "cli/output.hpp"
#include "cli/rule_data.hpp"
#include "provenance/release_check.hpp"
#include "report/link_html.hpp"

namespace assay::cli {

namespace {

struct VerifyOptions {
  EvidenceOptions evidence;
  std::string artifact, vcs;
  std::string format = "text", output, color = "auto";
  bool quiet = false, verbose = false, dry_run = false;
};

std::string_view answer(const Link& link) {
  switch (link.state) {
    case LinkState::ok:
      return "verified";
    case LinkState::failed:
      return "failed";
    case LinkState::not_checked:
      return "incomplete";
  }
  return "failed";
}

int exit_code(const Link& link) {
  switch (link.state) {
    case LinkState::ok:
      return 0;
    case LinkState::failed:
      return 1;
    case LinkState::not_checked:
      return 3;
  }
  return 1;
}

std::string render_text(const attest::EvidenceReport& report, const VerifyOptions& options) {
  const auto& link = report.link;
  const bool painted = options.output.empty() && decide_color(options.color) == report::Color::yes;
  std::string out = fmt::format("{}: {}\n", answer(link), escape_for_display(link.name));
  for (const auto* failed : failures(link))
    out += fmt::format("  failed: {}: {}\n", escape_for_display(failed->name), escape_for_display(failed->detail));
  for (const auto* open : unchecked(link))
    out += fmt::format("  not checked: {}: {}\n", escape_for_display(open->name), escape_for_display(open->detail));
  for (const auto& finding : report.findings)
    out += fmt::format("  {} [{}]: {}\n", to_string(finding.severity), finding.rule, finding.message);
  if (!options.quiet) out += "\n" + render_tree(link, painted ? Paint::yes : Paint::no, options.verbose);
  return out;
}

std::string render_json(const attest::EvidenceReport& report) {
  auto json = attest::Json::object();
  json.set("schema_version", "1").set("command", "verify").set("verdict", answer(report.link));
  auto list = attest::Json::array();
  for (const auto& finding : report.findings) {
    auto item = attest::Json::object();
    item.set("rule", finding.rule)
        .set("severity", to_string(finding.severity))
        .set("path", escape_for_display(finding.location.path));
    item.set("message", finding.message).set("fingerprint", finding.fingerprint);
    list.push(std::move(item));
  }
  json.set("findings", std::move(list)).set("chain", attest::to_json(report.link));
  return json.dump(2) + "\n";
}

Result<Link> compare_with_tree(const std::string& artifact, const std::string& repository,
                               const attest::GitCheck& revision) {
  ASSAY_TRY(const auto known, load_known_files({}));
  provenance::ReleaseCheck request{artifact, {repository, revision.commit.hex()}, known, {}, {}};
  auto checked = provenance::check_release(request);
  if (!checked) return Link::not_checked("artifact", checked.error().message);
  sort_findings(checked->findings);
  checked->verdict = decide(*checked);
  return artifact_link(*checked).with("tree", revision.tree.hex());
}

Result<attest::Evidence> evidence_of(const VerifyOptions& options, const attest::Artifact& artifact) {
  auto evidence = evidence_from(options.evidence);
  if (options.vcs.empty()) return evidence;
  const auto at = options.vcs.rfind('@');
  if (at == std::string::npos || at == 0)
    return Error{ErrorCode::usage, "--vcs takes REPO@REV", {}, "name the tag or commit the artifact is made from"};
  evidence.repository = options.vcs.substr(0, at);
  evidence.revision = options.vcs.substr(at + 1);
  if (artifact.path().empty()) return evidence;
  evidence.compare_with_tree = [file = artifact.path().string(),
                                repository = evidence.repository](const attest::GitCheck& revision) {
    return compare_with_tree(file, repository, revision);
  };
  return evidence;
}

Result<int> write_answer(const attest::EvidenceReport& report, const VerifyOptions& options, Invocation& invocation) {
  const auto text = options.format == "json" ? render_json(report)
                    : options.format == "html"
                        ? report::render_chain_page(report.link, answer(report.link), report.findings)
                        : render_text(report, options);
  if (options.output.empty()) {
    invocation.out << text;
  } else {
    ASSAY_TRY_VOID(write_file_whole(options.output, text));
  }
  return exit_code(report.link);
}

/// What the policy makes of what was verified, for its author: whatever it says, the run succeeds.
Result<int> explain_policy(const attest::EvidenceReport& report, const VerifyOptions& options, Invocation& invocation) {
  if (!report.policy)
    return Error{ErrorCode::usage, "--dry-run explains a policy, and none was given", {}, "give --policy FILE"};
  auto text = attest::explain(*report.policy, report.statements);
  for (const auto* failed : failures(report.link))
    if (failed->name != "policy" &&
        std::none_of(report.policy->requirements.begin(), report.policy->requirements.end(),
                     [&](const auto& requirement) { return requirement.name == failed->name; }))
      text += fmt::format("\nnot among the statements, because it failed: {}: {}\n", escape_for_display(failed->name),
                          escape_for_display(failed->detail));
  if (options.output.empty()) invocation.out << text;
  else {
    ASSAY_TRY_VOID(write_file_whole(options.output, text));
  }
  return 0;
}

Result<int> run_verify(const VerifyOptions& options, Invocation& invocation) {
  ASSAY_TRY(const auto artifact, attest::Artifact::from_argument(options.artifact));
  ASSAY_TRY(const auto evidence, evidence_of(options, artifact));
  ASSAY_TRY(auto report, attest::verify_evidence(evidence, artifact));
  return options.dry_run ? explain_policy(report, options, invocation) : write_answer(report, options, invocation);
}

}  // namespace

void add_verify_command(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<VerifyOptions>();
  auto* command =
      app.add_subcommand("verify", "Verify signatures and attestations offline, as a chain from key to byte");
  command->add_option("ARTIFACT", options->artifact, "The artifact, or its digest: sha256:HEX")->required();
  add_evidence_options(*command, options->evidence);
  command
      ->add_option("--vcs", options->vcs,
                   "A git revision whose signature joins the chain: key, tag, commit, tree, artifact")
      ->type_name("REPO@REV")
      ->group("Evidence");
  command->add_flag(
      "--dry-run", options->dry_run,
      "Explain what the policy asks for, what counts for it and which requirement decides; exit 0 either way");
  command->add_option("-f,--format", options->format, "text (default), json or html")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"text", "json", "html"}));
  command->add_option("-o,--output", options->output, "Write to FILE, whole or not at all")->type_name("FILE");
  command->add_option("--color", options->color, "auto (default), always or never")
      ->type_name("WHEN")
      ->check(CLI::IsMember({"auto", "always", "never"}));
  command->add_flag("-q,--quiet", options->quiet, "The answer and why, not the chain");
  command->add_flag("-v,--verbose", options->verbose, "Every link with its evidence");
  command->footer(
      "Exit codes: 0 every link holds, 1 one does not, 2 usage or operational error, 3 something was not checked.\n"
      "Example: assay verify curl-8.4.0.tar.gz --signature curl-8.4.0.tar.gz.asc --keyring signing-key.asc");
  command->callback([options, &invocation] {
    invocation.action = [options, &invocation] { return run_verify(*options, invocation); };
  });
}

}  // namespace assay::cli
