// The reference an artifact is compared with: a tree of a git repository, its working tree, or a plain directory.
// No hook, filter or configuration of the examined repository is executed or honoured.
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/limits.hpp"
#include "model/assessment.hpp"
#include "model/entry.hpp"
#include "vcs/attributes.hpp"

namespace assay::vcs {

class Repository;

/// One read-only tree. Implementations never follow symbolic links.
class Reference {
 public:
  virtual ~Reference() = default;
  /// Repository, revision, commit, tree; prefix and fit are for the caller to fill in.
  virtual const SourceRef& source() const = 0;
  /// Every blob, link and submodule of the tree, recursively; no directories. Mode 0755 or 0644. `digests.git_oid` is
  /// set. A git tree records neither sizes nor SHA-256: there `size` is 0 (but for links) and `sha256_known` false; a
  /// working tree or directory has both. Entries of submodules whose objects are at hand stand under the submodule's
  /// path in its place; one whose objects are not stays as an entry of kind submodule, with a coverage gap.
  virtual const TreeManifest& manifest() const = 0;
  /// The content of a regular file of the manifest; an Error of code `limit` if larger than `max_size`.
  virtual Result<Bytes> read(const TreeEntry& entry, std::uint64_t max_size) const = 0;
  /// gitattributes(5) as they stand in the tree.
  virtual const Attributes& attributes() const = 0;
  /// What of the reference could not be read: absent objects, submodules not at hand, a shallow boundary.
  virtual const Coverage& coverage() const = 0;
  /// Hash used by the repository for object ids; sha1 for a directory.
  virtual GitHash git_hash() const = 0;
  /// Tag that names the commit and its date, where there is one; "" if none. For version stamps.
  virtual std::string_view tag() const = 0;
  /// Abbreviated and full ids, committer, dates… as `$Format:…$` needs them: expand one git-log(1) "pretty format"
  /// placeholder text; nothing if it holds a placeholder that is unstable or not supported.
  virtual std::optional<std::string> expand_format(std::string_view format) const = 0;
  /// True if `expanded` is what git-archive(1) could have made of `$Format:<format>$`: as expand_format(), but any
  /// unambiguous abbreviation is taken for %h, %t and %p, a list of refs that names a tag of the commit for %d and %D,
  /// and a name that leads to this commit for %(describe).
  virtual bool format_matches(std::string_view format, std::string_view expanded) const {
    return expand_format(format) == expanded;
  }
  /// True if `abbreviation` is a prefix of the commit id of at least 4 digits that is unambiguous in the repository, or
  /// at least 7 digits long.
  virtual bool names_commit(std::string_view abbreviation) const = 0;
  /// What a reader should know that leaves nothing unread: "3 untracked files are not part of the reference".
  virtual std::vector<std::string> notes() const { return {}; }
};

/// `REPO[@REV]` as the user writes it, taken apart. A path that exists as a whole is a path, `@` or not.
struct ReferenceSpec {
  std::filesystem::path path;
  std::string revision;                             ///< tag, branch, commit or `WORKTREE`; empty if not given
  std::vector<std::filesystem::path> submodules{};  ///< further repositories, where commits of submodules may stand
};
ReferenceSpec parse_reference_spec(std::string_view text);

/// What is known of the subject when the revision has to be inferred.
struct SubjectHint {
  std::string file_name;  ///< "curl_7.88.1.orig.tar.gz"
};

/// Opens repositories and directories, and infers revisions.
class ReferenceSource {
 public:
  virtual ~ReferenceSource() = default;
  /// Open the tree of `revision`. Errors: unknown revision (the remedy names the nearest tags), objects lacking.
  virtual Result<std::unique_ptr<Reference>> open(std::string_view revision) const = 0;
  /// Tags whose name fits the version in the subject's file name, best first; before them the commit whose id stands
  /// in it, if a branch or tag leads to it. Empty for a directory.
  virtual std::vector<std::string> revisions_for(std::string_view file_name) const = 0;
  /// The commit whose tree has the most of the subject's files: over all tags first; unless one has all that the
  /// repository has, over the history of all branches and tags (not of pull requests and other refs: what stands only
  /// there was never accepted). `subject` needs git ids. An Error if there is nothing to choose from.
  struct BestMatch {
    std::string revision;    ///< a tag name if a tag matched best, else a commit id
    std::uint64_t matched;   ///< blobs of the subject found in that tree
    std::uint64_t examined;  ///< trees compared
    bool is_tag;
    std::uint64_t possible = 0;  ///< blobs of the subject that the repository has at all: the most `matched` can be
    bool bounded = false;        ///< the search ended at a limit or a shallow boundary: a better match may exist
  };
  virtual Result<BestMatch> best_match(const std::vector<TreeEntry>& subject) const = 0;
  virtual GitHash git_hash() const = 0;
  /// False for a plain directory: there is one tree, and open("") opens it.
  virtual bool has_revisions() const noexcept { return true; }
  /// The repository itself, open, for its history; null for a plain directory.
  virtual std::shared_ptr<const Repository> repository() const { return nullptr; }
};

/// The hash of the object ids of the repository at `path`, before it is opened; sha1 for a directory, and where there is none that
/// can be opened.
GitHash git_hash_of(const std::filesystem::path& path);

/// Open a repository (bare, normal, worktree, shallow) or a plain directory. Errors: not there, neither of the two,
/// an object format or repository extension that cannot be read; the same for each of `submodules`, which plain directories
/// cannot have.
Result<std::unique_ptr<ReferenceSource>> open_source(const std::filesystem::path& path, const Limits& limits,
                                                     std::span<const std::filesystem::path> submodules = {});

}  // namespace assay::vcs
