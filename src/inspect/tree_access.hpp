// What the checks of `inspect` may look at: a tree of files, whatever it comes from (an archive, a directory, a revision),
// and what is already known about each file.
#pragma once
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "model/entry.hpp"
#include "model/explanation.hpp"
#include "model/finding.hpp"

namespace assay::inspect {

/// Read-only files by path, relative to the tree's root. Content is read on demand and never all at once.
class TreeAccess {
 public:
  virtual ~TreeAccess() = default;
  /// Regular files and links by path; no directories.
  virtual const std::vector<TreeEntry>& entries() const = 0;
  /// The content of one file; an Error of code `limit` if larger than `max_size`, `not_found` if it is not there.
  virtual Result<Bytes> read(std::string_view path, std::uint64_t max_size) = 0;
  /// Does read() cost no pass over the whole tree? Where it does, visit() is asked for many files at once.
  virtual bool is_at_hand(std::string_view /*path*/) const { return true; }
  /// One pass over the files that `want` asks for, in the tree's own order; larger ones than `max_size` become a gap.
  virtual Result<void> visit(const std::function<bool(const TreeEntry&)>& want, std::uint64_t max_size,
                             const std::function<void(const TreeEntry&, ByteView)>& visitor, Coverage& coverage) = 0;
};

/// What a comparison with version control found out about one file; the defaults are those of a scan without one.
struct FileFacts {
  bool compared = false;             ///< there was a comparison
  Proof proof = Proof::unexplained;  ///< meaningful if compared
  bool in_vcs = false;               ///< stands in VCS with these bytes
  Reach reach = Reach::shipped;
  const std::vector<NovelLine>* novel_lines = nullptr;  ///< of an unexplained text; null if unknown or none
  std::uint64_t novel_line_count = 0;                   ///< all there are; `novel_lines` may hold only the first
  bool changed = false;                                 ///< VCS has other bytes under this path
  bool all_novel = false;  ///< every line is: what is inside of a file that nothing accounts for
  bool is_novel(
      std::uint64_t line) const;  ///< line (1-based) is novel; true for every line of a file that is not compared
};

using FactsOf = std::function<FileFacts(std::string_view path)>;

}  // namespace assay::inspect
