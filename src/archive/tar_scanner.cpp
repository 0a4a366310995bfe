#include "archive/tar_scanner.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <utility>

#include "archive/budget.hpp"
#include "archive/member_path.hpp"
#include "archive/sniff.hpp"
#include "archive/tar_header.hpp"
#include "base/text.hpp"

namespace assay::archive {

namespace {

using namespace std::string_view_literals;

constexpr std::uint64_t k_block = 512;
/// libarchive takes no larger extended header, whatever the limits say.
constexpr std::uint64_t k_libarchive_header = 1U << 20;
/// What eleven octal digits hold.
constexpr std::uint64_t k_largest_octal_size = 077777777777ULL;
/// Names in a message are shortened to this many bytes; the location has them whole.
constexpr std::size_t k_shown_name = 200;

std::uint64_t padded(std::uint64_t size) {
  return (size + k_block - 1) / k_block * k_block;
}

bool is_zero(ByteView block) {
  return std::all_of(block.begin(), block.end(), [](std::uint8_t byte) { return byte == 0; });
}

std::string shown(std::string_view text) {
  return text.size() <= k_shown_name ? fmt::format("'{}'", escape_for_display(text))
                                     : fmt::format("'{}...'", escape_for_display(text.substr(0, k_shown_name)));
}

EntryKind kind_of(char type, std::string_view path) {
  switch (type) {
    case '1':
      return EntryKind::hardlink;
    case '2':
      return EntryKind::symlink;
    case '3':
    case '4':
      return EntryKind::device;
    case '5':
    case 'D':
      return EntryKind::directory;
    case '6':
      return EntryKind::fifo;
    // Before there was a type for directories, a slash at the end made one.
    default:
      return path.ends_with('/') ? EntryKind::directory : EntryKind::regular;
  }
}

bool is_commit_id(std::string_view text) {
  return (text.size() == 40 || text.size() == 64) &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

/// For readers that know no sparse files GNU tar calls DIR/NAME "DIR/GNUSparseFile.PID/NAME".
bool is_stand_in(std::string_view path, std::string_view name) {
  const auto between = path_dirname(path);
  return path_basename(path) == path_basename(name) && path_basename(between).starts_with("GNUSparseFile.") &&
         (path_dirname(between) == path_dirname(name) || (path_dirname(between) == "." && path_dirname(name).empty()));
}

}  // namespace

void TarScanner::feed(ByteView bytes) {
  while (!bytes.empty() && !m_blind) {
    std::size_t taken = 0;
    if (m_skip > 0) {
      taken = static_cast<std::size_t>(std::min<std::uint64_t>(m_skip, bytes.size()));
      look_at_padding(bytes.first(taken));
      m_skip -= taken;
      m_position += taken;
    } else if (m_body_left > 0) {
      taken = take_body(bytes);
    } else {
      taken = take_block(bytes);
    }
    bytes = bytes.subspan(taken);
  }
}

/// The last bytes that are skipped fill up the member's last block.
void TarScanner::look_at_padding(ByteView skipped) {
  const auto left = m_skip - skipped.size();
  if (left >= m_padding) return;
  const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(m_padding - left, skipped.size()));
  if (!is_zero(skipped.last(count))) ++m_padded_with_data;
}

std::size_t TarScanner::take_block(ByteView bytes) {
  if (m_block_filled == 0 && bytes.size() >= k_block) {
    m_position += k_block;
    scan_block(bytes.first(k_block));
    return k_block;
  }
  const auto taken = std::min(bytes.size(), k_block - m_block_filled);
  std::memcpy(m_block.data() + m_block_filled, bytes.data(), taken);
  m_block_filled += taken;
  m_position += taken;
  if (m_block_filled == k_block) {
    m_block_filled = 0;
    scan_block(m_block);
  }
  return taken;
}

std::size_t TarScanner::take_body(ByteView bytes) {
  const auto taken = static_cast<std::size_t>(std::min<std::uint64_t>(m_body_left, bytes.size()));
  m_body += as_text(bytes.first(taken));
  m_body_left -= taken;
  m_position += taken;
  if (m_body_left == 0) finish_body();
  return taken;
}

void TarScanner::scan_block(ByteView block) {
  if (m_ended) return scan_after_end(block);
  if (m_sparse_continues) {
    m_sparse_continues = block[tar::k_sparse_block_more_offset] != 0;
    if (!m_sparse_continues) m_skip = padded(m_sparse_stored);
    return;
  }
  if (is_zero(block)) {
    report_dangling("the end mark");
    m_ended = true;
    m_end_offset = m_position - k_block;
  } else if (is_tar_header(block)) {
    scan_header(block);
  } else {
    m_blind = true;
  }
}

void TarScanner::scan_after_end(ByteView block) {
  if (is_zero(block)) return;
  if (m_after_end_blocks++ == 0) m_after_end_offset = m_position - k_block;
  if (is_tar_header(block)) ++m_after_end_headers;
}

void TarScanner::scan_header(ByteView block) {
  const char type = static_cast<char>(block[tar::k_type_offset]);
  check_type(block, type);
  for (auto& oddity : tar::oddities(block)) conflict(std::move(oddity));
  m_saw_header = true;
  switch (type) {
    case 'x':
    case 'X':
    case 'g':
    case 'L':
    case 'K':
    case 'A':
      return begin_body(block, type, tar::number_field(block, tar::k_size).value_or(0));
    case 'V':  // the name of the volume: neither a member nor followed by content
      if (!m_extensions.offset) m_extensions.offset = m_position - k_block;
      return;
    default:
      return scan_member(block, type);
  }
}

/// Of a type that is not everybody's, libarchive, GNU tar and Python's tarfile think differently: it is swallowed, or unpacked
/// as a file with the name of another one.
void TarScanner::check_type(ByteView block, char type) {
  if ("\0000123456gxXLK"sv.find(type) != std::string_view::npos) return;
  const auto name = tar::text_field(block, tar::k_name);
  const auto key = fmt::format("type {}", type);
  FindingSink::Options options{.key = key};
  // What `tar --label` puts first is a name without content, which at worst becomes an empty file.
  if (type == 'V' && !m_saw_header && tar::number_field(block, tar::k_size) == 0) options.severity = Severity::medium;
  // Contiguous and sparse files: tars of npm, Go and BusyBox leave them out.
  if (type == '7' || type == 'S') options.severity = Severity::medium;
  m_findings.add(Trap::readers_disagree, name,
                 fmt::format("a header of type {}, which some readers unpack as a file and others do not",
                             shown(std::string_view{&type, 1})),
                 std::move(options));
  m_contested = m_contested || (type != '7' && type != 'S');
}

void TarScanner::begin_body(ByteView block, char type, std::uint64_t size) {
  if (!m_extensions.offset) m_extensions.offset = m_position - k_block;
  m_saw_pax = m_saw_pax || type == 'x' || type == 'X' || type == 'g';
  m_saw_gnu = m_saw_gnu || tar::is_gnu(block);
  const auto allowed = std::min(m_limits.max_header_size, k_libarchive_header);
  if (size > allowed) {
    m_outcome = limit_error("header-size", allowed,
                            fmt::format("an extended header of {} bytes at byte {}", size, m_position - k_block));
    if (m_limits.max_header_size >= k_libarchive_header)
      m_outcome.error().remedy = "no packer writes such headers, and none is read; examine the archive by hand";
    m_blind = true;
    return;
  }
  m_body_type = type;
  m_body_left = size;
  m_body.clear();
  if (size == 0) finish_body();
}

void TarScanner::finish_body() {
  m_padding = m_skip = padded(m_body.size()) - m_body.size();
  switch (m_body_type) {
    case 'g':
      return take_pax(m_body, true);
    case 'x':
    case 'X':
      if (m_extensions.has_pax) conflict("two extended headers in a row");
      m_extensions.has_pax = true;
      return take_pax(m_body, false);
    case 'L':
      return take_long_name(m_extensions.gnu_path, "name");
    case 'K':
      return take_long_name(m_extensions.gnu_link, "link target");
    default:
      return;  // Solaris' access control lists say nothing about what is asked here
  }
}

void TarScanner::take_long_name(std::optional<std::string>& slot, std::string_view what) {
  if (slot) conflict(fmt::format("two GNU long {}s in a row", what));
  const std::string_view body = m_body;
  const auto end = std::min(body.find('\0'), body.size());
  if (body.find_first_not_of('\0', end) != std::string_view::npos)
    conflict(fmt::format("a GNU long {} with further bytes behind its end", what));
  slot = std::string{body.substr(0, end)};
}

/// Records "LENGTH SP KEYWORD=VALUE LF", LENGTH being decimal and that of the whole record.
void TarScanner::take_pax(std::string_view body, bool global) {
  while (!body.empty()) {
    std::size_t length = 0;
    const auto [stop, code] = std::from_chars(body.data(), body.data() + body.size(), length);
    const auto digits = static_cast<std::size_t>(stop - body.data());
    if (code != std::errc{} || length > body.size() || length < digits + 2 || body[digits] != ' ' ||
        body[length - 1] != '\n')
      return conflict("a malformed record in an extended header");
    const auto record = body.substr(digits + 1, length - digits - 2);
    body.remove_prefix(length);
    const auto equals = record.find('=');
    if (equals == std::string_view::npos || equals == 0)
      return conflict("a record without a keyword in an extended header");
    const auto keyword = record.substr(0, equals);
    // GNU tar skips blanks before a keyword that others then do not know.
    if (std::any_of(keyword.begin(), keyword.end(),
                    [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7F; }))
      return conflict("a keyword with blanks or control characters in an extended header");
    const auto value = record.substr(equals + 1);
    check_record(keyword, value);
    global ? take_global_record(keyword, value) : take_pax_record(keyword, value);
  }
}

/// What makes two records of one, or another member, for readers that take records line by line (node-tar, Rust's tar crate) or any
/// keyword for a field of the header (node-tar).
void TarScanner::check_record(std::string_view keyword, std::string_view value) {
  // POSIX keeps the keywords without a vendor's prefix for itself; "dev", "ino" and "nlink" were star's before.
  static constexpr std::string_view k_known[] = {"path",    "linkpath", "size",  "mtime", "atime",       "ctime",
                                                 "uid",     "gid",      "uname", "gname", "charset",     "hdrcharset",
                                                 "comment", "dev",      "ino",   "nlink", "creationtime"};
  const bool has_vendor = keyword.find('.') != std::string_view::npos;
  if (!has_vendor && std::find(std::begin(k_known), std::end(k_known), keyword) == std::end(k_known))
    conflict(fmt::format("an extended header has the keyword {}, which no standard knows", shown(keyword)));
  // Vendors write binary data, and of control characters in names others tell.
  if (has_vendor || keyword == "path" || keyword == "linkpath") {
    const auto line = value.find('\n');
    const auto next = line == std::string_view::npos ? line : value.find_first_not_of("\n\r\t ", line);
    if (next != std::string_view::npos && value[next] >= '0' && value[next] <= '9')
      conflict(fmt::format("the value of {} goes on in a line that looks like another record", shown(keyword)));
  } else if (std::any_of(value.begin(), value.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; })) {
    conflict(fmt::format("control characters in the value of {}", shown(keyword)));
  }
}

