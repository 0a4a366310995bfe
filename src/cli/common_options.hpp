// Options that every examining sub-command has.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/limits.hpp"
#include "model/finding.hpp"
#include "report/renderer.hpp"

namespace CLI {
class App;
}

namespace assay::cli {

struct CommonOptions {
  std::vector<std::string> formats;
  std::vector<std::string> outputs;
  std::string fail_on;
  std::vector<std::string> rule_dirs;
  std::string config;
  std::string memory;
  std::vector<std::string> limits;
  std::string color = "auto";
  bool quiet = false;
  bool verbose = false;
};

/// Formats, files, limits, colour: what a command without findings of its own has as well.
void add_output_options(CLI::App& command, CommonOptions& options);
/// --memory and --limit, for a command that has but these.
void add_limit_options(CLI::App& command, CommonOptions& options);
void add_common_options(CLI::App& command, CommonOptions& options);

/// A size as people write it: "64MiB", "2G", "1048576". Powers of 1024.
Result<std::uint64_t> parse_size(std::string_view text);

/// Apply `--memory` and `--limit NAME=VALUE` to `limits`. Names are the fields of base/limits.hpp, without `max_`, with
/// hyphens or underscores.
Result<void> apply_limits(const CommonOptions& options, Limits& limits);

/// Set one limit by its name; sizes and counts as parse_size() takes them, `time` in seconds.
Result<void> set_limit(Limits& limits, std::string_view name, std::string_view value);

}  // namespace assay::cli
