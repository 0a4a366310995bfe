// The release as the checks of `inspect` see it: its members below the inferred prefix, with what the comparison found
// out about each. What the first pass kept is at hand; the rest is streamed again, when a check asks for it.
#pragma once
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "archive/reader.hpp"
#include "base/limits.hpp"
#include "compare/path_mapping.hpp"
#include "inspect/tree_access.hpp"
#include "inspect/tree_archive.hpp"
#include "model/assessment.hpp"

namespace assay::provenance {

class ReleaseTree final : public inspect::TreeAccess {
 public:
  /// `contents` outlives the tree, but for its entries, of which a large release has too many for a copy: the tree takes
  /// them. `archive` is the file that they were read from.
  ReleaseTree(std::filesystem::path archive, archive::ArchiveContents& contents, const compare::PathMapping& mapping,
              const Limits& limits);

  const std::vector<TreeEntry>& entries() const override { return m_archive.entries(); }
  Result<Bytes> read(std::string_view path, std::uint64_t max_size) override;
  bool is_at_hand(std::string_view path) const override { return kept(path) != nullptr; }
  Result<void> visit(const std::function<bool(const TreeEntry&)>& want, std::uint64_t max_size,
                     const std::function<void(const TreeEntry&, ByteView)>& visitor, Coverage& coverage) override;
  /// The content, if the first pass kept it.
  const Bytes* kept(std::string_view path) const;
  /// It was to be kept, whether or not there was room for it.
  bool is_wanted(std::string_view path) const;

 private:
  const archive::ArchiveContents& m_contents;
  inspect::ArchiveTree m_archive;
};

/// What is known about each file of a release; `entries` (those not identical, by path) outlives it.
class ReleaseFacts {
 public:
  explicit ReleaseFacts(std::span<const AssessedEntry> entries);
  inspect::FileFacts operator()(std::string_view path) const;

 private:
  std::unordered_map<std::string_view, const AssessedEntry*> m_entries;
};

/// May the source be shown as other text than a compiler reads (inspect::find_deceits())?
bool may_show_other_text(std::string_view path, ByteView content);

/// Of a file that version control has with these bytes: is it worth holding on to, because it is a build script, binary,
/// a source that may be shown as another, or a pointer in the place of a content? What a comparison is silent about. `content` is all of it; without
/// `scripts_too` no build script is.
bool is_worth_inspecting(const TreeEntry& entry, ByteView content, bool scripts_too);

}  // namespace assay::provenance
