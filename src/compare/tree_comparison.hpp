// Manifest against manifest: what is the same, and what is not and how. Digests and modes only; no content is read.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "compare/path_mapping.hpp"
#include "model/entry.hpp"
#include "model/explanation.hpp"

namespace assay::compare {

/// One path at which the two trees differ. Pointers live as long as the manifests given to compare_trees().
struct Difference {
  EntryStatus status = EntryStatus::added;
  EntryPath path;  ///< subject path, prefix stripped; for a missing one, relative to the sub-directory
  const TreeEntry* subject = nullptr;    ///< null if missing
  const TreeEntry* reference = nullptr;  ///< null if added; for `moved`, the entry at the other path
};

struct TreeComparison {
  std::vector<Difference> differences;  ///< by path
  std::uint64_t subject_entries = 0;    ///< files and links of the subject (directories carry no content)
  std::uint64_t identical = 0;
  std::uint64_t collisions = 0;  ///< subject entries that carry the marks of a SHA-1 collision attack
};

/// By anyone: what its owner may not run, others still may.
bool may_be_run(const TreeEntry& entry) noexcept;

/// Compare `subject` (paths as in the archive; where a path repeats, the last one counts, as it does when unpacked) with
/// `reference` under `mapping`.
///
/// - The same content at the same path is identical; with another executable bit it is `mode_changed`.
/// - Content that stands at other paths of the reference only is `moved`.
/// - An entry whose content carries a SHA-1 collision attack never counts as identical or moved.
/// - Missing are reference entries below the mapped sub-directory that the subject lacks, and submodules below which it has nothing.
TreeComparison compare_trees(const TreeManifest& subject, const TreeManifest& reference, const PathMapping& mapping);

}  // namespace assay::compare
