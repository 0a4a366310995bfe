// Runs a project's generators on its VCS tree in the sandbox: what `provenance` asks for through its interface.
#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "provenance/regeneration.hpp"
#include "rebuild/recipe.hpp"
#include "rebuild/sandbox.hpp"

namespace assay::rebuild {

struct RegeneratorOptions {
  std::filesystem::path toolchain = "/";        ///< root with the tools: a chroot made elsewhere
  std::optional<std::filesystem::path> gnulib;  ///< a repository or checkout of gnulib
  std::string recipe_name;                      ///< a built-in one; empty: chosen by what is in the tree
  std::vector<std::string> commands;            ///< the user's own steps; win over a name
  std::filesystem::path cache;                  ///< empty: nothing is kept
  std::uint64_t cache_size = 2ULL << 30;
  std::filesystem::path log;  ///< where to write what the steps said; empty: nowhere
  SandboxLimits limits;
  Limits reading;  ///< for what comes out of the sandbox
};

class SandboxRegenerator final : public provenance::Regenerator {
 public:
  explicit SandboxRegenerator(RegeneratorOptions options) : m_options(std::move(options)) {}
  Result<provenance::Regeneration> regenerate(const vcs::Reference& reference,
                                              const provenance::RegenerationRequest& request) const override;
  void regenerate_otherwise(const vcs::Reference& reference, const provenance::RegenerationRequest& request,
                            const provenance::OtherGenerators& others,
                            provenance::Regeneration& outcome) const override;

 private:
  RegeneratorOptions m_options;
};

}  // namespace assay::rebuild
