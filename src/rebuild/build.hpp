// One build: a source tree, a recipe and conditions go into the sandbox, under the tracer; artifacts, log and trace come out.
#pragma once
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "rebuild/build_recipe.hpp"
#include "rebuild/build_source.hpp"
#include "rebuild/conditions.hpp"
#include "rebuild/sandbox.hpp"
#include "trace/tracer.hpp"

namespace assay::rebuild {

struct BuildRequest {
  const BuildSource* source = nullptr;
  const BuildRecipe* recipe = nullptr;
  Conditions conditions;
  std::vector<std::string> without;  ///< files of the source, by path in it, that are removed before the build begins
  std::filesystem::path root = "/";  ///< whose /usr the build sees
  std::filesystem::path directory;   ///< where artifacts, log and trace are put; made if it is not there
  bool network = false;
  bool traced = true;     ///< false: no trace, and no time_offset
  bool sandboxed = true;  ///< false: only because the user asked for it by name
  SandboxLimits limits;
  trace::DigestCache* digests = nullptr;  ///< shared by the builds of a run
  std::function<void(std::string_view phase)> progress;
};

/// One file that a build made. A directory that the recipe calls an artifact is one, a tar archive.
struct BuiltArtifact {
  std::string name;            ///< file name, or path below the install root
  std::filesystem::path file;  ///< on this machine, below BuildRequest::directory
  std::string sha256;          ///< hex
  std::uint64_t size = 0;
};

enum class BuildEnd : std::uint8_t {
  built,
  failed,          ///< a command of the recipe ended with another status than 0
  missing_inputs,  ///< what it needs to build is not installed
  stopped,         ///< by a limit
  nothing,         ///< it ended well, and made nothing that the recipe calls an artifact
};

struct BuildOutcome {
  BuildEnd end = BuildEnd::built;
  SandboxEnd sandbox = SandboxEnd::finished;
  std::string failed_phase;  ///< "configure"; of a build that did not end well
  std::string failed_command;
  int exit_code = 0;
  std::string log_excerpt;               ///< around the first real error; raw bytes
  std::vector<std::string> missing;      ///< packages, of missing_inputs
  std::vector<BuiltArtifact> artifacts;  ///< by name
  std::map<std::string, std::string, std::less<>>
      probes;                           ///< what the build saw: "uname" → "3.10.0-…"; see setting.hpp
  std::vector<std::string> provided;    ///< files outside of the tree that the sandbox put there
  std::string source_directory;         ///< where the tree stood
  std::vector<std::string> writable;    ///< where the build could write
  std::shared_ptr<trace::Trace> trace;  ///< none if it was not traced
  std::chrono::milliseconds wall{0};
};

/// Errors: no sandbox or no tracer is to be had, or `directory` cannot be written. What happens to the build itself is its
/// outcome.
Result<BuildOutcome> run_build(const BuildRequest& request);

}  // namespace assay::rebuild
