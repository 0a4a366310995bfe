// Content of a release's entries, as far as judging them needs it.
#pragma once
#include <cstdint>
#include <vector>

#include "archive/reader.hpp"
#include "compare/tree_comparison.hpp"
#include "model/assessment.hpp"
#include "provenance/known_files.hpp"
#include "provenance/release_check.hpp"
#include "vcs/reference.hpp"

namespace assay::provenance {

/// Larger contents are not examined.
inline constexpr std::uint64_t k_largest_examined = 64ULL << 20;

/// What an upstream published needs no content to be told, and gnulib alone brings a release thousands of files.
bool is_explained_by_digest(const TreeEntry& entry, const KnownFiles& known);

/// What was kept in the one pass, and in a second pass what could not be.
class SubjectContents {
 public:
  SubjectContents(const ReleaseCheck& request, archive::ArchiveContents& contents)
      : m_request(request), m_contents(contents) {}

  /// Fetch what `differences` need and the first pass did not keep: from the reference where it has the same content at
  /// another path, else in one further pass.
  void complete(const std::vector<compare::Difference>& differences, const vcs::Reference& reference,
                Coverage& coverage);
  /// Null if it is not at hand.
  const Bytes* find(const TreeEntry& entry) const;
  static bool needs_content(const compare::Difference& difference);

 private:
  /// A hard link's bytes stand under its target's name.
  const EntryPath& source_path(const TreeEntry& entry) const;

  const ReleaseCheck& m_request;
  archive::ArchiveContents& m_contents;
};

}  // namespace assay::provenance
