// assay sbom: what is in there, as SPDX or CycloneDX, and what differs between two such documents.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <memory>
#include <ostream>

#include "attest/build_record.hpp"
#include "attest/encoding.hpp"
#include "attest/json.hpp"
#include "attest/sbom.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "base/version.hpp"
#include "cli/command.hpp"
#include "cli/common_options.hpp"
#include "cli/output.hpp"

namespace assay::cli {

namespace {

constexpr std::uint64_t k_max_record = 256U << 20;

struct SbomOptions {
  std::string path, name, version, time, output, format;
  CommonOptions limits;  ///< --memory and --limit of it
};

struct SbomDiffOptions {
  std::string before, after, format, output;
  bool quiet = false;
};

/// When the document says it was made: as asked for, else SOURCE_DATE_EPOCH, else the epoch, so that the same directory
/// gives the same bytes.
Result<std::int64_t> creation_time(const std::string& asked) {
  if (!asked.empty()) {
    if (const auto time = attest::parse_time(asked)) return *time;
    return Error{ErrorCode::usage,
                 fmt::format("'{}' is no time", escape_for_display(asked)),
                 {},
                 "write it as 2024-03-29T16:00:00Z"};
  }
  const char* epoch = std::getenv("SOURCE_DATE_EPOCH");
  if (epoch == nullptr) return std::int64_t{0};
  const auto seconds = attest::parse_unsigned(epoch);
  if (!seconds || *seconds > 253'402'300'799)
    return Error{ErrorCode::usage, "SOURCE_DATE_EPOCH is no number of seconds", {}, {}};
  return static_cast<std::int64_t>(*seconds);
}

/// Documents are JSON objects, and no archive starts like one.
Result<bool> holds_json(const std::string& path) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) return false;
  ASSAY_TRY(const auto mapped, MappedFile::open(path));
  const auto text = as_text(mapped.bytes().first(std::min<std::size_t>(mapped.bytes().size(), 4096)));
  const auto begin = text.find_first_not_of(" \t\r\n");
  return begin != std::string_view::npos && text[begin] == '{';
}

/// What was asked for, else what the suffix of the output means to those who name such files.
bool wants_spdx(const SbomOptions& options) {
  if (!options.format.empty()) return options.format == "spdx";
  return options.output.ends_with(".spdx.json") || options.output.ends_with(".spdx");
}

/// A bill of materials, or the record of a build, which is one in other words.
Result<attest::Sbom> read_document(const std::string& path) {
  auto sbom = attest::read_sbom_file(path);
  if (sbom) return sbom;
  const auto text = read_file(path, k_max_record);
  if (!text || as_text(*text).find("\"external_parameters\"") == std::string_view::npos) return sbom;
  const auto record = attest::read_build_record(as_text(*text));
  if (record) return attest::sbom_of(*record);
  auto error = record.error();
  error.where = escape_for_display(path);
  return error;
}

/// More than the document is likely to have. What is reserved and not written to takes no memory; a text that outgrows what it
/// has is there twice while it moves.
std::size_t most_text_of(const attest::Sbom& sbom) {
  constexpr std::size_t k_component = 1200, k_dependency = 250;
  std::size_t size = k_component + k_dependency * sbom.dependencies.size();
  for (const auto& each : sbom.components)
    size += k_component + 2 * (3 * each.id.size() + each.name.size() + each.purl.size() + each.evidence.size());
  return size;
}

/// To a terminal or pipe as it is made. A file is written whole or not at all: there its text, and nothing beside it, is held.
Result<void> write_document(const attest::Sbom& sbom, const SbomOptions& options, std::ostream& out) {
  const auto write = [&](const attest::TakeText& take) {
    wants_spdx(options) ? attest::write_spdx(sbom, take) : attest::write_cyclonedx(sbom, take);
  };
  if (!is_file(options.output)) {
    write([&out](std::string_view piece) { out << piece; });
    return {};
  }
  std::string text;
  text.reserve(most_text_of(sbom));
  write([&text](std::string_view piece) { text += piece; });
  return write_text(text, options.output, out);
}

Result<int> run_sbom(const SbomOptions& options, Invocation& invocation) {
  if (options.path.empty())
    return Error{
        ErrorCode::usage, "no artifact is named", {}, "assay sbom PATH: a package, a directory or an image layout"};
  if (options.output.ends_with(".xml"))
    return Error{ErrorCode::usage, "documents are written as JSON", escape_for_display(options.output),
                 "name it .json: CycloneDX 1.6, or .spdx.json for SPDX 2.3"};
  ASSAY_TRY_VOID(keep_inputs({options.output}, {options.path}));
  Limits limits;
  ASSAY_TRY_VOID(apply_limits(options.limits, limits));
  Coverage coverage;
  ASSAY_TRY(const bool is_document, holds_json(options.path));
  auto sbom = is_document ? read_document(options.path) : attest::collect_sbom(options.path, limits, coverage);
  if (!sbom) return sbom.error();
  if (!options.name.empty()) sbom->name = options.name;
  if (!options.version.empty()) sbom->version = options.version;
  if (!is_document || !options.time.empty()) {
    ASSAY_TRY(sbom->created, creation_time(options.time));
  }
  attest::normalise(*sbom);
  ASSAY_TRY_VOID(write_document(*sbom, options, invocation.out));
  for (const auto& gap : coverage.gaps)
    invocation.err << fmt::format("assay: not read: {}: {}\n", gap.what, gap.reason);
  return coverage.complete() ? 0 : 3;
}

using Changes = std::vector<attest::SbomChange>;

std::string diff_answer(const SbomDiffOptions& options, const Changes& changes) {
  return fmt::format("{}: {} and {}{}\n", changes.empty() ? "equal" : "different", escape_for_display(options.before),
                     escape_for_display(options.after),
                     changes.empty() ? "" : ": " + count_of(changes.size(), "difference"));
}

std::string diff_as_text(const SbomDiffOptions& options, const Changes& changes) {
  auto text = diff_answer(options, changes);
  if (options.quiet) return text;
  for (const auto& change : changes) {
    const auto before = escape_for_display(change.before), after = escape_for_display(change.after);
    const auto arrow = before.empty() ? after : after.empty() ? before : fmt::format("{} -> {}", before, after);
    text += fmt::format("  {:<8} {}{}{}\n", to_string(change.kind), escape_for_display(change.component),
                        arrow.empty() ? "" : "  ", arrow);
  }
  return text + fmt::format("\nexit {}\n", changes.empty() ? "0: no difference" : "1: differences");
}

std::string diff_as_json(const Changes& changes) {
  auto list = attest::Json::array();
  for (const auto& change : changes) {
    auto item = attest::Json::object();
    list.push(item.set("change", to_string(change.kind))
                  .set("component", escape_for_display(change.component))
                  .set("before", escape_for_display(change.before))
                  .set("after", escape_for_display(change.after)));
  }
  auto tool = attest::Json::object();
  tool.set("name", "assay").set("version", k_version);
  auto json = attest::Json::object();
  json.set("schema_version", "1").set("tool", std::move(tool)).set("command", "sbom diff");
  json.set("equal", changes.empty()).set("exit_code", changes.empty() ? 0 : 1).set("changes", std::move(list));
  return json.dump(2) + "\n";
}

Result<int> run_diff(const SbomDiffOptions& options, Invocation& invocation) {
  ASSAY_TRY_VOID(keep_inputs({options.output}, {options.before, options.after}));
  ASSAY_TRY(const auto format, choose_format(options.format, options.output, {"text", "json"}));
  ASSAY_TRY(const auto changes, attest::diff_sbom_files(options.before, options.after));
  ASSAY_TRY_VOID(write_text(format == "json" ? diff_as_json(changes) : diff_as_text(options, changes), options.output,
                            invocation.out));
  if (is_file(options.output) && !options.quiet) invocation.err << diff_answer(options, changes);
  return changes.empty() ? 0 : 1;
}

void add_diff_command(CLI::App& command, Invocation& invocation) {
  auto options = std::make_shared<SbomDiffOptions>();
  auto* diff = command.add_subcommand("diff", "What differs between two documents, by purl");
  diff->add_option("BEFORE", options->before, "SPDX or CycloneDX JSON")->required();
  diff->add_option("AFTER", options->after, "SPDX or CycloneDX JSON; need not be the same format")->required();
  diff->add_option("-f,--format", options->format, "text (default) or json; with -o it follows from the suffix")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"text", "json"}));
  diff->add_option("-o,--output", options->output, "Write to FILE, whole or not at all; - is standard output")
      ->type_name("FILE");
  diff->add_flag("-q,--quiet", options->quiet, "The answer, not what differs");
  diff->footer("Exit codes: 0 no difference, 1 differences, 2 usage or operational error.");
  diff->callback([options, &invocation] {
    invocation.action = [options, &invocation] { return run_diff(*options, invocation); };
  });
}

}  // namespace

