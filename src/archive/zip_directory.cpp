#include "archive/zip_directory.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <utility>

#include "archive/budget.hpp"
#include "archive/member_path.hpp"
#include "base/text.hpp"

namespace assay::archive {

namespace {

constexpr std::uint32_t k_local_signature = 0x04034b50;
constexpr std::uint32_t k_central_signature = 0x02014b50;
constexpr std::uint32_t k_end_signature = 0x06054b50;
constexpr std::uint32_t k_end64_signature = 0x06064b50;
constexpr std::uint32_t k_end64_locator_signature = 0x07064b50;
constexpr std::uint32_t k_descriptor_signature = 0x08074b50;
constexpr std::size_t k_local_size = 30;
constexpr std::size_t k_central_size = 46;
constexpr std::size_t k_end_size = 22;
constexpr std::size_t k_end64_size = 56;
constexpr std::size_t k_end64_locator_size = 20;
constexpr std::size_t k_longest_comment = 65535;
constexpr std::uint16_t k_has_descriptor = 1U << 3;
constexpr std::uint16_t k_masked_header = 1U << 13;
constexpr std::uint16_t k_unicode_path_extra = 0x7075;
constexpr std::uint16_t k_asi_unix_extra = 0x756e;
constexpr std::uint16_t k_zip64_extra = 1;
constexpr std::uint32_t k_in_zip64 = 0xFFFFFFFF;
constexpr std::size_t k_window = 512U << 10;

template <typename T>
T little_endian(ByteView bytes, std::size_t offset) {
  T value = 0;
  for (std::size_t i = sizeof(T); i-- > 0;) value = static_cast<T>(value << 8 | bytes[offset + i]);
  return value;
}
std::uint16_t le16(ByteView bytes, std::size_t offset) {
  return little_endian<std::uint16_t>(bytes, offset);
}
std::uint32_t le32(ByteView bytes, std::size_t offset) {
  return little_endian<std::uint32_t>(bytes, offset);
}
std::uint64_t le64(ByteView bytes, std::size_t offset) {
  return little_endian<std::uint64_t>(bytes, offset);
}

/// The store through a window that moves forward.
class Window {
 public:
  explicit Window(const ByteStore& store) : m_store(store) {}
  /// The `size` bytes at `offset`; nothing if they are not all there.
  Result<std::optional<ByteView>> at(std::uint64_t offset, std::size_t size) {
    if (offset > m_store.size()) return std::optional<ByteView>{};
    if (offset < m_begin || offset + size > m_begin + m_valid) {
      m_bytes.resize(std::max(k_window, size));
      ASSAY_TRY(m_valid, m_store.read_at(offset, m_bytes));
      m_begin = offset;
      if (size > m_valid) return std::optional<ByteView>{};
    }
    return std::optional{ByteView{m_bytes}.subspan(static_cast<std::size_t>(offset - m_begin), size)};
  }

