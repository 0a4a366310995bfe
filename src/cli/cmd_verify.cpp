// assay verify: who signed this artifact, when, and what did they say about it; without a network.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <ostream>
#include <tuple>

#include "attest/artifact.hpp"
#include "attest/evidence.hpp"
#include "base/text.hpp"
#include "cli/command.hpp"
#include "cli/evidence_options.hpp"
#include "cli/output.hpp"
#include "cli/rule_data.hpp"
#include "provenance/release_check.hpp"
#include "report/verification.hpp"

namespace assay::cli {

namespace {

struct VerifyOptions {
  EvidenceOptions evidence;
  std::string artifact, vcs;
  std::string format, output, color = "auto";
  bool quiet = false, verbose = false, dry_run = false;
};

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

Result<int> write_answer(const attest::EvidenceReport& evidence, const std::string& format,
                         const VerifyOptions& options, Invocation& invocation) {
  const auto& [link, findings] = std::tie(evidence.link, evidence.findings);
  report::RenderOptions render;
  if (options.verbose) render.verbosity = report::Verbosity::verbose;
  if (options.quiet) render.verbosity = report::Verbosity::quiet;
  if (!is_file(options.output)) render.color = decide_color(options.color);
  const auto text = format == "json"   ? report::render_verification_json(link, findings)
                    : format == "html" ? report::render_verification_html(link, findings)
                                       : report::render_verification_text(link, findings, render);
  ASSAY_TRY_VOID(write_text(text, options.output, invocation.out));
  if (is_file(options.output) && !options.quiet) {
    render.verbosity = report::Verbosity::quiet;
    invocation.err << report::render_verification_text(link, findings, render);
  }
  return report::answer_of(link).exit_code;
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
  ASSAY_TRY_VOID(write_text(text, options.output, invocation.out));
  return 0;
}

/// The format of the answer, and that nothing asked for is overwritten or passed over. Before any work.
Result<std::string> settle_output(const VerifyOptions& options) {
  auto inputs = evidence_files(options.evidence);
  inputs.push_back(options.artifact);
  ASSAY_TRY_VOID(keep_inputs({options.output}, inputs));
  if (!options.dry_run) return choose_format(options.format, options.output, {"text", "json", "html"});
  if (options.format.empty() || options.format == "text") return std::string{"text"};
  return Error{ErrorCode::usage, "--dry-run explains in text", "--format " + options.format, "leave --format out"};
}

Result<int> run_verify(const VerifyOptions& options, Invocation& invocation) {
  ASSAY_TRY(const auto format, settle_output(options));
  ASSAY_TRY(const auto artifact, attest::Artifact::from_argument(options.artifact));
  ASSAY_TRY(const auto evidence, evidence_of(options, artifact));
  ASSAY_TRY(const auto report, attest::verify_evidence(evidence, artifact));
  return options.dry_run ? explain_policy(report, options, invocation)
                         : write_answer(report, format, options, invocation);
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
  command
      ->add_option("-f,--format", options->format, "text (default), json or html; with -o it follows from the suffix")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"text", "json", "html"}));
  command->add_option("-o,--output", options->output, "Write to FILE, whole or not at all; - is standard output")
      ->type_name("FILE");
  command->add_option("--color", options->color, "auto (default), always or never")
      ->type_name("WHEN")
      ->check(CLI::IsMember({"auto", "always", "never"}));
  command->add_flag("-q,--quiet", options->quiet, "The answer and why, not the chain");
  command->add_flag("-v,--verbose", options->verbose, "Every link with its evidence");
  command->footer(
      "Exit codes: 0 every link holds, 1 one does not, 2 usage or operational error, 3 something was not checked "
      "or is not proven.\n"
      "Example: assay verify curl-8.4.0.tar.gz --signature curl-8.4.0.tar.gz.asc --keyring signing-key.asc");
  command->callback([options, &invocation] {
    invocation.action = [options, &invocation] { return run_verify(*options, invocation); };
  });
}

}  // namespace assay::cli