void add_sbom_command(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<SbomOptions>();
  auto* command = app.add_subcommand(
      "sbom", "Write a bill of materials of a package, directory or image, convert one, or compare two");
  command->require_subcommand(0, 1);
  command->add_option("PATH", options->path,
                      "A directory, archive, Debian package or image (OCI layout, docker save); or an SPDX or "
                      "CycloneDX document, or a build record, to convert");
  command
      ->add_option("-f,--format", options->format,
                   "cyclonedx (1.6, default) or spdx (2.3, default where -o ends in .spdx.json)")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"cyclonedx", "spdx"}));
  command->add_option("--name", options->name, "Name of what is described (default: the directory's)")
      ->type_name("NAME");
  command->add_option("--subject-version", options->version, "Version of what is described")->type_name("VERSION");
  command
      ->add_option(
          "--time", options->time,
          "Time of creation (default: SOURCE_DATE_EPOCH, else 1970, so that the same input gives the same bytes)")
      ->type_name("TIME");
  command->add_option("-o,--output", options->output, "Write to FILE, whole or not at all; - is standard output")
      ->type_name("FILE");
  add_limit_options(*command, options->limits);
  command->footer(
      "Exit codes: 0 all read, 2 usage or operational error, 3 something could not be read.\nExample: assay sbom "
      "./rootfs -o rootfs.spdx.json");
  command->callback([options, command, &invocation] {
    if (command->get_subcommands().empty())
      invocation.action = [options, &invocation] { return run_sbom(*options, invocation); };
  });

  add_diff_command(*command, invocation);
}

}  // namespace assay::cli