/// What a record holds beside what tells of the member: comments, attributes, keywords that no reader knows.
void TarScanner::note_remark(std::string_view keyword, std::string_view value) {
  static constexpr std::string_view k_telling[] = {"path", "linkpath", "size",  "mtime", "atime",   "ctime",
                                                   "uid",  "gid",      "uname", "gname", "charset", "hdrcharset"};
  if (std::find(std::begin(k_telling), std::end(k_telling), keyword) != std::end(k_telling) ||
      keyword.starts_with("GNU.sparse."))
    return;
  if (keyword == "comment" && is_commit_id(value)) return;
  m_remarks += value.size();
  // "SCHILY.xattr.security.capability": rights, as set-user-ID gives them, for whoever unpacks attributes too (bsdtar by root does).
  if (keyword.find("xattr.security.capability") != std::string_view::npos) m_grants_capabilities = true;
}

void TarScanner::take_global_record(std::string_view keyword, std::string_view value) {
  note_remark(keyword, value);
  if (keyword == "comment" && is_commit_id(value)) m_claimed_commit = value;
  // git archive writes a comment, others a time or an owner; nobody gives all members one name or size.
  if (keyword == "path" || keyword == "linkpath" || keyword == "size" || keyword.starts_with("GNU.sparse."))
    conflict(fmt::format("a global header sets '{}' for all members", keyword));
}

