// assay check: a release archive against its version control.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <future>
#include <memory>

#include "attest/artifact.hpp"
#include "base/text.hpp"
#include "cli/chain_policy.hpp"
#include "cli/command.hpp"
#include "cli/common_options.hpp"
#include "cli/evidence_options.hpp"
#include "cli/exhibits.hpp"
#include "cli/heap.hpp"
#include "cli/named_input.hpp"
#include "cli/progress.hpp"
#include "cli/regenerate_options.hpp"
#include "cli/rule_data.hpp"
#include "cli/settings.hpp"
#include "provenance/previous_release.hpp"
#include "provenance/release_check.hpp"

namespace assay::cli {

namespace {

struct CheckOptions {
  CommonOptions common;
  std::string archive;
  std::string reference;
  std::vector<std::string> submodules;
  EvidenceOptions evidence;
  std::string effort = "normal";
  std::string previous;
  RegenerateOptions regenerate;
  std::string proof_bundle;
};

/// What was signed joins the assessment: its chain, its findings, and what could not be checked. A keyring without a
/// signature is for the revision's own.
Result<void> add_evidence(Assessment& assessment, const CheckOptions& options) {
  auto evidence = evidence_from(options.evidence);
  const bool of_git = assessment.vcs && assessment.vcs->kind == "git" &&
                      (!evidence.keyrings.empty() || !evidence.allowed_signers.empty());
  const bool only_git = of_git && !evidence.says_something();
  if (of_git) {
    evidence.repository = vcs::parse_reference_spec(options.reference).path.string();
    evidence.revision = assessment.vcs->revision;
    evidence.revision_required = only_git;
    // The rest of the report says it in full, and decides by --fail-on; here it only closes the chain.
    evidence.compare_with_tree = [&assessment](const attest::GitCheck&) {
      auto link = artifact_link(assessment, "this report says which");
      if (link.state == LinkState::failed) link.state = LinkState::not_checked;
      link.required = false;
      return Result<Link>{std::move(link)};
    };
  }
  if (!evidence.says_something()) return {};
  ASSAY_TRY(const auto artifact, attest::Artifact::open(options.archive));
  ASSAY_TRY(auto report, attest::verify_evidence(evidence, artifact));
  for (const auto* open : unchecked(report.link))
    assessment.coverage.add(escape_for_display(open->name), escape_for_display(open->detail));
  std::move(report.findings.begin(), report.findings.end(), std::back_inserter(assessment.findings));
  assessment.trust_chain = std::move(report.link);
  return {};
}

/// A slip in an -o must not cost what is examined.
Result<void> keep_inputs(const CheckOptions& options) {
  auto outputs = outputs_of(options.common);
  outputs.push_back(options.proof_bundle);
  outputs.push_back(options.regenerate.log);
  auto inputs = inputs_of(options.common);
  inputs.push_back(options.archive);
  inputs.push_back(options.previous);
  inputs.push_back(options.regenerate.rebuild_recipe);
  const auto files = evidence_files(options.evidence);
  inputs.insert(inputs.end(), files.begin(), files.end());
  return cli::keep_inputs(outputs, inputs);
}

Result<int> run_check(const CheckOptions& options, Invocation& invocation) {
  ASSAY_TRY_VOID(check_subject(options.archive));
  constexpr std::uintmax_t k_small_release = 16U << 20;
  std::error_code unknown;
  if (std::filesystem::file_size(options.archive, unknown) <= k_small_release) prefer_speed_to_memory();
  else prefer_memory_to_speed();
  ASSAY_TRY(auto reference, parse_reference(options.reference));
  ASSAY_TRY_VOID(keep_inputs(options));
  ASSAY_TRY(const auto settings, settle(options.common));
  const auto& known = settings.known;
  Progress progress{invocation.err, options.common.quiet};
  provenance::ReleaseCheck request{options.archive, std::move(reference), known, settings.limits, {}};
  request.reference.submodules.assign(options.submodules.begin(), options.submodules.end());
  auto& inspection = request.inspection.emplace();
  inspection.effort = inspect::parse_effort(options.effort).value_or(inspect::Effort::normal);
  ASSAY_TRY(inspection.policy, load_chain_policy(rule_directories(options.common, settings.config)));
  inspection.content_rules = [&settings] { return settings.content.get() ? &*settings.content.get() : nullptr; };
  ASSAY_TRY(const auto regenerator, make_regenerator(options.regenerate, settings.config, settings.limits));
  request.regenerator = regenerator.get();
  ASSAY_TRY(const auto observer, make_observer(options.regenerate, settings.config, settings.limits));
  request.observer = observer.get();
  request.proof_bundle = options.proof_bundle;
  if (progress.visible())
    request.progress = [&](std::string_view phase, std::uint64_t done, std::uint64_t total) {
      progress.update(phase, done, total);
    };
  // 13 MB of data to hash: on a core that the decompressor leaves idle half the time, and not for a report that does not say it.
  const auto names_ruleset = [](const Destination& to) { return to.renderer->names_ruleset; };
  const bool wanted = std::any_of(settings.destinations.begin(), settings.destinations.end(), names_ruleset);
  auto ruleset = std::async(wanted ? std::launch::async : std::launch::deferred, [&] {
    const auto& rules = settings.content.get();
    return rules ? ruleset_digest(known, *rules, inspection.policy) : std::string{};
  });
  auto checked = provenance::check_release(request);
  progress.clear();
  if (!checked) return checked.error();
  auto& assessment = *checked;
  const auto& content = settings.content.get();
  if (!content) return content.error();
  if (!options.previous.empty()) ASSAY_TRY_VOID(provenance::add_changes_since(options.previous, request, assessment));
  if (wanted) assessment.ruleset = ruleset.get();
  ASSAY_TRY_VOID(add_evidence(assessment, options));
  ASSAY_TRY_VOID(add_exhibits(assessment, settings, options.archive));
  return conclude(assessment, settings, options.common, invocation);
}

}  // namespace

void add_check_command(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<CheckOptions>();
  auto* command =
      app.add_subcommand("check", "Compare a release archive with its version control and explain every difference");
  command->add_option("TARBALL", options->archive, "The release: tar, zip, cpio, 7z or ar, compressed or not")
      ->required();
  command
      ->add_option("--vcs", options->reference,
                   "The reference: a git repository (bare or not), its working tree (@WORKTREE) or a plain directory; "
                   "without @REV the revision is inferred")
      ->type_name("REPO[@REV]")
      ->required();
  command
      ->add_option(
          "--submodule", options->submodules,
          "A repository that has commits of submodules, where the reference's own clone lacks them; may be repeated")
      ->type_name("REPO");
  command
      ->add_option("--effort", options->effort,
                   "How much hidden data is looked for in unexplained and binary files: low, normal (default) or high")
      ->type_name("LEVEL")
      ->check(CLI::IsMember({"low", "normal", "high"}));
  command
      ->add_option("--proof-bundle", options->proof_bundle,
                   "Write the git objects that prove the identical files to FILE, for `assay verify-proof`")
      ->type_name("FILE");
  add_regenerate_options(*command, options->regenerate);
  command
      ->add_option("--previous", options->previous,
                   "An earlier release: say also what became unexplained, executable or binary since")
      ->type_name("OLD");
  add_evidence_options(*command, options->evidence);
  add_common_options(*command, options->common);
  command->footer(
      "Exit codes: 0 nothing at or above --fail-on, 1 findings, 2 usage or operational error, 3 not everything could "
      "be checked.\nExample: assay check curl-7.88.1.tar.gz --vcs ./curl.git@curl-7_88_1");
  command->callback([options, &invocation] {
    invocation.action = [options, &invocation] { return run_check(*options, invocation); };
  });
}

}  // namespace assay::cli
