#include "cli/common_options.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <array>
#include <charconv>
#include <limits>

#include "base/text.hpp"

namespace assay::cli {

namespace {

std::string format_names() {
  std::string names;
  for (const auto& renderer : report::renderers()) {
    if (!names.empty()) names += ", ";
    names += renderer.name;
  }
  return names;
}

struct NamedLimit {
  std::string_view name;
  std::uint64_t Limits::*wide;
  std::uint32_t Limits::*narrow;
};

constexpr NamedLimit k_limits[] = {
    {"entries", &Limits::max_entries, nullptr},         {"entry-size", &Limits::max_entry_size, nullptr},
    {"total-size", &Limits::max_total_size, nullptr},   {"ratio", &Limits::max_ratio, nullptr},
    {"ratio-floor", &Limits::ratio_floor, nullptr},     {"nesting", nullptr, &Limits::max_nesting},
    {"path-length", nullptr, &Limits::max_path_length}, {"path-depth", nullptr, &Limits::max_path_depth},
    {"header-size", &Limits::max_header_size, nullptr}, {"memory", &Limits::memory, nullptr},
};

std::string limit_names() {
  std::string names;
  for (const auto& limit : k_limits) names += std::string{limit.name} + ", ";
  return names + "time";
}

}  // namespace

void add_limit_options(CLI::App& command, CommonOptions& options) {
  command.add_option("--memory", options.memory, "Bytes to hold for buffers and contents (default 160M)")
      ->type_name("SIZE");
  command
      .add_option("--limit", options.limits,
                  fmt::format("Set a limit on what input may cost; names: {} (seconds)", limit_names()))
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
}

void add_output_options(CLI::App& command, CommonOptions& options) {
  command
      .add_option("-f,--format", options.formats,
                  fmt::format("Report format: {}. Repeatable, one -o each", format_names()))
      ->type_name("FORMAT")
      ->allow_extra_args(false);
  command
      .add_option("-o,--output", options.outputs,
                  "Write the report to FILE, whole or not at all; the format follows from its suffix if none is given")
      ->type_name("FILE")
      ->allow_extra_args(false);
  command
      .add_option("--config", options.config,
                  "Project configuration with suppressions (default: .assay.toml here, if there is one)")
      ->type_name("FILE");
  add_limit_options(command, options);
  command.add_option("--color", options.color, "auto (default), always or never")
      ->type_name("WHEN")
      ->check(CLI::IsMember({"auto", "always", "never"}));
  auto* quiet = command.add_flag("-q,--quiet", options.quiet, "The verdict and why, nothing else");
  command.add_flag("-v,--verbose", options.verbose, "Everything, however long")->excludes(quiet);
}

void add_common_options(CLI::App& command, CommonOptions& options) {
  add_output_options(command, options);
  command
      .add_option("--fail-on", options.fail_on,
                  "Exit 1 from this severity on: info, low, medium, high (default), critical")
      ->type_name("LEVEL");
  command
      .add_option("--rules", options.rule_dirs,
                  "Content rules (*.yar) of DIR as well; its known/ and policy/ take the place of the installed ones")
      ->type_name("DIR")
      ->allow_extra_args(false);
}

Result<std::uint64_t> parse_size(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  auto unit = ascii_lower(text.substr(static_cast<std::size_t>(end - text.data())));
  if (unit.ends_with("ib")) unit.resize(unit.size() - 2);
  else if (unit.ends_with("b")) unit.resize(unit.size() - 1);
  static constexpr std::string_view k_units[] = {"", "k", "m", "g", "t"};
  for (unsigned i = 0; i < std::size(k_units); ++i) {
    if (problem != std::errc{} || unit != k_units[i]) continue;
    if (value > std::numeric_limits<std::uint64_t>::max() >> (10 * i)) break;
    return value << (10 * i);
  }
  return Error{ErrorCode::usage,
               fmt::format("'{}' is not a size", escape_for_display(text)),
               {},
               "write a number with an optional K, M, G or T, e.g. 64M"};
}

Result<void> set_limit(Limits& limits, std::string_view name, std::string_view value) {
  std::string wanted{name};
  for (auto& c : wanted)
    if (c == '_') c = '-';
  if (wanted.starts_with("max-")) wanted.erase(0, 4);
  const auto parsed = parse_size(value);
  if (!parsed) {
    auto error = parsed.error();
    error.where = "limit " + escape_for_display(wanted);
    if (wanted == "time")
      error = {ErrorCode::usage, fmt::format("'{}' is no number of seconds", escape_for_display(value)), error.where,
               "write a number: 600"};
    return error;
  }
  const auto number = *parsed;
  if (number == 0)
    return Error{ErrorCode::usage,
                 fmt::format("limit {} cannot be 0", wanted),
                 {},
                 "leave it out for the default, or give a large number"};
  if (wanted == "time") {
    limits.time = std::chrono::seconds{std::min<std::uint64_t>(number, 365ULL * 24 * 3600)};
    return {};
  }
  for (const auto& limit : k_limits) {
    if (wanted != limit.name) continue;
    if (limit.wide != nullptr) limits.*limit.wide = number;
    if (limit.narrow != nullptr)
      limits.*limit.narrow =
          static_cast<std::uint32_t>(std::min<std::uint64_t>(number, std::numeric_limits<std::uint32_t>::max()));
    return {};
  }
  return Error{ErrorCode::usage,
               fmt::format("there is no limit named '{}'", escape_for_display(name)),
               {},
               "the limits are: " + limit_names()};
}

Result<void> apply_limits(const CommonOptions& options, Limits& limits) {
  if (!options.memory.empty()) {
    if (auto set = set_limit(limits, "memory", options.memory); !set) {
      set.error().where = "--memory";
      return set;
    }
  }
  for (const auto& setting : options.limits) {
    const auto equals = setting.find('=');
    if (equals == std::string::npos)
      return Error{ErrorCode::usage,
                   fmt::format("--limit takes NAME=VALUE, not '{}'", escape_for_display(setting)),
                   {},
                   "the limits are: " + limit_names()};
    if (auto set = set_limit(limits, std::string_view{setting}.substr(0, equals),
                             std::string_view{setting}.substr(equals + 1));
        !set) {
      set.error().where = "--limit " + escape_for_display(setting);
      return set;
    }
  }
  return {};
}

}  // namespace assay::cli
