// What a build of the release did with its unproven files, and the interface to whoever builds it under a tracer. `rebuild`
// implements it; which files it shows to be inert is decided here (ADR 012).
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "model/assessment.hpp"
#include "model/entry.hpp"

namespace assay::provenance {

struct ObservationRequest {
  std::filesystem::path archive;
  const TreeManifest& subject;  ///< what was read of it: what is built must be the same tree
  std::string prefix;  ///< its leading directory, without a slash at its end; all paths below are relative to it
  std::map<std::string, Sha256, std::less<>> unproven;  ///< regular files without a proof, and their content
  /// Those of them that are texts which are inert if nothing uses them. Empty: it is built once, for its findings.
  std::set<std::string, std::less<>> texts;
  std::function<void(std::string_view phase, std::uint64_t done, std::uint64_t total)> progress;
};

struct ObservedBuild {
  std::string recipe;               ///< one line
  std::vector<std::string> builds;  ///< one sentence each: "as it is", "under other conditions: …", "without the …"
  std::map<std::string, std::string, std::less<>> used;  ///< of the unproven files: by whom, how
  /// Why a file that is not in `used` is not inert for all that: the build failed, ran no tests, was not seen whole. Empty:
  /// none of the builds used it, under any of the circumstances, and without it they made the same bytes.
  std::string doubt;
  std::vector<Finding> findings;  ///< what the trace says against the build
  Coverage coverage;
};

class BuildObserver {
 public:
  virtual ~BuildObserver() = default;
  /// Errors: there is no sandbox or tracer to be had, or nothing tells how it is built. What becomes of the build itself is
  /// told by the outcome.
  virtual Result<ObservedBuild> observe(const ObservationRequest& request) const = 0;
};

/// Have the release built, and call its unproven texts inert that are shown to be read by nothing. Takes back the findings that
/// only said they are unproven. `content` hands out the content of an entry, or null.
void observe_build(const BuildObserver& observer, ObservationRequest request,
                   const std::function<const Bytes*(std::string_view path)>& content, Assessment& assessment);

}  // namespace assay::provenance
