// A second opinion on a tar archive: its headers read as GNU tar's rules have it, beside libarchive, from the same
// stream. What libarchive does not tell (headers that contradict one another, data after the end mark) is reported from
// here, and the two lists of members are held against each other.
//
// Formats: POSIX.1-2017 pax(1) "ustar" and "pax" interchange formats, GNU tar ("Basic Tar Format" and "Extensions" of
// its manual), and the format of Unix version 7.
#pragma once
#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "archive/member_reader.hpp"
#include "archive/rules.hpp"
#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/limits.hpp"

namespace assay::archive {

/// One member as its headers describe it.
struct TarMember {
  std::uint64_t offset = 0;  ///< of its first header, extended ones included
  std::string path;          ///< raw
  std::string link_target;
  EntryKind kind = EntryKind::regular;
  std::uint64_t size = 0;  ///< of the content, holes included
  bool contested = false;  ///< a conflict in its headers was reported: readers are bound to disagree
};

class TarScanner {
 public:
  TarScanner(FindingSink& findings, const Limits& limits) : m_findings(findings), m_limits(limits) {}

  /// The next bytes of the stream, in order.
  void feed(ByteView bytes);
  /// The stream has ended well. Reports what only then is known: a missing end mark, data after it.
  void finish();
  /// Why scanning stopped before the end: a header larger than the limits allow.
  const Result<void>& outcome() const noexcept { return m_outcome; }

  /// Hold the next member libarchive found against the list of this scanner; reports the first disagreement.
  void confirm(const Member& member);
  /// libarchive found no further member.
  void confirm_end();

  /// "pax", "gnu", "ustar" or "v7", from the headers seen so far.
  std::string_view dialect() const noexcept;
  /// The commit id that git archive writes into a global header; empty if there is none. A claim, not a fact.
  const std::string& claimed_commit() const noexcept { return m_claimed_commit; }
  /// True once the end mark was seen.
  bool ended() const noexcept { return m_ended; }

 private:
  /// What extended headers say about the member that follows.
  struct Extensions {
    std::optional<std::uint64_t> offset;  ///< of the first one; nothing: there was none
    std::optional<std::string> pax_path;
    std::optional<std::string> pax_link;
    std::optional<std::uint64_t> pax_size;
    std::optional<std::string> sparse_name;
    std::optional<std::uint64_t> real_size;
    std::optional<std::string> gnu_path;
    std::optional<std::string> gnu_link;
    bool has_pax = false;
    std::vector<std::string> conflicts;
  };

  std::size_t take_block(ByteView bytes);
  void look_at_padding(ByteView skipped);
  std::size_t take_body(ByteView bytes);
  void scan_block(ByteView block);
  void scan_after_end(ByteView block);
  void scan_header(ByteView block);
  void check_type(ByteView block, char type);
  void scan_member(ByteView block, char type);
  void begin_body(ByteView block, char type, std::uint64_t size);
  void finish_body();
  void take_pax(std::string_view body, bool global);
  void take_pax_record(std::string_view keyword, std::string_view value);
  void check_record(std::string_view keyword, std::string_view value);
  void note_remark(std::string_view keyword, std::string_view value);
  void take_global_record(std::string_view keyword, std::string_view value);
  void take_long_name(std::optional<std::string>& slot, std::string_view what);
  void take_number(std::optional<std::uint64_t>& slot, std::string_view keyword, std::string_view value);
  void conflict(std::string text);
  std::string member_path(ByteView block);
  std::string member_link(ByteView block, EntryKind kind);
  std::uint64_t stored_size(ByteView block);
  void check_sized_link(TarMember& member, char type, std::uint64_t stored);
  void report_conflicts(TarMember& member);
  void report_dangling(std::string_view where);
  void report_remarks();
  void report_disagreement(std::string_view path, std::string message, std::vector<Evidence> evidence);

  FindingSink& m_findings;
  const Limits m_limits;
  Result<void> m_outcome;
  std::uint64_t m_position = 0;           ///< of the next byte to come
  std::uint64_t m_skip = 0;               ///< bytes of content and padding before the next header
  std::uint64_t m_padding = 0;            ///< how many of the last of these are padding
  std::uint64_t m_padded_with_data = 0;   ///< members whose padding is not zeros
  std::uint64_t m_remarks = 0;            ///< bytes of extended headers that tell nothing of members
  std::uint64_t m_misplaced_by_time = 0;  ///< members with the time of last access in GNU's headers
  bool m_grants_capabilities = false;
  std::array<std::uint8_t, 512> m_block{};
  std::size_t m_block_filled = 0;
  char m_body_type = 0;
  std::uint64_t m_body_left = 0;
  std::string m_body;
  bool m_sparse_continues = false;  ///< blocks of an old GNU sparse map follow
  std::uint64_t m_sparse_stored = 0;
  Extensions m_extensions;
  bool m_blind = false;  ///< a block that is no header stood where one should be
  bool m_ended = false;
  std::uint64_t m_end_offset = 0;
  std::uint64_t m_after_end_blocks = 0;
  std::uint64_t m_after_end_offset = 0;
  std::uint64_t m_after_end_headers = 0;
  bool m_saw_header = false;
  bool m_saw_pax = false;
  bool m_saw_gnu = false;
  bool m_saw_ustar = false;
  std::string m_claimed_commit;
  std::deque<TarMember> m_members;
  bool m_comparing = true;
  bool m_contested = false;  ///< from here on the readers may be out of step for a reason that was reported
};

}  // namespace assay::archive
