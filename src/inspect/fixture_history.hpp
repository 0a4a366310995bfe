// What else is to be known of suspicious files: that no text names them, and how they came into version control (by
// commits that touch nothing else, close to the release, of an author who did nothing else). Context for whoever reads
// a chain, never an alarm of its own.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "inspect/blob/analysis.hpp"
#include "inspect/script/analysis.hpp"
#include "inspect/tree_access.hpp"
#include "model/finding.hpp"

namespace assay::inspect {

/// The revision that a tree is, or was compared with.
struct Revision {
  std::filesystem::path repository;
  std::string commit;  ///< hex
  std::string subdir;  ///< of the repository, that the tree corresponds to; mostly empty
};

/// For each file whose bytes travel, or that a finding of severity medium or above is about: a finding of severity info
/// that says which commit gave it its content, where the revision has it, and whether it is a fixture that no text of
/// `tree` names.
std::vector<Finding> fixture_history(TreeAccess& tree, const Revision& revision, const std::vector<Finding>& findings,
                                     const ScriptAnalysis& scripts, const BlobAnalysis& blobs);

/// Every rule fixture_history() can report.
std::span<const Rule> history_rules() noexcept;

}  // namespace assay::inspect
