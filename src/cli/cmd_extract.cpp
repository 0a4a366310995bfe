// assay extract: one stage of what is inside an artifact, as inert bytes, only when asked for.
#include <fmt/format.h>
#include <unistd.h>
#include <CLI/CLI.hpp>
#include <memory>
#include <ostream>

#include "base/file.hpp"
#include "base/text.hpp"
#include "cli/command.hpp"
#include "cli/common_options.hpp"
#include "cli/named_input.hpp"
#include "cli/settings.hpp"
#include "inspect/scan.hpp"

namespace assay::cli {

namespace {

struct ExtractOptions {
  CommonOptions common;
  std::string subject;
  std::string location;
  std::string output;
};

Result<int> run_extract(const ExtractOptions& options, Invocation& invocation) {
  ASSAY_TRY_VOID(check_subject(options.subject));
  ASSAY_TRY_VOID(keep_inputs({options.output}, {options.subject, options.common.config}));
  if (options.location.empty())
    return Error{ErrorCode::usage,
                 "CONTAINER_PATH is empty: it names no place in the artifact",
                 {},
                 "give it as a report shows it: tests/data.xz!xz"};
  const bool to_standard_output = options.output == "-";
  if (to_standard_output && ::isatty(STDOUT_FILENO) == 1)
    return Error{ErrorCode::usage, "the bytes are not written to a terminal, which they could take over", "-o -",
                 "give a file, or a pipe: | xxd | less"};
  inspect::ScanRequest request;
  request.subject = options.subject;
  ASSAY_TRY(const auto config, load_config(options.common.config));
  request.limits = config.limits;
  ASSAY_TRY_VOID(apply_limits(options.common, request.limits));
  ASSAY_TRY(const auto bytes, inspect::extract(request, ContainerPath::parse(options.location)));
  if (to_standard_output) {
    invocation.out << as_text(bytes);
    return 0;
  }
  ASSAY_TRY_VOID(write_file_whole(options.output, as_text(bytes)));
  std::error_code problem;
  std::filesystem::permissions(options.output, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write,
                               problem);
  if (problem)
    return Error{ErrorCode::io, "cannot take the execute permission away: " + problem.message(), options.output,
                 "remove the file"};
  if (!options.common.quiet)
    invocation.err << fmt::format("{}: {}, sha256 {}\n", escape_for_display(options.output),
                                  count_of(bytes.size(), "byte"), sha256(bytes).hex());
  return 0;
}

}  // namespace

void add_extract_command(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<ExtractOptions>();
  auto* command = app.add_subcommand(
      "extract", "Write one stage of what is inside an artifact to a file, inert and not executable");
  command->add_option("PATH", options->subject, "The artifact, as given to assay scan")->required();
  command->add_option("CONTAINER_PATH", options->location, "The place in it as a report shows it: tests/data.xz!xz")
      ->required();
  command
      ->add_option("-o,--output", options->output,
                   "The file to write; it gets mode 0600. - is standard output, if that is no terminal")
      ->type_name("FILE")
      ->required();
  command->add_option("--config", options->common.config, "Configuration (default: .assay.toml)")->type_name("FILE");
  command->add_option("--memory", options->common.memory, "Memory for buffers and contents")->type_name("SIZE");
  command->add_option("--limit", options->common.limits, "Another limit")->type_name("NAME=VALUE");
  command->add_flag("-q,--quiet", options->common.quiet, "Say nothing");
  command->footer(
      "The bytes are written as they are and may be hostile: read them, do not run them.\nExample: assay extract "
      "foo-1.0.tar.gz 'tests/bad.xz!xz' -o stage1.bin");
  command->callback([options, &invocation] {
    invocation.action = [options, &invocation] { return run_extract(*options, invocation); };
  });
}

}  // namespace assay::cli
