// Which tools a regeneration has: an identity for the cache, and package names for what is missing.
#pragma once
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "digest/digest.hpp"

namespace assay::rebuild {

/// Changes whenever the tools below `root` may have: covers the package database, and names, sizes and times of programs
/// and of the generators' own data.
Sha256 toolchain_digest(const std::filesystem::path& root);

/// A tool that a log says was missing, and the Debian package that has it.
struct MissingTool {
  std::string tool;
  std::string package;  ///< empty if not known
};

/// What the log of a build says is not installed: programs, and libraries that configure looked for. Each once.
std::vector<MissingTool> missing_tools(std::string_view log);

}  // namespace assay::rebuild
