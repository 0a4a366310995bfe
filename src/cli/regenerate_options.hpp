// `--regenerate`, `--rebuild` and what goes with them: the two ways in which `assay check` runs something.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "cli/config.hpp"
#include "provenance/observed_build.hpp"
#include "provenance/regeneration.hpp"

namespace CLI {
class App;
}

namespace assay::cli {

struct RegenerateOptions {
  bool wanted = false;
  std::vector<std::string> recipe;
  std::string toolchain;
  std::string gnulib;
  std::string cache;
  std::string cache_size;
  bool no_cache = false;
  std::string log;
  unsigned time = 0;
  bool rebuild = false;
  std::string rebuild_recipe;
  unsigned rebuild_time = 0;
};

void add_regenerate_options(CLI::App& command, RegenerateOptions& options);

/// The regenerator that options and configuration ask for; null if they do not. Errors: usage.
Result<std::unique_ptr<provenance::Regenerator>> make_regenerator(const RegenerateOptions& options,
                                                                  const Config& config, const Limits& limits);

/// Who builds the release under the tracer, if options ask for it; null if they do not. Errors: usage.
Result<std::unique_ptr<provenance::BuildObserver>> make_observer(const RegenerateOptions& options, const Config& config,
                                                                 const Limits& limits);

}  // namespace assay::cli