 private:
  const ByteStore& m_store;
  Bytes m_bytes;
  std::uint64_t m_begin = 0;
  std::size_t m_valid = 0;
};

/// Hands each field of an extra area to `take`, with its number; stops at one that is cut off.
template <typename Take>
void for_each_extra(ByteView extra, const Take& take) {
  while (extra.size() >= 4) {
    const std::size_t length = le16(extra, 2);
    if (length > extra.size() - 4) return;
    take(le16(extra, 0), extra.subspan(4, length));
    extra = extra.subspan(4 + length);
  }
}

/// The Zip64 values of an extra field, for those of the 32-bit fields that point to them, in their fixed order.
struct Zip64 {
  std::optional<std::uint64_t> size, compressed_size, header_offset;
};
Zip64 read_zip64(ByteView extra, bool want_size, bool want_compressed, bool want_offset) {
  Zip64 values;
  for_each_extra(extra, [&](std::uint16_t id, ByteView field) {
    if (id != k_zip64_extra) return;
    const auto next = [&](bool wanted, std::optional<std::uint64_t>& slot) {
      if (!wanted || field.size() < 8) return;
      slot = le64(field, 0);
      field = field.subspan(8);
    };
    next(want_size, values.size);
    next(want_compressed, values.compressed_size);
    next(want_offset, values.header_offset);
  });
  return values;
}

/// The name that Info-ZIP's Unicode path field (APPNOTE 4.6.9) gives in the place of the header's.
std::optional<std::string_view> unicode_path(ByteView extra) {
  constexpr std::size_t k_before_name = 5;  // version, checksum of the header's name
  std::optional<std::string_view> path;
  for_each_extra(extra, [&](std::uint16_t id, ByteView field) {
    if (id == k_unicode_path_extra && field.size() >= k_before_name) path = as_text(field.subspan(k_before_name));
  });
  return path;
}

/// Do the attributes make it a directory, by the mode of Unix or by the bit of DOS?
bool is_directory_by_attributes(std::uint16_t made_by, std::uint32_t attributes) noexcept {
  constexpr std::uint16_t k_unix = 3, k_darwin = 19;
  const auto host = made_by >> 8;
  const bool unix = host == k_unix || host == k_darwin;
  return (unix && ((attributes >> 16) & 0170000) == 0040000) || (attributes & 0x10) != 0;
}

/// Bytes of extra fields other than those of times, owners, names and sizes.
std::size_t unknown_extra(ByteView extra) {
  std::size_t unknown = 0;
  while (extra.size() >= 4) {
    const auto id = le16(extra, 0);
    const auto length = std::min<std::size_t>(le16(extra, 2), extra.size() - 4);
    constexpr std::size_t k_longest_of_these = 64;  // the name apart, which is compared elsewhere
    const bool known = id == k_zip64_extra || id == 0x000a || id == 0x000d || id == 0x5455 || id == 0x5855 ||
                       id == 0x7855 || id == 0x7875 || id == k_unicode_path_extra;
    if (!known || (length > k_longest_of_these && id != k_unicode_path_extra)) unknown += length;
    extra = extra.subspan(4 + length);
  }
  return unknown + extra.size();
}

bool is_commit_id(std::string_view text) {
  return (text.size() == 40 || text.size() == 64) &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

Error malformed(std::string_view what) {
  return Error{ErrorCode::format, fmt::format("the zip file {}", what), {}, {}};
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::string shown(std::string_view text) {
  return fmt::format("'{}'", escape_for_display(text));
}

}  // namespace

bool has_zip_directory(const ByteStore& store) {
  const auto size = store.size();
  const auto span = static_cast<std::size_t>(std::min<std::uint64_t>(size, k_end_size + k_longest_comment));
  Bytes tail(span);
  const auto got = store.read_at(size - span, tail);
  if (!got) return false;
  const auto text = as_text(ByteView{tail}.first(*got));
  for (auto at = text.rfind("PK\5\6"); at != std::string_view::npos;
       at = at > 0 ? text.rfind("PK\5\6", at - 1) : std::string_view::npos) {
    if (at + k_end_size > text.size()) continue;
    const auto position = size - span + at;
    const std::uint64_t directory_size = le32(tail, at + 12);
    std::array<std::uint8_t, 4> begin{};
    if (directory_size == 0 || directory_size > position) continue;
    const auto read = store.read_at(position - directory_size, begin);
    if (read && *read == begin.size() && le32(begin, 0) == k_central_signature) return true;
  }
  return false;
}

struct ZipDirectory::End {
  std::uint64_t directory = 0;  ///< where it begins
  std::uint64_t directory_size = 0;
  std::uint64_t directory_end = 0;
  std::uint64_t entries = 0;
  std::uint64_t shift = 0;     ///< what must be added to offsets: bytes put before the whole
  std::uint64_t file_end = 0;  ///< end of the comment
  Bytes comment;
};

Result<ZipDirectory::End> ZipDirectory::find_end() const {
  const auto size = m_store.size();
  const auto span = static_cast<std::size_t>(std::min<std::uint64_t>(size, k_end_size + k_longest_comment));
  Bytes tail(span);
  ASSAY_TRY(const auto got, m_store.read_at(size - span, tail));
  tail.resize(got);
  std::optional<std::size_t> found;
  // The last record counts, unless an earlier one alone accounts for the rest of the file as its comment.
  for (std::size_t at = got < k_end_size ? 0 : got - k_end_size + 1; at-- > 0;) {
    if (le32(tail, at) != k_end_signature) continue;
    if (!found) found = at;
    if (at + k_end_size + le16(tail, at + 20) == got) {
      found = at;
      break;
    }
  }
  if (!found) return malformed("has no directory: it is cut off or damaged");
  const auto position = size - span + *found;
  End end;
  end.entries = le16(tail, *found + 10);
  end.directory_size = le32(tail, *found + 12);
  end.directory = le32(tail, *found + 16);
  end.directory_end = position;
  end.file_end = position + k_end_size + le16(tail, *found + 20);
  const auto comment = ByteView{tail}.subspan(*found + k_end_size);
  const auto comment_end =
      comment.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(comment.size(), le16(tail, *found + 20)));
  end.comment.assign(comment.begin(), comment_end);
  if (position >= k_end64_locator_size) {
    std::array<std::uint8_t, k_end64_locator_size> locator{};
    ASSAY_TRY_VOID(m_store.read_at(position - k_end64_locator_size, locator));
    if (le32(locator, 0) == k_end64_locator_signature) {
      std::array<std::uint8_t, k_end64_size> end64{};
      const auto offset64 = le64(locator, 8);
      ASSAY_TRY(const auto got64, m_store.read_at(offset64, end64));
      if (got64 < k_end64_size || le32(end64, 0) != k_end64_signature)
        return malformed("has a damaged Zip64 directory");
      // Python before 3.13 takes the record that stands right before the locator, wherever that points.
      constexpr std::uint64_t k_before_size = 12;
      if (offset64 + k_end64_size + k_end64_locator_size != position || le64(end64, 4) + k_before_size != k_end64_size)
        m_findings.add(Trap::zip_conflict, {}, "the Zip64 record does not end where its locator begins",
                       {.key = "zip64 place"});
      const auto contradicts = [&](std::uint64_t narrow, std::uint64_t unknown, std::uint64_t wide) {
        return narrow != unknown && narrow != wide;
      };
      if (contradicts(end.entries, 0xFFFF, le64(end64, 32)) ||
          contradicts(end.directory_size, k_in_zip64, le64(end64, 40)) ||
          contradicts(end.directory, k_in_zip64, le64(end64, 48)))
        m_findings.add(Trap::zip_conflict, {}, "the Zip64 record says otherwise than the record behind it",
                       {.key = "zip64 values"});
      end.entries = le64(end64, 32);
      end.directory_size = le64(end64, 40);
      end.directory = le64(end64, 48);
      end.directory_end = offset64;
    }
  }
  if (end.directory_size > end.directory_end || end.directory > end.directory_end - end.directory_size)
    return malformed("has a directory that lies outside of it");
  end.shift = end.directory_end - end.directory_size - end.directory;
  end.directory += end.shift;
  return end;
}

Result<void> ZipDirectory::read() {
  ASSAY_TRY(const auto end, find_end());
  ASSAY_TRY_VOID(read_entries(end));
  std::uint64_t claimed_until = 0;
  for (const auto& entry : m_entries) ASSAY_TRY_VOID(check_member(entry, claimed_until));
  ASSAY_TRY_VOID(look_between(claimed_until, end.directory));
  ASSAY_TRY_VOID(look_between(end.file_end, m_store.size()));
  report_unclaimed();
  // git archive writes the commit's id there.
  if (!end.comment.empty() && !is_commit_id(as_text(end.comment))) m_remarks += end.comment.size();
  constexpr std::uint64_t k_usual = 1024;
  if (m_remarks > k_usual)
    m_findings.add(
        Trap::unclaimed_bytes, {},
        fmt::format("{} are comments and extra fields that tell nothing of the members", count_of(m_remarks, "byte")),
        {.severity = Severity::low, .key = "remarks"});
  return {};
}

void ZipDirectory::report_unclaimed() {
  if (m_unclaimed == 0) return;
  FindingSink::Options options;
  if (m_unclaimed_headers > 0) options.severity = Severity::high;
  options.evidence = {{"headers of members among them", std::to_string(m_unclaimed_headers)}};
  m_findings.add(
      Trap::unclaimed_bytes, {},
      fmt::format("{} belong to no member, the first at byte {}{}", count_of(m_unclaimed, "byte"), m_first_unclaimed,
                  m_unclaimed_headers > 0 ? ", and there are headers of members in them" : ""),
      std::move(options));
}

Result<void> ZipDirectory::read_entries(const End& end) {
  if (end.entries > m_limits.max_entries) return limit_error("entries", m_limits.max_entries, "too many entries");
  Window window{m_store};
  std::uint64_t names = 0;
  auto at = end.directory;
  const auto until = end.directory + end.directory_size;
  while (at < until) {
    ASSAY_TRY(const auto begin, window.at(at, k_central_size));
    if (!begin || le32(*begin, 0) != k_central_signature) break;
    const std::size_t name_size = le16(*begin, 28);
    const std::size_t extra_size = le16(*begin, 30);
    const std::size_t comment_size = le16(*begin, 32);
    const std::size_t length = k_central_size + name_size + extra_size + comment_size;
    // The window may move: what it gave before is gone then.
    ASSAY_TRY(const auto header, window.at(at, length));
    if (!header) break;
    ZipEntry entry;
    entry.flags = le16(*header, 8);
    entry.method = le16(*header, 10);
    entry.crc = le32(*header, 16);
    entry.compressed_size = le32(*header, 20);
    entry.size = le32(*header, 24);
    entry.unix_mode = static_cast<std::uint16_t>(le32(*header, 38) >> 16);
    entry.header_offset = le32(*header, 42);
    entry.name = as_text(header->subspan(k_central_size, name_size));
    const auto extra = header->subspan(k_central_size + name_size, extra_size);
    const auto zip64 = read_zip64(extra, entry.size == k_in_zip64, entry.compressed_size == k_in_zip64,
                                  entry.header_offset == k_in_zip64);
    entry.size = zip64.size.value_or(entry.size);
    entry.compressed_size = zip64.compressed_size.value_or(entry.compressed_size);
    entry.header_offset = zip64.header_offset.value_or(entry.header_offset) + end.shift;
    m_remarks += comment_size + unknown_extra(extra);
    check_name(entry, extra);
    check_mode(entry, extra);
    if (is_directory_by_attributes(le16(*header, 4), le32(*header, 38)) && !entry.name.ends_with('/'))
      conflict(entry, "its attributes make it a directory, its name a file");
    if (entry.name.ends_with('/') && entry.size > 0)
      m_findings.add(Trap::sized_link, normalise_path(entry.name),
                     fmt::format("a directory announces {} of content", count_of(entry.size, "byte")),
                     {.severity = Severity::medium});
    names += name_size;
    if (names > name_memory(m_limits)) return limit_error("memory", m_limits.memory, "the names take too many bytes");
    if (m_entries.size() >= m_limits.max_entries)
      return limit_error("entries", m_limits.max_entries, "too many entries");
    m_entries.push_back(std::move(entry));
    at += length;
  }
  if (at != until || m_entries.size() != end.entries)
    m_findings.add(Trap::zip_conflict, {},
                   fmt::format("the directory announces {}, {} can be read", count_of(end.entries, "entry", "entries"),
                               m_entries.size()));
  std::stable_sort(m_entries.begin(), m_entries.end(),
                   [](const ZipEntry& a, const ZipEntry& b) { return a.header_offset < b.header_offset; });
  return {};
}

Result<void> ZipDirectory::check_member(const ZipEntry& entry, std::uint64_t& claimed_until) {
  if (entry.header_offset < claimed_until) {
    conflict(entry, "its bytes belong to another member as well");
  } else {
    ASSAY_TRY_VOID(look_between(claimed_until, entry.header_offset));
  }
  std::array<std::uint8_t, k_local_size> fixed{};
  ASSAY_TRY(const auto got, m_store.read_at(entry.header_offset, fixed));
  if (got < k_local_size || le32(fixed, 0) != k_local_signature) {
    conflict(entry, "there is no local header where the directory says");
    return {};
  }
  const std::size_t name_size = le16(fixed, 26);
  const std::size_t extra_size = le16(fixed, 28);
  Bytes rest(name_size + extra_size);
  ASSAY_TRY(const auto got_rest, m_store.read_at(entry.header_offset + k_local_size, rest));
  rest.resize(got_rest);
  if (rest.size() == name_size + extra_size) {
    compare(entry, fixed, rest);
    check_name(entry, ByteView{rest}.subspan(name_size));
    check_mode(entry, ByteView{rest}.subspan(name_size));
    m_remarks += unknown_extra(ByteView{rest}.subspan(name_size));
  }
  auto end = entry.header_offset + k_local_size + rest.size() + std::min(entry.compressed_size, m_store.size());
  if ((entry.flags & k_has_descriptor) != 0) {
    ASSAY_TRY(const auto length, descriptor_size(entry, end));
    end += length;
  }
  claimed_until = std::max(claimed_until, end);
  return {};
}

/// Readers that know the Unicode path go by it. In an old encoding the header's name is other bytes for the same characters, but
/// not where either is plain ASCII.
void ZipDirectory::check_name(const ZipEntry& entry, ByteView extra) {
  const auto other = unicode_path(extra);
  if (other && *other != entry.name && (is_ascii(*other) || is_ascii(entry.name)))
    conflict(entry, fmt::format("a Unicode path field says the name is {}", shown(*other)));
}

/// Info-ZIP takes mode and link from the ASi Unix field (its "proginfo/extrafld.txt"); no packer has written one for decades.
void ZipDirectory::check_mode(const ZipEntry& entry, ByteView extra) {
  for_each_extra(extra, [&](std::uint16_t id, ByteView field) {
    constexpr std::size_t k_checksum = 4;
    if (id == k_asi_unix_extra && (field.size() < k_checksum + 2 || le16(field, k_checksum) != entry.unix_mode))
      conflict(entry, "an ASi Unix field gives another mode than the directory");
  });
}

void ZipDirectory::compare(const ZipEntry& entry, ByteView fixed, ByteView rest) {
  const auto flags = le16(fixed, 6);
  // Strong encryption masks the local headers; where nothing is encrypted, that is said to have nothing compared.
  if ((entry.flags & k_masked_header) != 0)
    return conflict(entry, "the directory says that the local header is masked");
  const auto name = as_text(rest.first(le16(fixed, 26)));
  if (name != entry.name) conflict(entry, fmt::format("the local header says the name is {}", shown(name)));
  if (le16(fixed, 8) != entry.method)
    conflict(entry, fmt::format("the local header says method {}, the directory {}", le16(fixed, 8), entry.method));
  if ((flags & k_has_descriptor) != (entry.flags & k_has_descriptor) || (flags & 1) != (entry.flags & 1))
    conflict(entry, "the local header has other flags");
  // Where a data descriptor follows, the header's own fields are zero, or filled in afterwards.
  const bool deferred = (flags & k_has_descriptor) != 0;
  const auto crc = le32(fixed, 14);
  std::uint64_t compressed_size = le32(fixed, 18);
  std::uint64_t size = le32(fixed, 22);
  const auto zip64 =
      read_zip64(rest.subspan(le16(fixed, 26)), size == k_in_zip64, compressed_size == k_in_zip64, false);
  size = zip64.size.value_or(size);
  compressed_size = zip64.compressed_size.value_or(compressed_size);
  const auto differs = [&](std::uint64_t local, std::uint64_t central) {
    return local != central && !(deferred && (local == 0 || local == k_in_zip64));
  };
  if (differs(crc, entry.crc)) conflict(entry, "the local header gives another checksum");
  if (differs(size, entry.size))
    conflict(entry, fmt::format("the local header says {} bytes, the directory {}", size, entry.size));
  if (differs(compressed_size, entry.compressed_size))
    conflict(entry, fmt::format("the local header says {} compressed bytes, the directory {}", compressed_size,
                                entry.compressed_size));
}

/// Length of the data descriptor at `offset`: with or without a signature, with sizes of 32 or 64 bits.
Result<std::uint64_t> ZipDirectory::descriptor_size(const ZipEntry& entry, std::uint64_t offset) {
  std::array<std::uint8_t, 24> bytes{};
  ASSAY_TRY(const auto got, m_store.read_at(offset, bytes));
  for (const std::size_t lead : {std::size_t{4}, std::size_t{0}}) {
    if (lead == 4 && le32(bytes, 0) != k_descriptor_signature) continue;
    if (le32(bytes, lead) != entry.crc) continue;
    const bool wide = le64(bytes, lead + 4) == entry.compressed_size && le64(bytes, lead + 12) == entry.size;
    const bool narrow = le32(bytes, lead + 4) == entry.compressed_size && le32(bytes, lead + 8) == entry.size;
    const auto length = lead + (narrow ? 12U : 20U);
    if ((narrow || wide) && length <= got) return std::uint64_t{length};
  }
  conflict(entry, "the data descriptor contradicts the directory");
  return std::uint64_t{0};
}

/// Count the bytes that no member claims. Zeros are padding. Windows overlap, so that no signature lies across two.
Result<void> ZipDirectory::look_between(std::uint64_t begin, std::uint64_t end) {
  constexpr std::size_t k_overlap = 3;
  std::size_t seen = 0;  // bytes at the front of the window that were counted already
  Bytes block(std::min<std::uint64_t>(k_window, begin < end ? end - begin : 0));
  while (begin < end) {
    const auto wanted = std::span{block}.first(std::min<std::uint64_t>(block.size(), end - begin));
    ASSAY_TRY(const auto got, m_store.read_at(begin, wanted));
    if (got <= seen) break;
    for (std::size_t i = 0; i < got; ++i) {
      if (block[i] == 0) continue;
      if (i >= seen && m_unclaimed++ == 0) m_first_unclaimed = begin + i;
      if (i + 4 <= got && le32(wanted, i) == k_local_signature) ++m_unclaimed_headers;
    }
    seen = std::min(got, k_overlap);
    begin += got - seen;
  }
  return {};
}

void ZipDirectory::conflict(const ZipEntry& entry, std::string text) {
  m_findings.add(Trap::zip_conflict, normalise_path(entry.name), text, {.key = text});
}

void ZipDirectory::confirm(Member& member) {
  // Of entries with one local header libarchive gives but the first.
  while (m_confirmed > 0 && m_confirmed < m_entries.size() &&
         m_entries[m_confirmed].header_offset == m_entries[m_confirmed - 1].header_offset)
    ++m_confirmed;
  if (m_confirmed >= m_entries.size()) return;
  const auto& entry = m_entries[m_confirmed++];
  if (is_ascii(entry.name) && normalise_path(entry.name) != normalise_path(member.path)) {
    conflict(entry, fmt::format("libarchive calls the member {}", shown(member.path)));
    return;
  }
  member.path = entry.name;
}

Result<void> ZipDirectory::check_method() const {
  if (m_confirmed == 0) return {};
  const auto method = m_entries[m_confirmed - 1].method;
  if (method == 0 || method == 8 || method == 12) return {};
  return Error{ErrorCode::unsupported,
               fmt::format("its compression method, {}, is not read", method),
               {},
               "repack the archive with deflate, and compare with that"};
}

}  // namespace assay::archive