void TarScanner::take_pax_record(std::string_view keyword, std::string_view value) {
  note_remark(keyword, value);
  const auto set_text = [&](std::optional<std::string>& slot) {
    if (slot && *slot != value) conflict(fmt::format("an extended header gives '{}' twice", keyword));
    if (value.find('\0') != std::string_view::npos) conflict(fmt::format("a NUL byte in '{}'", keyword));
    slot = std::string{value.substr(0, value.find('\0'))};
  };
  if (keyword == "path") {
    set_text(m_extensions.pax_path);
  } else if (keyword == "linkpath") {
    set_text(m_extensions.pax_link);
  } else if (keyword == "GNU.sparse.name") {
    set_text(m_extensions.sparse_name);
  } else if (keyword == "size") {
    take_number(m_extensions.pax_size, keyword, value);
  } else if (keyword == "GNU.sparse.size" || keyword == "GNU.sparse.realsize" || keyword == "SCHILY.realsize") {
    take_number(m_extensions.real_size, keyword, value);
  }
}

void TarScanner::take_number(std::optional<std::uint64_t>& slot, std::string_view keyword, std::string_view value) {
  std::uint64_t number = 0;
  const auto [stop, code] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (code != std::errc{} || stop != value.data() + value.size() || number >> 63 != 0)
    return conflict(fmt::format("'{}' is not a number in an extended header", keyword));
  if (slot && *slot != number) conflict(fmt::format("an extended header gives '{}' twice", keyword));
  slot = number;
}

