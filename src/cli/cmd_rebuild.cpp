// assay rebuild: build it again, watch it, hold it against what was published, and find out why it differs.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <mutex>
#include <ostream>

#include "base/file.hpp"
#include "base/nearest.hpp"
#include "base/text.hpp"
#include "cli/command.hpp"
#include "cli/common_options.hpp"
#include "cli/progress.hpp"
#include "cli/rebuild_record.hpp"
#include "cli/rule_data.hpp"
#include "cli/settings.hpp"
#include "cli/work_place.hpp"
#include "rebuild/make_root.hpp"
#include "rebuild/rebuild.hpp"
#include "report/rebuild.hpp"

namespace assay::cli {

namespace {

constexpr std::uint64_t k_least_memory = 32ULL << 20;  // bubblewrap, two shells and tar take some 10M

struct RebuildOptions {
  CommonOptions common;
  std::string source;
  std::vector<std::string> against;
  std::string recipe, root, work, buildinfo;
  std::string sbom, record, builder_id = "urn:assay:builder:unnamed";
  std::vector<std::string> vary;
  std::size_t builds = 0;
  unsigned jobs = 1;
  unsigned time = 0;
  std::string disk, build_memory;
  unsigned processes = 0;
  bool network = false, no_trace = false, no_sandbox = false;
  bool make_root = false;
  std::string root_sources, root_cache;
};

Result<std::vector<const rebuild::Variation*>> variations_of(const std::vector<std::string>& lists) {
  std::vector<const rebuild::Variation*> chosen;
  const auto all = rebuild::variations();
  for (const auto& list : lists) {
    std::string_view rest = list;
    while (!rest.empty()) {
      const auto end = std::min(rest.find(','), rest.size());
      const auto id = rest.substr(0, end);
      rest.remove_prefix(std::min(end + 1, rest.size()));
      if (id == "all") {
        for (const auto& one : all) chosen.push_back(&one);
        continue;
      }
      const auto* found = rebuild::find_variation(id);
      if (found == nullptr) {
        std::vector<std::string> ids;
        for (const auto& one : all) ids.emplace_back(one.id);
        const auto near = nearest_word(id, ids);
        return Error{ErrorCode::usage, fmt::format("there is no variation '{}'", escape_for_display(id)), "--vary",
                     near.empty() ? "assay rebuild --help lists them" : fmt::format("did you mean '{}'?", near)};
      }
      chosen.push_back(found);
    }
  }
  std::sort(chosen.begin(), chosen.end());
  chosen.erase(std::unique(chosen.begin(), chosen.end()), chosen.end());
  return chosen;
}

Result<rebuild::SandboxLimits> limits_of(const RebuildOptions& options) {
  rebuild::SandboxLimits limits;
  limits.time = std::chrono::seconds{options.time != 0 ? options.time : 3600};
  if (!options.disk.empty()) {
    ASSAY_TRY(limits.disk, parse_size(options.disk));
  }
  if (!options.build_memory.empty()) {
    ASSAY_TRY(limits.memory, parse_size(options.build_memory));
    if (limits.memory < k_least_memory)
      return Error{ErrorCode::usage,
                   fmt::format("{} is too little for the sandbox itself", escape_for_display(options.build_memory)),
                   "--build-memory", "allow at least 32M"};
  }
  if (options.processes != 0) limits.processes = options.processes;
  limits.output = limits.disk;
  limits.file = std::max(limits.file, limits.disk);
  return limits;
}

/// What --make-root and its options ask for; nothing if they do not.
Result<std::optional<rebuild::RootPlace>> root_place(const RebuildOptions& options) {
  for (const auto& [name, value] :
       {std::pair{"--root-sources", &options.root_sources}, {"--root-cache", &options.root_cache}})
    if (!options.make_root && !value->empty())
      return Error{ErrorCode::usage, "says something about --make-root, which is not given", name, "add --make-root"};
  if (!options.make_root) return std::optional<rebuild::RootPlace>{};
  if (!options.root.empty())
    return Error{ErrorCode::usage, "there is a root already", "--make-root", "leave --root or --make-root away"};
  if (options.no_sandbox) return Error{ErrorCode::usage, "needs the sandbox", "--make-root", "leave --no-sandbox away"};
  auto cache = options.root_cache.empty() ? rebuild::default_root_cache()
                                          : std::filesystem::absolute(options.root_cache).lexically_normal();
  if (cache.empty())
    return Error{ErrorCode::usage, "there is no home directory to keep a root in", "--make-root",
                 "name a directory with --root-cache DIR"};
  return std::optional{rebuild::RootPlace{options.root_sources, std::move(cache)}};
}

Result<rebuild::RebuildRequest> request_of(const RebuildOptions& options, const Limits& limits) {
  rebuild::RebuildRequest request;
  request.source = options.source;
  request.against.assign(options.against.begin(), options.against.end());
  request.recipe = options.recipe;
  request.buildinfo = options.buildinfo;
  request.network = options.network;
  request.traced = !options.no_trace;
  request.sandboxed = !options.no_sandbox;
  request.builds = options.builds;
  request.jobs = options.jobs;
  request.reading = limits;
  ASSAY_TRY(request.vary, variations_of(options.vary));
  ASSAY_TRY(request.limits, limits_of(options));
  ASSAY_TRY(request.make_root, root_place(options));
  request.environment = "this machine's system, read-only";
  if (!options.root.empty()) {
    std::error_code ignored;
    request.root = std::filesystem::absolute(options.root, ignored).lexically_normal();
    if (!std::filesystem::is_directory(request.root / "usr", ignored))
      return Error{ErrorCode::not_found, "there is no root file system", escape_for_display(options.root),
                   "--root takes a directory with a usr in it, such as mmdebstrap makes"};
    request.environment = fmt::format("the root file system {}, read-only", escape_for_display(request.root.string()));
  }
  if (options.no_sandbox) {
    if (!options.root.empty() || !request.vary.empty())
      return Error{ErrorCode::usage, "needs the sandbox", options.root.empty() ? "--vary" : "--root",
                   "leave --no-sandbox away"};
    request.environment = "this machine as it is";
  }
  return request;
}

Result<void> write(const RebuildResult& result, const Settings& settings, const RebuildOptions& options,
                   const std::vector<Rule>& rules, Invocation& invocation) {
  report::RenderOptions render;
  render.color = decide_color(options.common.color);
  render.columns = decide_columns();
  render.fail_on = settings.fail_on;
  render.rules = rules;
  if (options.common.quiet) render.verbosity = report::Verbosity::quiet;
  if (options.common.verbose) render.verbosity = report::Verbosity::verbose;
  for (const auto& destination : settings.destinations) {
    const auto* renderer = report::find_rebuild_renderer(destination.renderer->name);
    auto own = render;
    if (!destination.file.empty()) own.color = report::Color::no;
    const auto text = renderer->render(result, own);
    if (destination.file.empty()) {
      invocation.out << text;
    } else {
      ASSAY_TRY_VOID(write_file_whole(destination.file, text));
    }
  }
  if (only_files(settings.destinations) && !options.common.quiet) {
    render.color = report::Color::no;
    render.verbosity = report::Verbosity::quiet;
    invocation.err << report::find_rebuild_renderer("text")->render(result, render);
  }
  return {};
}

Result<void> keep_inputs(const RebuildOptions& options) {
  auto outputs = outputs_of(options.common);
  outputs.insert(outputs.end(), {options.sbom, options.record});
  auto inputs = inputs_of(options.common);
  inputs.insert(inputs.end(), {options.source, options.buildinfo, options.recipe});
  inputs.insert(inputs.end(), options.against.begin(), options.against.end());
  return cli::keep_inputs(outputs, inputs);
}

Result<int> run_rebuild(const RebuildOptions& options, Invocation& invocation) {
  ASSAY_TRY_VOID(keep_inputs(options));
  WorkPlace place;
  ASSAY_TRY(const auto settings, settle(options.common));
  ASSAY_TRY(auto request, request_of(options, settings.limits));
  ASSAY_TRY(request.work, place.open(options.work));
  request.keep = !options.work.empty();
  Progress progress{invocation.err, options.common.quiet};
  std::mutex drawing;
  request.progress = [&](std::string_view what) {
    const std::lock_guard lock{drawing};
    progress.update(what, 0, 0);
  };
  auto rebuilt = rebuild::rebuild(request);
  progress.clear();
  if (!rebuilt) return rebuilt.error();
  const auto& content = settings.content.get();
  if (!content) return content.error();
  ASSAY_TRY_VOID(write(rebuilt->result, settings, options, all_rules(*content), invocation));
  ASSAY_TRY_VOID(
      write_evidence(*rebuilt, {options.sbom, options.record, options.builder_id, request.against, options.recipe}));
  return exit_code(rebuilt->result, settings.fail_on);
}

std::string variation_names() {
  std::string names;
  for (const auto& one : rebuild::variations()) names += fmt::format("{}{}", names.empty() ? "" : ", ", one.id);
  return names;
}

}  // namespace

void add_rebuild_command(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<RebuildOptions>();
  auto* command =
      app.add_subcommand("rebuild", "Build a source again in a sandbox, observe it, and compare what comes out");
  command
      ->add_option("SOURCE", options->source,
                   "A Debian source package (FILE.dsc), a release tarball, a directory, or REPO@REV")
      ->required();
  command->add_option("--against", options->against, "A published artifact, matched by its file name. Repeatable")
      ->type_name("ARTIFACT")
      ->allow_extra_args(false);
  command
      ->add_option("--buildinfo", options->buildinfo,
                   "The publisher's record of its build, .buildinfo, .BUILDINFO or the package of Arch Linux that "
                   "holds it: digests, "
                   "versions, place, date")
      ->type_name("FILE");
  command
      ->add_option("--vary", options->vary,
                   "Find out which of these change what is built: names with commas between them, or all")
      ->type_name("LIST")
      ->allow_extra_args(false);
  command
      ->add_option("--builds", options->builds, "Builds under the same conditions; with --vary, the most of all (100)")
      ->type_name("N")
      ->check(CLI::Range(1U, 1000U));
  command->add_option("--jobs", options->jobs, "Builds at a time (default 1)")
      ->type_name("N")
      ->check(CLI::Range(1U, 64U));
  command
      ->add_option("--recipe", options->recipe,
                   "How it is built: debian, autotools, meson, cmake, make, python, npm, cargo, or a file of your own")
      ->type_name("NAME|FILE.toml");
  command->add_option("--root", options->root, "Build with the system in this directory instead of this machine's")
      ->type_name("DIR");
  command->add_flag("--make-root", options->make_root,
                    "Build in a minimal Debian system made for it by mmdebstrap, with its build dependencies, in the "
                    "versions of --buildinfo where the archives have them; uses the network");
  command
      ->add_option("--root-sources", options->root_sources,
                   "The archives for that, a sources.list file (default: those of this machine's apt)")
      ->type_name("FILE");
  command
      ->add_option("--root-cache", options->root_cache,
                   "Where such systems are kept (default: assay/roots in the user's cache directory)")
      ->type_name("DIR");
  command
      ->add_option("--work", options->work,
                   "Keep artifacts, logs and outcomes of the builds here; what a run that was interrupted finished is "
                   "not built again")
      ->type_name("DIR");
  command
      ->add_option("--sbom", options->sbom,
                   "Write what the build consisted of: SPDX 2.3 if \"spdx\" is in the name, else CycloneDX 1.6")
      ->type_name("FILE");
  command->add_option("--record", options->record, "Write the build record that assay attest provenance signs")
      ->type_name("FILE");
  command->add_option("--builder-id", options->builder_id, "Who builds, a URI, for the record")->type_name("URI");
  command->add_option("--build-time", options->time, "Seconds after which a build is stopped (default 3600)")
      ->type_name("SECONDS")
      ->check(CLI::Range(1U, 1'000'000U));
  command
      ->add_option("--build-memory", options->build_memory, "Most memory of a build's processes together (default 6G)")
      ->type_name("SIZE");
  command->add_option("--build-disk", options->disk, "Most that a build may write (default 4G); it is held in memory")
      ->type_name("SIZE");
  command->add_option("--build-processes", options->processes, "Most processes of a build at a time (default 1024)")
      ->type_name("N")
      ->check(CLI::Range(16U, 100'000U));
  command->add_flag("--network", options->network, "Let the build use the network");
  command->add_flag("--no-trace", options->no_trace,
                    "Do not observe what the build reads and runs; the report says so, and the exit code is never 0");
  command->add_flag("--no-sandbox", options->no_sandbox,
                    "Build on this machine without protection; the report says so, and the exit code is never 0");
  add_common_options(*command, options->common);
  command->footer(
      "Exit codes: 0 reproduced, 1 different from what was published or a finding, 2 error, 3 no environment or not "
      "everything was seen, 4 not deterministic, 5 the build failed.\nVariations: " +
      variation_names() + "\nExample: assay rebuild hello_2.10-3.dsc --against hello_2.10-3_amd64.deb");
  command->callback([options, &invocation] {
    invocation.action = [options, &invocation] { return run_rebuild(*options, invocation); };
  });
}

}  // namespace assay::cli
