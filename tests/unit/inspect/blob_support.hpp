// Trees in memory and what the blob checks say of them.
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "inspect/blob/analysis.hpp"
#include "inspect/tree_memory.hpp"

namespace assay::inspect::test {

/// A shell script of a few lines that no check can take for anything else.
inline const std::string k_script =
    "here=\"$(pwd)\"\nif test -f \"$here/config.status\"; then\n  echo \"found\" | sed -e 's/a/b/'\n  export "
    "LANG=C\nfi\nexit 0\n";

inline MemoryTree tree_of(std::vector<std::pair<std::string, std::string>> files) {
  MemoryTree tree;
  for (auto& [path, content] : files) tree.add(path, Bytes{content.begin(), content.end()});
  return tree;
}

inline BlobAnalysis analyse(MemoryTree tree, const Harvest& harvest = {}, const FactsOf& facts = {},
                            Limits limits = {}) {
  BlobOptions options;
  options.limits = limits;
  options.keep_nodes = true;
  auto analysis = inspect_blobs(tree, facts, harvest, options);
  return *std::move(analysis);
}

inline std::vector<Finding> of_rule(const BlobAnalysis& analysis, std::string_view rule) {
  std::vector<Finding> found;
  for (const auto& finding : analysis.findings)
    if (finding.rule == rule) found.push_back(finding);
  return found;
}

inline bool has_node(const BlobAnalysis& analysis, std::string_view path) {
  for (const auto& node : analysis.nodes)
    if (node.path == path) return true;
  return false;
}

}  // namespace assay::inspect::test
