// `--regenerate` and what goes with it.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "cli/config.hpp"
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
};

void add_regenerate_options(CLI::App& command, RegenerateOptions& options);

/// The regenerator that options and configuration ask for; null if they do not. Errors: usage.
Result<std::unique_ptr<provenance::Regenerator>> make_regenerator(const RegenerateOptions& options,
                                                                  const Config& config, const Limits& limits);

}  // namespace assay::cli