void TarScanner::conflict(std::string text) {
  m_extensions.conflicts.push_back(std::move(text));
}

void TarScanner::scan_member(ByteView block, char type) {
  m_saw_gnu = m_saw_gnu || tar::is_gnu(block);
  m_saw_ustar = m_saw_ustar || (tar::is_ustar(block) && !tar::is_gnu(block));
  TarMember member;
  member.offset = m_extensions.offset.value_or(m_position - k_block);
  member.path = member_path(block);
  member.kind = kind_of(type, member.path);
  member.link_target = member_link(block, member.kind);
  const auto stored = stored_size(block);
  if (m_extensions.sparse_name || m_extensions.real_size)
    m_findings.add(Trap::readers_disagree, member.path,
                   "a sparse file, which some readers leave out or unpack as something else",
                   {.severity = Severity::medium, .key = "sparse"});
  if (member.kind == EntryKind::regular) member.size = m_extensions.real_size.value_or(stored);
  if (type == 'S') member.size = tar::number_field(block, tar::k_real_size).value_or(stored);
  report_conflicts(member);
  check_sized_link(member, type, stored);
  // GNU tar takes no content to follow a hard link, and for anything else as much as the header says.
  m_skip = type == '1' ? 0 : padded(stored);
  m_padding = type == '1' ? 0 : padded(stored) - stored;
  if (type == 'S' && block[tar::k_sparse_more_offset] != 0) {
    m_sparse_continues = true;
    m_sparse_stored = stored;
    m_skip = 0;
  }
  m_members.push_back(std::move(member));
  m_extensions = {};
}

std::string TarScanner::member_path(ByteView block) {
  const auto& ext = m_extensions;
  if (ext.pax_path && ext.gnu_path && *ext.pax_path != *ext.gnu_path)
    conflict(
        fmt::format("the extended header says {}, the GNU long name {}", shown(*ext.pax_path), shown(*ext.gnu_path)));
  const auto plain = tar::plain_path(block);
  for (const auto& longer : {ext.pax_path, ext.gnu_path})
    if (longer && !ext.sparse_name && !tar::stands_for(plain, *longer))
      conflict(fmt::format("the plain header says {}, the extended one {}", shown(plain), shown(*longer)));
  if (ext.sparse_name) {
    if (!is_stand_in(ext.pax_path ? *ext.pax_path : ext.gnu_path ? *ext.gnu_path : plain, *ext.sparse_name))
      conflict(fmt::format("the sparse file's name is {}, and the header does not say what GNU tar writes for it",
                           shown(*ext.sparse_name)));
    return *ext.sparse_name;
  }
  if (ext.pax_path) return *ext.pax_path;
  if (ext.gnu_path) return *ext.gnu_path;
  const auto prefix = tar::text_field(block, tar::k_prefix);
  if (tar::is_ustar(block) && !tar::is_gnu(block)) return plain;
  // Elsewhere other things stand there, if any; Python's tarfile takes them for the beginning of the path all the same.
  if (prefix.empty() || block[tar::k_type_offset] == 'S') return plain;
  constexpr std::size_t k_time_size = 12;
  if (tar::is_gnu(block) && prefix.size() <= k_time_size &&
      prefix.find_first_not_of("01234567 ") == std::string_view::npos) {
    ++m_misplaced_by_time;
    return plain;
  }
  conflict(
      fmt::format("in a header of another format {} stands where ustar has the beginning of the path", shown(prefix)));
  return plain;
}

