// All checks of a tree, in the order in which one needs the other: the build scripts are read first, then what they know
// is tried on the blobs. What `assay scan` and `assay check` share.
#pragma once
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "inspect/blob/analysis.hpp"
#include "inspect/script/analysis.hpp"
#include "inspect/text/analysis.hpp"
#include "inspect/tree_access.hpp"

namespace assay::inspect {

struct InspectionOptions {
  BlobOptions blobs;
  ScriptOptions scripts;
  TextOptions texts;
  bool read_texts = true;  ///< false: the checks of text are made by the caller, but for texts inside of files
  /// Of which files the texts that are inside of them are examined; default: of all.
  std::function<bool(std::string_view top)> want_inner_texts{};
  bool read_scripts = true;  ///< false: no script can matter, only the blobs are looked at
  /// Told what is being done.
  std::function<void(std::string_view phase)> phase{};
};

struct Inspection {
  ScriptAnalysis scripts;
  BlobAnalysis blobs;
  std::vector<Finding> findings;  ///< of both, taken out of them, and of the checks of text
  Coverage coverage;              ///< the same
};

/// Examine `tree`. `facts` may be empty. An Error only if the tree cannot be read any more.
Result<Inspection> inspect_tree(TreeAccess& tree, const FactsOf& facts, const InspectionOptions& options);

}  // namespace assay::inspect
