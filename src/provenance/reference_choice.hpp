// Which tree of the reference a release is compared with: the one the user named, the one its file name means, or the one that
// fits best; and how well it fits.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "archive/reader.hpp"
#include "base/error.hpp"
#include "compare/path_mapping.hpp"
#include "compare/tree_comparison.hpp"
#include "model/assessment.hpp"
#include "provenance/release_check.hpp"
#include "vcs/reference.hpp"

namespace assay::provenance {

/// The reference as it is being chosen: opened early from the user's word or a tag name, and perhaps replaced once the
/// subject's content is known.
struct Chosen {
  std::unique_ptr<vcs::Reference> reference;
  bool inferred = false;
  std::string inference;
};

struct Opened {
  std::unique_ptr<vcs::ReferenceSource> source;
  Chosen chosen;
};

/// Open the reference and, as far as the user's word or a tag name tells, the tree in it. `hash` is what the release is hashed with
/// meanwhile (vcs::git_hash_of()). Errors: as those of open_source() and ReferenceSource::open(); the repository names its
/// objects by another hash by now.
Result<Opened> open_reference(const ReleaseCheck& request, GitHash hash);

struct Compared {
  compare::PathMapping mapping;
  compare::TreeComparison comparison;
};

Compared compare_with(const std::vector<TreeEntry>& entries, const TreeManifest& subject,
                      const vcs::Reference& reference);
/// Share of the files that stand in both trees whose content is the same.
double agreement(const compare::TreeComparison& comparison);

/// Another revision than the one compared with, that has more of the release.
struct BetterRevision {
  std::string revision;
  std::uint64_t identical = 0;
  std::string why;  ///< what speaks for it
};

/// If no tag fits the file name, the tree that fits best is the reference. If one does, it stays the reference however little it
/// fits: whoever made the release chooses what it has in common with a branch. The better tree is only named.
Result<std::optional<BetterRevision>> reconsider(const vcs::ReferenceSource& source,
                                                 const std::vector<TreeEntry>& entries, const TreeManifest& subject,
                                                 const ReleaseCheck& request, Chosen& chosen, Compared& compared);
/// What is not covered where the reference is not this release's source.
inline constexpr std::string_view k_whole_comparison = "the comparison with the reference";

/// Files of the release that stand in the reference as they are and tell that it is its source: no licence, which many projects
/// share, and nothing that an upstream of many published.
std::uint64_t telling_files(const std::vector<TreeEntry>& entries, const Compared& compared,
                            const ReleaseCheck& request);

/// A reference that holds nothing, or nothing of the release, was named by mistake: a comparison would accuse every file.
/// Not said where the archive itself, as read into `contents`, is alarming. An archive without a file is an Error too.
Result<void> expect_common_ground(const vcs::Reference& reference, const Compared& compared,
                                  const ReleaseCheck& request, std::uint64_t telling,
                                  const archive::ArchiveContents& contents);
/// A revision that the file name means and that has more of the release than the one that was given. It decides nothing: the
/// user's word holds, and is doubted.
std::optional<BetterRevision> better_revision(const vcs::ReferenceSource& source, const std::vector<TreeEntry>& entries,
                                              const TreeManifest& subject, const ReleaseCheck& request,
                                              const Chosen& chosen, const Compared& compared);
void add_better_revision(const BetterRevision& better, const ReleaseCheck& request, Assessment& assessment);

/// What the report says of the reference.
SourceRef describe_reference(const Chosen& chosen, const ReleaseCheck& request, const Compared& compared);
/// Findings where the reference does not fit, is not the whole of its repository, or not of the version that the file name claims; a
/// gap where it does not fit at all: what is compared with another project's source is not checked. After the entries were assessed.
/// `repository` may be null.
void add_fit_findings(const Compared& compared, const Chosen& chosen, const vcs::Repository* repository,
                      std::uint64_t telling, const ReleaseCheck& request, Assessment& assessment);

}  // namespace assay::provenance
