// Streaming, single-pass, hostile-safe reading of archives. Nothing is extracted to disk; no filter or format that
// starts a program is enabled. Decompression runs on its own thread while the caller's thread parses and hashes.
//
// Formats: tar (ustar, pax per POSIX.1-2008, gnu), zip, cpio, ar/deb, 7z, cab, ISO 9660. Filters: gzip (RFC 1952), bzip2,
// xz/lzma, zstd (RFC 8878), lz4 frame.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "archive/source.hpp"
#include "base/error.hpp"
#include "base/limits.hpp"
#include "model/entry.hpp"
#include "model/finding.hpp"

namespace assay::archive {

/// Receives the members of an archive in their order. `entry.path` is normalised: no leading `./`, no doubled or
/// trailing slashes, `.` for the root itself; an absolute path or one with `..` is passed as written (and reported as a
/// finding). Where reading ends early, the last entry begun has no end().
class EntryVisitor {
 public:
  virtual ~EntryVisitor() = default;
  virtual void begin(const TreeEntry& /*entry*/) {}
  /// A piece of the content of the entry begun last; valid during the call only.
  virtual void data(ByteView /*piece*/) {}
  /// The entry is complete and its digests are known.
  virtual void end(const TreeEntry& /*entry*/) {}
};

struct ReadOptions {
  Limits limits;
  GitHash git_hash = GitHash::sha1;
  /// Asked once an entry's digests are known: keep its content in `ArchiveContents::kept`? Default: keep nothing.
  std::function<bool(const TreeEntry&)> keep;
  /// Asked where `keep` said no, with all of the content: keep it all the same? Default: no.
  std::function<bool(const TreeEntry&, ByteView)> keep_content;
  /// Entries that `keep` declines get the git id alone (collision-detecting; `sha256_known` stays false) where they are
  /// not larger than max_kept_entry. For a caller to whom a match with version control is answer enough.
  bool git_id_suffices = false;
  /// With git_id_suffices: does version control have something at the entry's path, and a blob of this id? Where it has neither,
  /// the entry gets SHA-256 and the plain SHA-1 and is spared the collision-detecting one, which is to say that a match with
  /// version control is none. Both or none.
  std::function<bool(const TreeEntry&)> has_path;
  std::function<bool(const GitOid&)> has_blob;
  std::uint64_t max_kept_entry = 16ULL << 20;  ///< larger contents are never kept (see read_members)
  /// Told now and then how many compressed bytes of how many were read.
  std::function<void(std::uint64_t done, std::uint64_t total)> progress;
  EntryVisitor* visitor = nullptr;  ///< sees every entry as well; not owned
  std::uint32_t nesting = 0;        ///< how many containers this archive is in; counts against limits.max_nesting
};

/// Everything learnt in the one pass.
struct ArchiveContents {
  std::string format;              ///< "tar (pax), gzip": format and filters, outermost last
  Sha256 sha256;                   ///< of the file on disk
  std::uint64_t size = 0;          ///< of the file on disk
  std::uint64_t content_size = 0;  ///< decompressed bytes
  std::vector<TreeEntry> entries;  ///< in archive order, duplicates included; hard links resolved to their target's
                                   ///< digests and size, with kind `hardlink` and link_target kept
  std::unordered_map<EntryPath, Bytes> kept;
  std::unordered_set<EntryPath> not_kept;  ///< `keep` said yes, but the entry or the sum was too large
  std::vector<Finding> findings;           ///< the traps, see archive_rules()
  Coverage coverage;                       ///< limits hit, unreadable parts
  std::unordered_set<std::size_t> damage;  ///< which of the gaps stand for damage, not for a limit or what is not read
  std::int64_t newest_member = 0;          ///< the latest time that one of them bears, seconds since 1970. A claim
  std::string claimed_commit;  ///< what git archive wrote into the tar's global header; empty if nothing. A claim
};

/// Read the archive `file` once. Errors: it cannot be opened, is empty, is no archive, or is encrypted. A damaged or
/// truncated archive of which something could be read is no error but a coverage gap.
Result<ArchiveContents> read_archive(const std::filesystem::path& file, const ReadOptions& options);

/// The same for an archive in memory, and for one that is given by a source in order (the content of an entry of
/// another archive). `name` stands for the file in messages. Of a source, zip, 7z and ISO are held in memory, within the
/// limits.
Result<ArchiveContents> read_archive(ByteView bytes, std::string_view name, const ReadOptions& options);
Result<ArchiveContents> read_archive(ByteSource& source, std::string_view name, const ReadOptions& options);

/// Read the content of the named members in a further pass, each at most `max_size` bytes; those that are larger or not
/// there are absent from the result.
Result<std::unordered_map<EntryPath, Bytes>> read_members(const std::filesystem::path& file,
                                                          const std::unordered_set<EntryPath>& paths,
                                                          std::uint64_t max_size, const Limits& limits);

/// Every rule this module can report.
std::span<const Rule> rules() noexcept;

}  // namespace assay::archive
