// Turns the members of one archive into entries with digests, within the limits.
#pragma once
#include <cstdint>
#include <functional>
#include <string>

#include "archive/budget.hpp"
#include "archive/entry_index.hpp"
#include "archive/member_reader.hpp"
#include "archive/reader.hpp"
#include "archive/rules.hpp"
#include "archive/traps.hpp"

namespace assay::archive {

class Collector {
 public:
  /// What a format adds to the reading of one member.
  struct Hooks {
    /// Sees a member, and may correct it, before anything is done with it.
    std::function<void(Member&)> confirm;
    /// May refuse to have the present member's content read: an Error of code `unsupported`.
    std::function<Result<void>()> check_content;
    /// Compressed bytes there are, for judging the ratio.
    std::function<std::uint64_t()> compressed_size;
  };

  Collector(const ReadOptions& options, const Deadline& deadline, Hooks hooks);

  /// The format has no checksum behind a member's content: what was given once its size is reached is all there is.
  void trust_sizes() noexcept { m_trust_sizes = true; }

  /// Read all members. An Error says why reading ended before the archive did.
  Result<void> collect(MemberReader& reader);

  ArchiveContents& contents() noexcept { return m_contents; }
  const ArchiveContents& contents() const noexcept { return m_contents; }
  FindingSink& findings() noexcept { return m_findings; }
  Budget& budget() noexcept { return m_budget; }
  /// Every regular member there is is encrypted, and there is one.
  bool all_encrypted() const noexcept { return m_encrypted > 0 && m_readable == 0; }
  /// The path of the entry whose content was being read when reading ended; empty if it ended between two.
  const std::string& interrupted() const noexcept { return m_current; }
  /// Put the findings where they belong. Once, at the end.
  void finish();

 private:
  Result<void> take(MemberReader& reader, Member member);
  Result<void> read_content(MemberReader& reader, const Member& member, TreeEntry& entry);
  Result<void> read_regular(MemberReader& reader, const Member& member, TreeEntry& entry);
  Result<void> read_of_unknown_size(MemberReader& reader, TreeEntry& entry);
  Result<void> read_linked_content(MemberReader& reader, std::uint64_t size, TreeEntry& entry);
  Result<void> read_pieces(MemberReader& reader, TreeEntry& entry, ByteView& whole);
  Result<void> give_piece(const MemberReader::Piece& piece, std::uint64_t& done);
  Result<void> fill_hole(std::uint64_t until, std::uint64_t& done);
  void give(ByteView bytes);
  void digest(TreeEntry& entry, ByteView content);
  void digest_in_steps(TreeEntry& entry, ByteView content);
  bool is_foreign(TreeEntry& entry, ByteView content);
  void forget_large_buffer();
  bool is_wanted(const TreeEntry& entry, ByteView content) const;
  void keep(const TreeEntry& entry, ByteView content);
  void resolve(TreeEntry& entry);
  void resolve_again();
  void skip(const TreeEntry& entry, const Error& why);

  const ReadOptions& m_options;
  const Deadline& m_deadline;
  const Hooks m_hooks;
  Budget m_budget;
  EntryHasher m_hasher;
  Bytes m_buffer;
  bool m_buffering = false;
  bool m_hashing = true;  ///< the pieces of the present entry go into m_hasher as they come
  bool m_trust_sizes = false;
  ArchiveContents m_contents;
  EntryIndex m_index{m_contents.entries};
  FindingSink m_findings;
  TrapDetector m_traps{m_findings, m_contents.entries};
  std::string m_current;
  bool m_relinked = false;
  std::int64_t m_foreign_balance = 0;  ///< of is_foreign(): yes less no
  std::uint64_t m_encrypted = 0;
  std::uint64_t m_readable = 0;
};

}  // namespace assay::archive
