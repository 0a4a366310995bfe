#include "cli/regenerate_options.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>

#include "base/text.hpp"
#include "cli/common_options.hpp"
#include "rebuild/build_observer.hpp"
#include "rebuild/cache.hpp"
#include "rebuild/regenerator.hpp"

namespace assay::cli {

namespace {

Error needs(std::string_view other, std::string option) {
  return Error{ErrorCode::usage, fmt::format("says something about {}, which is not given", other), std::move(option),
               fmt::format("add {}", other)};
}

Result<void> check_directory(const std::string& directory, std::string_view option) {
  std::error_code ignored;
  if (directory.empty() || std::filesystem::is_directory(directory, ignored)) return {};
  return Error{ErrorCode::not_found, "there is no such directory",
               std::string{option} + " " + escape_for_display(directory), "name one that exists"};
}

/// Said here, because the sandbox would only say that it cannot start a shell, which sounds like the kernel's fault.
Result<void> check_toolchain(const std::string& directory) {
  ASSAY_TRY_VOID(check_directory(directory, "--toolchain"));
  if (directory.empty()) return {};
  const std::filesystem::path root = directory;
  std::error_code ignored;
  // A link in it may lead to a place that is only there inside.
  for (const auto* shell : {"bin/sh", "usr/bin/sh"})
    if (std::filesystem::exists(std::filesystem::symlink_status(root / shell, ignored))) return {};
  return Error{ErrorCode::usage, "it holds no bin/sh: this is not the root of a system",
               "--toolchain " + escape_for_display(directory), "give a chroot, as debootstrap or mmdebstrap makes it"};
}

/// Seconds, as an option takes them.
std::string not_seconds(const std::string& text) {
  constexpr std::uint64_t k_most = 1'000'000;
  const auto seconds = parse_size(text);
  return seconds && *seconds >= 1 && *seconds <= k_most && text.find_first_not_of("0123456789") == std::string::npos
             ? ""
             : fmt::format("'{}' is no number of seconds from 1 to {}", text, k_most);
}

}  // namespace

void add_regenerate_options(CLI::App& command, RegenerateOptions& options) {
  command.add_flag(
      "--regenerate", options.wanted,
      "Run the project's own generators on the VCS tree, in a sandbox, and compare what they make with the release");
  command
      .add_option(
          "--recipe", options.recipe,
          "How to regenerate: autotools, meson, cmake, python, npm, cargo, or a shell command, repeated for each step")
      ->type_name("NAME|COMMAND")
      ->allow_extra_args(false);
  command
      .add_option("--toolchain", options.toolchain,
                  "Take the tools from this root, a chroot made elsewhere, instead of the system's")
      ->type_name("DIR");
  command
      .add_option("--gnulib", options.gnulib, "A gnulib repository or checkout, for projects that take it from there")
      ->type_name("DIR");
  command
      .add_option("--cache", options.cache,
                  "Where outcomes of regeneration are kept (default: assay/regenerated in the user's cache directory)")
      ->type_name("DIR");
  command.add_option("--cache-size", options.cache_size, "Most bytes to keep there (default 2G)")->type_name("SIZE");
  command.add_flag("--no-cache", options.no_cache, "Regenerate anew and keep nothing");
  command.add_option("--regenerate-log", options.log, "Write what the generators said to FILE (and regenerate anew)")
      ->type_name("FILE");
  command.add_option("--regenerate-time", options.time, "Seconds after which regeneration is stopped (default 1800)")
      ->type_name("SECONDS")
      ->check(not_seconds);
  command.add_flag(
      "--rebuild", options.rebuild,
      "Build and test the release in a sandbox, under the tracer: findings about what it does, and the proof "
      "class inert for texts that nothing in it reads");
  command
      .add_option("--rebuild-recipe", options.rebuild_recipe,
                  "How it is built: autotools, meson, cmake, make, python, npm, cargo, or a file as for assay rebuild")
      ->type_name("NAME|FILE.toml");
  command.add_option("--rebuild-time", options.rebuild_time, "Seconds after which a build is stopped (default 3600)")
      ->type_name("SECONDS")
      ->check(not_seconds);
}

Result<std::unique_ptr<provenance::Regenerator>> make_regenerator(const RegenerateOptions& options,
                                                                  const Config& config, const Limits& limits) {
  const std::pair<const char*, bool> dependent[] = {
      {"--recipe", !options.recipe.empty()},         {"--toolchain", !options.toolchain.empty()},
      {"--gnulib", !options.gnulib.empty()},         {"--cache", !options.cache.empty()},
      {"--cache-size", !options.cache_size.empty()}, {"--no-cache", options.no_cache},
      {"--regenerate-time", options.time != 0},      {"--regenerate-log", !options.log.empty()}};
  if (!options.wanted) {
    for (const auto& [name, given] : dependent)
      if (given && !(options.rebuild && name == std::string_view{"--toolchain"})) return needs("--regenerate", name);
    return std::unique_ptr<provenance::Regenerator>{};
  }
  const auto& from_config = config.regenerate;
  rebuild::RegeneratorOptions chosen;
  const auto& recipe = options.recipe.empty() ? from_config.recipe : options.recipe;
  if (recipe.size() == 1 && rebuild::is_recipe_name(recipe[0])) chosen.recipe_name = recipe[0];
  else chosen.commands = recipe;
  const auto& toolchain = options.toolchain.empty() ? from_config.toolchain : options.toolchain;
  const auto& gnulib = options.gnulib.empty() ? from_config.gnulib : options.gnulib;
  ASSAY_TRY_VOID(check_toolchain(toolchain));
  ASSAY_TRY_VOID(check_directory(gnulib, "--gnulib"));
  if (!toolchain.empty()) chosen.toolchain = std::filesystem::absolute(toolchain);
  if (!gnulib.empty()) chosen.gnulib = gnulib;
  if (!options.no_cache)
    chosen.cache =
        options.cache.empty() ? rebuild::default_cache_directory() : std::filesystem::absolute(options.cache);
  if (!options.cache.empty()) {
    ASSAY_TRY_VOID(rebuild::RegenerationCache(chosen.cache, chosen.cache_size).prepare());
  }
  if (!options.cache_size.empty()) {
    auto size = parse_size(options.cache_size);
    if (!size) {
      size.error().where = "--cache-size";
      return size.error();
    }
    chosen.cache_size = *size;
  }
  if (options.time != 0) chosen.limits.time = std::chrono::seconds{options.time};
  chosen.log = options.log;
  chosen.reading = limits;
  return std::unique_ptr<provenance::Regenerator>{std::make_unique<rebuild::SandboxRegenerator>(std::move(chosen))};
}

Result<std::unique_ptr<provenance::BuildObserver>> make_observer(const RegenerateOptions& options, const Config& config,
                                                                 const Limits& limits) {
  if (!options.rebuild) {
    if (!options.rebuild_recipe.empty()) return needs("--rebuild", "--rebuild-recipe");
    if (options.rebuild_time != 0) return needs("--rebuild", "--rebuild-time");
    return std::unique_ptr<provenance::BuildObserver>{};
  }
  rebuild::BuildObserverOptions chosen;
  const auto& toolchain = options.toolchain.empty() ? config.regenerate.toolchain : options.toolchain;
  ASSAY_TRY_VOID(check_toolchain(toolchain));
  if (!toolchain.empty()) chosen.root = std::filesystem::absolute(toolchain);
  chosen.recipe = options.rebuild_recipe;
  chosen.limits.time = std::chrono::seconds{options.rebuild_time != 0 ? options.rebuild_time : 3600};
  chosen.limits.output = chosen.limits.disk;
  chosen.limits.file = chosen.limits.disk;
  chosen.reading = limits;
  return std::unique_ptr<provenance::BuildObserver>{std::make_unique<rebuild::SandboxBuildObserver>(std::move(chosen))};
}

}  // namespace assay::cli
