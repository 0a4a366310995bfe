// The checks of blobs over a whole tree: every file and everything in it, once.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "archive/budget.hpp"
#include "base/limits.hpp"
#include "inspect/blob/check.hpp"
#include "inspect/blob/stage.hpp"
#include "inspect/blob/trial.hpp"
#include "inspect/tree_access.hpp"
#include "model/assessment.hpp"

namespace assay::inspect {

struct BlobOptions {
  Effort effort = Effort::normal;
  TreeNature nature = TreeNature::source;
  Limits limits;
  archive::Deadline deadline{Limits{}.time};  ///< what is left then is not looked at
  bool keep_nodes = false;                    ///< fill BlobAnalysis::nodes
  bool whole_tree = true;                     ///< `want` asks for all there is: what no text names is then worth saying
  std::uint64_t stage_kept = k_stage_kept;    ///< bytes kept of one stage
  /// Which files to look at; default: all.
  std::function<bool(const TreeEntry&)> want{};
  /// Shown everything that is inside of files, while it is at hand.
  std::function<void(const Node&)> see_inner{};
  /// Told now and then how many of how many files were looked at.
  std::function<void(std::uint64_t done, std::uint64_t total)> progress{};
};

struct BlobAnalysis {
  std::vector<Finding> findings;
  std::vector<BlobStage> stages;     ///< in the order they were found; at most k_stages_most
  std::vector<ContainerNode> nodes;  ///< files and everything in them, depth first
  std::uint64_t files = 0;
  std::uint64_t inside = 0;      ///< what is in them, at any depth
  std::uint64_t file_bytes = 0;  ///< of the files alone
  std::uint64_t bytes = 0;       ///< of files and of what is in them
  Coverage coverage;
};

inline constexpr std::size_t k_stages_most = 256;

/// Examine the files of `tree`. `facts` may be empty: then nothing is known about any of them. An Error only if the
/// tree cannot be read any more.
Result<BlobAnalysis> inspect_blobs(TreeAccess& tree, const FactsOf& facts, const Harvest& harvest,
                                   const BlobOptions& options);

}  // namespace assay::inspect
