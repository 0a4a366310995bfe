// Builds a release under the tracer to see which of its files nothing uses: what `provenance` asks for through its interface
// (ADR 012).
#pragma once
#include <filesystem>
#include <string>

#include "base/limits.hpp"
#include "provenance/observed_build.hpp"
#include "rebuild/sandbox.hpp"

namespace assay::rebuild {

struct BuildObserverOptions {
  std::filesystem::path root = "/";  ///< whose system the build sees
  std::string recipe;                ///< a built-in one or FILE.toml; empty: chosen by what is in the tree
  SandboxLimits limits;              ///< of each build
  Limits reading;
};

class SandboxBuildObserver final : public provenance::BuildObserver {
 public:
  explicit SandboxBuildObserver(BuildObserverOptions options) : m_options(std::move(options)) {}
  Result<provenance::ObservedBuild> observe(const provenance::ObservationRequest& request) const override;

 private:
  BuildObserverOptions m_options;
};

}  // namespace assay::rebuild
