// assay attest: sign what was found, as in-toto statements in DSSE envelopes that `assay verify --attestation` reads.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <ostream>

#include "attest/artifact.hpp"
#include "attest/build_record.hpp"
#include "attest/encoding.hpp"
#include "attest/key_token.hpp"
#include "attest/predicate.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "cli/command.hpp"
#include "cli/output.hpp"

namespace assay::cli {

namespace {

constexpr std::uint64_t k_max_document = 256U << 20;

struct AttestOptions {
  std::vector<std::string> keys;
  std::string pass_phrase_file, output;
  std::string report, document, artifact;
  std::string verifier, resource, policy, time, result;
  std::vector<std::string> levels, inputs;
};

Result<std::string> read_pass_phrase(const std::string& file) {
  ASSAY_TRY(auto content, read_file(file, 4096));
  std::string phrase{as_text(content)};
  attest::wipe(content);
  while (!phrase.empty() && (phrase.back() == '\n' || phrase.back() == '\r')) phrase.pop_back();
  return phrase;
}

/// Before any work: a key or a report that an output would overwrite is gone for good.
Result<void> keep_what_is_read(const AttestOptions& options) {
  auto inputs = options.keys;
  inputs.insert(inputs.end(), options.inputs.begin(), options.inputs.end());
  inputs.insert(inputs.end(),
                {options.pass_phrase_file, options.report, options.document, options.artifact, options.policy});
  return keep_inputs({options.output}, inputs);
}

Result<int> sign_and_write(const attest::Statement& statement, const AttestOptions& options, Invocation& invocation) {
  attest::PassPhrase pass_phrase;
  if (!options.pass_phrase_file.empty()) pass_phrase = [&] { return read_pass_phrase(options.pass_phrase_file); };
  std::vector<attest::PrivateKey> keys;
  for (const auto& file : options.keys) {
    ASSAY_TRY(auto key, attest::PrivateKey::open(file, pass_phrase));
    if (!key.deterministic())
      invocation.err << fmt::format(
          "assay: {}: signatures with this {} key differ from run to run; those with Ed25519, or with ECDSA and a key "
          "in a file, do not\n",
          escape_for_display(attest::without_pin(file)), key.public_key().description());
    keys.push_back(std::move(key));
  }
  ASSAY_TRY(const auto envelope, attest::sign_statement(statement, keys));
  const auto text = envelope.to_json().dump() + "\n";
  ASSAY_TRY_VOID(write_text(text, options.output, invocation.out));
  return 0;
}

Result<attest::Subject> subject_of(const std::string& artifact) {
  ASSAY_TRY(const auto opened, attest::Artifact::from_argument(artifact));
  attest::Subject subject{opened.name(), {}};
  for (const auto& [name, value] : opened.digests())
    if (name != "sha384") subject.digests.emplace(name, value);
  return subject;
}

Result<int> attest_assessment(const AttestOptions& options, Invocation& invocation) {
  ASSAY_TRY(const auto report, read_file(options.report, k_max_document));
  auto statement = attest::assessment_statement(as_text(report));
  if (!statement) {
    auto error = statement.error();
    error.where = escape_for_display(options.report);
    if (error.remedy.empty()) error.remedy = "give the JSON of a check or scan: assay check … --format json -o FILE";
    return error;
  }
  return sign_and_write(*statement, options, invocation);
}

Result<int> attest_sbom(const AttestOptions& options, Invocation& invocation) {
  ASSAY_TRY(const auto document, read_file(options.document, k_max_document));
  ASSAY_TRY(auto subject, subject_of(options.artifact));
  const auto statement = attest::sbom_statement(as_text(document), std::move(subject));
  if (!statement) {
    auto error = statement.error();
    if (error.where.empty()) error.where = escape_for_display(options.document);
    return error;
  }
  return sign_and_write(*statement, options, invocation);
}

Result<int> attest_provenance(const AttestOptions& options, Invocation& invocation) {
  ASSAY_TRY(const auto text, read_file(options.document, k_max_document));
  const auto record = attest::read_build_record(as_text(text));
  if (!record) {
    auto error = record.error();
    error.where = escape_for_display(options.document);
    return error;
  }
  return sign_and_write(attest::provenance_statement(*record), options, invocation);
}

Result<int> attest_summary(const AttestOptions& options, Invocation& invocation) {
  attest::VerificationSummary summary;
  summary.verifier_id = options.verifier;
  summary.resource_uri = options.resource;
  summary.passed = options.result == "passed";
  summary.levels = options.levels;
  const auto time = attest::parse_time(options.time);
  if (!time)
    return Error{ErrorCode::usage,
                 fmt::format("'{}' is no time", escape_for_display(options.time)),
                 {},
                 "write it as 2024-03-29T16:00:00Z"};
  summary.time_verified = *time;
  ASSAY_TRY(const auto policy, attest::Artifact::open(options.policy));
  summary.policy_uri = "file:" + policy.name();
  summary.policy_digest = {{"sha256", policy.digests().at("sha256")}};
  for (const auto& file : options.inputs) {
    ASSAY_TRY(const auto input, attest::Artifact::open(file));
    summary.inputs.push_back({"file:" + input.name(), {{"sha256", input.digests().at("sha256")}}});
  }
  ASSAY_TRY(auto subject, subject_of(options.artifact));
  return sign_and_write(attest::summary_statement(summary, std::move(subject)), options, invocation);
}

void add_signing_options(CLI::App& command, AttestOptions& options) {
  command
      .add_option("--key", options.keys,
                  "Private key: a PEM file that only its owner can read, or a key on a token by its PKCS#11 URI. "
                  "Repeatable: one signature each")
      ->type_name("FILE|URI")
      ->required()
      ->allow_extra_args(false);
  command
      .add_option("--pass-phrase-file", options.pass_phrase_file,
                  "The pass phrase of encrypted keys, or the PIN of a token")
      ->type_name("FILE");
  command.add_option("-o,--output", options.output, "Write to FILE, whole or not at all; - is standard output")
      ->type_name("FILE");
}

}  // namespace

void add_attest_command(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<AttestOptions>();
  auto* command = app.add_subcommand(
      "attest", "Sign an assessment, the provenance of a build, a bill of materials or a verification summary");
  command->require_subcommand(1);
  const auto action = [options, &invocation](auto run) {
    return [options, &invocation, run] {
      invocation.action = [options, &invocation, run]() -> Result<int> {
        if (!attest::wipe_what_openssl_frees())
          return Error{ErrorCode::io, "memory that held a key could not be wiped: OpenSSL is in use already", {}, {}};
        ASSAY_TRY_VOID(keep_what_is_read(*options));
        return run(*options, invocation);
      };
    };
  };

  auto* assessment =
      command->add_subcommand("assessment", "Sign the JSON report of assay check or scan, whatever its verdict");
  assessment->add_option("REPORT", options->report, "Made with --format json")->required();
  add_signing_options(*assessment, *options);
  assessment->callback(action(attest_assessment));

  auto* provenance = command->add_subcommand(
      "provenance", "Sign how something was built, from the record of a build (SLSA provenance v1)");
  provenance->add_option("RECORD", options->document, "JSON, as docs/predicates/rebuild-v1.md describes it")
      ->required();
  add_signing_options(*provenance, *options);
  provenance->callback(action(attest_provenance));

  auto* sbom =
      command->add_subcommand("sbom", "Sign that an artifact consists of what an SPDX or CycloneDX document says");
  sbom->add_option("DOCUMENT", options->document, "SPDX or CycloneDX JSON")->required();
  sbom->add_option("ARTIFACT", options->artifact, "The artifact, or its digest: sha256:HEX")->required();
  add_signing_options(*sbom, *options);
  sbom->callback(action(attest_sbom));

  auto* summary =
      command->add_subcommand("vsa", "Sign that an artifact was verified, or was not (SLSA verification summary)");
  summary->add_option("ARTIFACT", options->artifact, "The artifact, or its digest: sha256:HEX")->required();
  summary->add_option("--result", options->result, "passed or failed")
      ->required()
      ->type_name("RESULT")
      ->check(CLI::IsMember({"passed", "failed"}));
  summary->add_option("--verifier-id", options->verifier, "URI of who verified")->required()->type_name("URI");
  summary->add_option("--resource-uri", options->resource, "URI of what was verified")->required()->type_name("URI");
  summary->add_option("--policy", options->policy, "The policy it was verified by; its digest is recorded")
      ->required()
      ->type_name("FILE");
  summary->add_option("--time", options->time, "When it was verified")->required()->type_name("TIME");
  summary->add_option("--level", options->levels, "SLSA level that was established. Repeatable")
      ->type_name("LEVEL")
      ->allow_extra_args(false);
  summary->add_option("--input", options->inputs, "Attestation it rests on; all of them, or none. Repeatable")
      ->type_name("FILE")
      ->allow_extra_args(false);
  add_signing_options(*summary, *options);
  summary->callback(action(attest_summary));
}

}  // namespace assay::cli