std::string TarScanner::member_link(ByteView block, EntryKind kind) {
  const auto& ext = m_extensions;
  if (kind != EntryKind::hardlink && kind != EntryKind::symlink) {
    if (ext.pax_link || ext.gnu_link) conflict("a link target for a member that is no link");
    return {};
  }
  if (ext.pax_link && ext.gnu_link && *ext.pax_link != *ext.gnu_link)
    conflict(fmt::format("the extended header links to {}, the GNU long link to {}", shown(*ext.pax_link),
                         shown(*ext.gnu_link)));
  const auto plain = tar::text_field(block, tar::k_link_name);
  const auto& longer = ext.pax_link ? ext.pax_link : ext.gnu_link;
  const bool agreed = !ext.pax_link || !ext.gnu_link || *ext.pax_link == *ext.gnu_link;
  if (longer && agreed && !tar::stands_for_target(plain, *longer))
    conflict(fmt::format("the plain header links to {}, the extended one to {}", shown(plain), shown(*longer)));
  if (ext.pax_link) return *ext.pax_link;
  if (ext.gnu_link) return *ext.gnu_link;
  return std::string{tar::text_field(block, tar::k_link_name)};
}

std::uint64_t TarScanner::stored_size(ByteView block) {
  const auto plain = tar::number_field(block, tar::k_size);
  if (!m_extensions.pax_size) return plain.value_or(0);
  // The plain field cannot hold sizes from 8 GiB on; below, every packer writes the same number into both.
  if (plain && *plain != *m_extensions.pax_size && *m_extensions.pax_size <= k_largest_octal_size)
    conflict(fmt::format("the plain header says {} bytes, the extended one {}", *plain, *m_extensions.pax_size));
  return *m_extensions.pax_size;
}

void TarScanner::check_sized_link(TarMember& member, char type, std::uint64_t stored) {
  const bool linklike = member.kind != EntryKind::regular;
  if (!linklike || stored == 0) return;
  // Most readers take hard links to have no content; only in pax archives libarchive takes the size at its word.
  // That a directory of type D brings a list of names, was told with its type.
  const bool harmless = (type == '1' && !m_saw_pax) || type == 'D';
  FindingSink::Options options;
  if (harmless) options.severity = Severity::medium;
  m_findings.add(Trap::sized_link, member.path,
                 fmt::format("a {} announces {} of content", to_string(member.kind), count_of(stored, "byte")),
                 std::move(options));
  member.contested = member.contested || !harmless;
}

void TarScanner::report_conflicts(TarMember& member) {
  for (auto& text : m_extensions.conflicts) {
    m_findings.add(Trap::header_conflict, member.path, text, {.key = text});
    member.contested = true;
  }
}

void TarScanner::report_dangling(std::string_view where) {
  if (m_extensions.offset && (m_extensions.has_pax || m_extensions.gnu_path || m_extensions.gnu_link))
    m_findings.add(
        Trap::header_conflict, {},
        fmt::format("an extended header at byte {} is followed by {}, not by a member", *m_extensions.offset, where));
  for (const auto& text : m_extensions.conflicts) m_findings.add(Trap::header_conflict, {}, text, {.key = text});
  m_extensions = {};
}

