// What a file that version control does not have says about running code: when the package is installed or compiled, and
// under which conditions. One file at a time, only what a comparison left unexplained.
#pragma once
#include <span>
#include <string_view>
#include <vector>

#include "inspect/tree_access.hpp"
#include "model/finding.hpp"

namespace assay::inspect {

struct SourceFile {
  std::string_view path;
  std::string_view text;
  const FileFacts& facts;
};

using SourceCheck = void (*)(const SourceFile&, std::vector<Finding>&);

/// setup.py that replaces commands of the installation; pyproject.toml whose build backend lies in the tree.
void check_python_package(const SourceFile& file, std::vector<Finding>& findings);
/// build.rs, and Cargo.toml that names another one.
void check_cargo_package(const SourceFile& file, std::vector<Finding>& findings);
/// Novel lines of a build script that ask for several marks of where they are run.
void check_environment_gates(const SourceFile& file, std::vector<Finding>& findings);
/// Novel names in C that differ from other names of the file in nothing but underscores.
void check_lookalike_names(const SourceFile& file, std::vector<Finding>& findings);
/// Novel lines of C that have code run when a program is loaded: IFUNC resolvers, constructors, symbol versions.
void check_loader_hooks(const SourceFile& file, std::vector<Finding>& findings);

/// The checks, in the order in which they are made.
std::span<const SourceCheck> source_checks() noexcept;

/// Every rule they can report.
std::span<const Rule> source_rules() noexcept;

}  // namespace assay::inspect
