// What `assay rebuild` found out: values only, no I/O. Reports and attestations are made from it.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/comparison.hpp"

namespace assay {

/// How a rebuild ended. Only `different` hints at tampering.
enum class RebuildStatus : std::uint8_t {
  reproduced,        ///< the same bytes as the published artifact, or the same under every variation
  nondeterministic,  ///< its own builds differ
  different,         ///< its own builds agree, and are not the published artifact
  no_environment,    ///< what it needs is not to be had
  failed,            ///< the build failed
};

std::string_view to_string(RebuildStatus status) noexcept;

/// One build of the run.
struct RebuildRun {
  std::string label;  ///< "base", "all variations", "without time"
  std::vector<std::string> varied;
  bool built = false;
  std::uint64_t milliseconds = 0;
  bool kept = false;  ///< made by an earlier run, and taken over
};

/// One artifact, against the published one or against that of another build.
struct RebuiltArtifact {
  std::string name;
  std::string sha256;
  std::uint64_t size = 0;
  std::optional<Comparison> against;  ///< the published one; none if none was given
  std::string recorded_sha256;        ///< by its publisher's record of the build; empty if there is none
  std::optional<Comparison>
      own;  ///< of two builds under the same conditions; only where they differ, and of the first few
};

/// A cause that an experiment has proven, or could not.
struct ProvenCause {
  std::string variation;  ///< "build_path"
  std::string title;
  bool proven = false;
  std::vector<std::string> artifacts;
  std::optional<Comparison> comparison;  ///< with it and without it
  std::vector<std::string> origin;       ///< process chain and line that produced it, if the trace knows; escaped
  std::string remedy;
};

struct RebuildResult {
  SubjectInfo subject;  ///< the source
  std::string name, version;
  std::string recipe;  ///< one line
  std::string recipe_evidence;
  std::string environment;  ///< "the host's system, read-only", "root DIR", …
  std::int64_t source_date_epoch = 0;
  std::string epoch_from;
  std::vector<std::string> notes;  ///< on the source; escaped
  RebuildStatus status = RebuildStatus::failed;
  bool traced = true, sandboxed = true;
  std::vector<RebuildRun> runs;
  std::vector<RebuiltArtifact> artifacts;
  std::vector<std::string> not_built;  ///< published artifacts that the build did not make; raw
  std::vector<std::string> unstable;   ///< artifacts that differ between builds under the same conditions; raw
  std::vector<ProvenCause> causes;
  std::vector<std::string> innocent;  ///< variations that change nothing
  std::vector<std::string>
      untried;  ///< variations that nothing could be told of, as builds without any differ in everything
  std::vector<std::string> broke_build;     ///< variations under which the build failed
  std::vector<std::string> without_effect;  ///< "locale: …": variations that could not be made to take effect
  std::uint64_t recorded_packages = 0;      ///< in the publisher's record of its build; 0 if there is none
  std::vector<std::string> version_gaps;  ///< "gcc-12 12.2.0-13 recorded, 12.2.0-14 here", most telling first; escaped
  std::vector<std::string> missing;       ///< packages to install
  std::string failed_phase, failed_command, failed_because, log_excerpt;  ///< escaped
  std::uint64_t processes = 0, files_read = 0, files_written = 0;         ///< of the trace
  std::vector<Finding> findings;                                          ///< of the trace
  Coverage coverage;
  std::vector<std::string> next_steps;
};

/// 0 reproduced; 1 different from the published artifact, or a finding at or above `fail_on`; 3 the environment is not to
/// be had, or something was not seen; 4 non-deterministic; 5 the build failed. (2 is an error, as everywhere.)
int exit_code(const RebuildResult& result, Severity fail_on) noexcept;

}  // namespace assay