void TarScanner::report_remarks() {
  constexpr std::uint64_t k_usual = 1024;
  if (m_remarks > k_usual)
    m_findings.add(Trap::unclaimed_bytes, {},
                   fmt::format("{} in extended headers say nothing of the members' names, sizes or times",
                               count_of(m_remarks, "byte")),
                   {.severity = Severity::low, .key = "extended headers"});
  if (m_padded_with_data > 0)
    m_findings.add(
        Trap::unclaimed_bytes, {},
        fmt::format("the last blocks of {} are not filled up with zeros", count_of(m_padded_with_data, "member")),
        {.severity = Severity::low, .key = "padding"});
  if (m_misplaced_by_time > 0)
    m_findings.add(
        Trap::readers_disagree, {},
        fmt::format("the headers of {} have the time of last access where ustar has the beginning of the path, and "
                    "Python's tarfile takes it for that",
                    count_of(m_misplaced_by_time, "member")),
        {.severity = Severity::medium, .key = "access times"});
  if (m_grants_capabilities)
    m_findings.add(Trap::set_id, {}, "an extended header gives a file capabilities", {.key = "capabilities"});
}

void TarScanner::finish() {
  report_remarks();
  if (m_blind) return;
  if (!m_ended) {
    report_dangling("the end of the archive");
    m_findings.add(Trap::no_end_mark, {}, fmt::format("the archive ends at byte {} without an end mark", m_position));
    return;
  }
  // A rest shorter than a block is data too.
  const ByteView rest{m_block.data(), m_block_filled};
  if (!is_zero(rest) && m_after_end_blocks++ == 0) m_after_end_offset = m_position - m_block_filled;
  if (m_after_end_blocks == 0) return;
  FindingSink::Options options;
  if (m_after_end_headers > 0) options.severity = Severity::high;
  options.evidence = {{"end mark at byte", std::to_string(m_end_offset)},
                      {"first data at byte", std::to_string(m_after_end_offset)},
                      {"tar headers among it", std::to_string(m_after_end_headers)}};
  m_findings.add(Trap::data_after_end, {},
                 fmt::format("{} after the end mark {} not empty{}", count_of(m_after_end_blocks, "block"),
                             m_after_end_blocks == 1 ? "is" : "are",
                             m_after_end_headers > 0 ? ", and there are members among them" : ""),
                 std::move(options));
}

std::string_view TarScanner::dialect() const noexcept {
  return m_saw_pax ? "pax" : m_saw_gnu ? "gnu" : m_saw_ustar ? "ustar" : "v7";
}

void TarScanner::confirm(const Member& member) {
  if (!m_comparing) return;
  if (m_members.empty())
    return report_disagreement(member.path, "libarchive sees a member that GNU tar's rules do not give", {});
  auto own = std::move(m_members.front());
  m_members.pop_front();
  m_contested = m_contested || own.contested;
  const bool same_size = own.kind != EntryKind::regular || !member.size || *member.size == own.size;
  if (own.offset == member.header_offset && own.path == member.path && own.kind == member.kind &&
      own.link_target == member.link_target && same_size)
    return;
  const auto describe = [](std::uint64_t offset, EntryKind kind, std::string_view path, std::string_view target,
                           std::uint64_t size) {
    return fmt::format("{} {}{}{} of {} bytes at byte {}", to_string(kind), shown(path), target.empty() ? "" : " to ",
                       target.empty() ? "" : shown(target), size, offset);
  };
  report_disagreement(member.path, "libarchive and GNU tar's rules give different members",
                      {{"libarchive", describe(member.header_offset, member.kind, member.path, member.link_target,
                                               member.size.value_or(0))},
                       {"GNU tar's rules", describe(own.offset, own.kind, own.path, own.link_target, own.size)}});
}

void TarScanner::confirm_end() {
  if (!m_comparing || m_members.empty()) return;
  report_disagreement(m_members.front().path, "GNU tar's rules give a member that libarchive does not see", {});
}

void TarScanner::report_disagreement(std::string_view path, std::string message, std::vector<Evidence> evidence) {
  m_comparing = false;
  // What was reported as a conflict of headers explains the disagreement; saying it twice helps nobody.
  if (m_contested) return;
  m_findings.add(Trap::readers_disagree, path, std::move(message), {.evidence = std::move(evidence)});
}

}  // namespace assay::archive
