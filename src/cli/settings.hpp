// From options and configuration to what a command works with, and from an Assessment to reports and an exit code: the
// beginning and the end that every examining sub-command shares.
#pragma once
#include <future>
#include <iosfwd>
#include <vector>

#include "cli/command.hpp"
#include "cli/common_options.hpp"
#include "cli/config.hpp"
#include "cli/output.hpp"
#include "inspect/content/content_rules.hpp"
#include "provenance/known_files.hpp"

namespace assay::cli {

/// Options and configuration, checked before any work is done.
struct Settings {
  std::vector<Destination> destinations;
  Config config;
  Limits limits;
  Severity fail_on = Severity::high;
  provenance::KnownFiles known;
  /// Compiled on another thread while the work begins. Awaited in settle() already if other rules than the installed ones
  /// were asked for; in conclude() at the latest.
  std::shared_future<Result<inspect::ContentRules>> content;
};

/// The command line wins over the configuration, the configuration over the defaults.
Result<Settings> settle(const CommonOptions& options);

/// The directories of rule data that were asked for, on the command line or in the configuration; empty: the default.
const std::vector<std::string>& rule_directories(const CommonOptions& options, const Config& config);

/// Every file that the options name as output, and those they name as input: for keep_inputs().
std::vector<std::string> outputs_of(const CommonOptions& options);
std::vector<std::string> inputs_of(const CommonOptions& options);

/// Apply the suppressions, decide the verdict anew, write the reports, and if all of them go to files (and not --quiet) say
/// the verdict and why on standard error; the exit code.
Result<int> conclude(Assessment& assessment, const Settings& settings, const CommonOptions& options,
                     Invocation& invocation);

}  // namespace assay::cli
