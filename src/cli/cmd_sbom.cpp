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
#include "cli/command.hpp"

namespace assay::cli {

namespace {

constexpr std::uint64_t k_max_record = 256U << 20;

struct SbomOptions {
  std::string path, name, version, time, output;
  std::string format = "cyclonedx", diff_format = "text";
  std::string before, after;
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

Result<void> emit(const std::string& text, const std::string& file, std::ostream& out) {
  if (!file.empty()) return write_file_whole(file, text);
  out << text;
  return {};
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

Result<int> run_sbom(const SbomOptions& options, Invocation& invocation) {
  if (options.path.empty()) return Error{ErrorCode::usage, "there is no PATH", {}, "see 'assay sbom --help'"};
  Coverage coverage;
  ASSAY_TRY(const bool is_document, holds_json(options.path));
  auto sbom = is_document ? read_document(options.path) : attest::collect_sbom(options.path, {}, coverage);
  if (!sbom) return sbom.error();
  if (!options.name.empty()) sbom->name = options.name;
  if (!options.version.empty()) sbom->version = options.version;
  if (!is_document || !options.time.empty()) {
    ASSAY_TRY(sbom->created, creation_time(options.time));
  }
  attest::normalise(*sbom);
  ASSAY_TRY_VOID(emit(options.format == "spdx" ? attest::write_spdx(*sbom) : attest::write_cyclonedx(*sbom),
                      options.output, invocation.out));
  for (const auto& gap : coverage.gaps)
    invocation.err << fmt::format("assay: not read: {}: {}\n", gap.what, gap.reason);
  return coverage.complete() ? 0 : 3;
}

Result<int> run_diff(const SbomOptions& options, Invocation& invocation) {
  ASSAY_TRY(const auto before, attest::read_sbom_file(options.before));
  ASSAY_TRY(const auto after, attest::read_sbom_file(options.after));
  const auto changes = attest::diff_sboms(before, after);
  std::string text;
  auto list = attest::Json::array();
  for (const auto& change : changes) {
    const auto name = escape_for_display(change.component), old_value = escape_for_display(change.before),
               new_value = escape_for_display(change.after);
    const auto arrow = old_value.empty()   ? new_value
                       : new_value.empty() ? old_value
                                           : fmt::format("{} -> {}", old_value, new_value);
    text += fmt::format("{:<8} {}{}{}\n", to_string(change.kind), name, arrow.empty() ? "" : "  ", arrow);
    auto item = attest::Json::object();
    list.push(item.set("change", to_string(change.kind))
                  .set("component", name)
                  .set("before", old_value)
                  .set("after", new_value));
  }
  auto json = attest::Json::object();
  json.set("schema_version", "1").set("command", "sbom diff").set("changes", std::move(list));
  ASSAY_TRY_VOID(emit(options.diff_format == "json" ? json.dump(2) + "\n" : text, options.output, invocation.out));
  return changes.empty() ? 0 : 1;
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
  command->add_option("-f,--format", options->format, "cyclonedx (1.6, default) or spdx (2.3)")
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
  command->add_option("-o,--output", options->output, "Write to FILE, whole or not at all")->type_name("FILE");
  command->footer(
      "Exit codes: 0 all read, 2 usage or operational error, 3 something could not be read.\nExample: assay sbom "
      "./rootfs --format spdx -o rootfs.spdx.json");
  command->callback([options, command, &invocation] {
    if (command->get_subcommands().empty())
      invocation.action = [options, &invocation] { return run_sbom(*options, invocation); };
  });

  auto* diff = command->add_subcommand("diff", "What differs between two documents, by purl");
  diff->add_option("BEFORE", options->before, "SPDX or CycloneDX JSON")->required();
  diff->add_option("AFTER", options->after, "SPDX or CycloneDX JSON; need not be the same format")->required();
  diff->add_option("-f,--format", options->diff_format, "text (default) or json")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"text", "json"}));
  diff->add_option("-o,--output", options->output, "Write to FILE, whole or not at all")->type_name("FILE");
  diff->footer("Exit codes: 0 no difference, 1 differences, 2 usage or operational error.");
  diff->callback([options, &invocation] {
    invocation.action = [options, &invocation] { return run_diff(*options, invocation); };
  });
}

}  // namespace assay::cli
