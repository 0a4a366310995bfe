// Zip and what is built on it (jar, wheel, epub, Android packages): PKWARE APPNOTE.TXT 6.3.10. The central directory, the
// local headers and what lies between them are told apart; members are decoded.
#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>
#include <optional>

#include "artifact/comparator.hpp"
#include "artifact/fields.hpp"
#include "artifact/members.hpp"
#include "artifact/stream_header.hpp"
#include "artifact/tokens.hpp"
#include "base/text.hpp"

namespace assay::artifact {

namespace {

using namespace std::string_view_literals;

constexpr std::int64_t k_most_zone = 26LL * 3600;
constexpr std::uint64_t k_repeated = 0x10001;  ///< beyond what an extra field's id can be

struct ZipMember {
  std::string name;
  std::uint16_t made_by = 0, needed = 0, flags = 0, method = 0;
  std::uint32_t dos_time = 0, crc = 0, attributes = 0;
  std::uint16_t internal = 0;
  std::uint64_t packed = 0, size = 0, local = 0;
  ByteView extra, comment, local_extra, descriptor;
  std::uint64_t data = 0, end = 0;  ///< of the packed bytes, and behind the data descriptor
  std::uint16_t local_flags = 0;
  std::uint32_t local_time = 0;
  Content content;
  std::string problem;
  bool encrypted = false;
  bool plain = true;  ///< its headers agree with each other
};

struct ZipFile {
  std::vector<ZipMember> members;
  std::uint64_t directory = 0, directory_end = 0;
  ByteView comment;
  std::uint64_t end = 0;
  bool plain = true;  ///< the end record says what is so, and nothing stands before it
  std::string problem;
};

class ZipParser {
 public:
  ZipParser(const Content& content, const Limits& limits)
      : m_content(content), m_bytes(content.bytes()), m_limits(limits) {}

  ZipFile parse() {
    if (!find_end()) return fail("has no end record that can be read");
    auto at = m_file.directory;
    while (at < m_file.directory_end) {
      if (m_file.members.size() >= m_limits.max_entries) return fail("has more members than the limit entries allows");
      if (!read_entry(at)) return fail("has a damaged central directory");
    }
    for (auto& member : m_file.members)
      if (!read_local(member)) return fail("has a member whose own header is damaged");
    for (auto& member : m_file.members) decode_member(member);
    return std::move(m_file);
  }

 private:
  ZipFile fail(std::string problem) {
    m_file.problem = std::move(problem);
    return std::move(m_file);
  }

  bool find_end() {
    if (m_bytes.size() < 22) return false;
    const auto lowest = m_bytes.size() > 22 + 65535 ? m_bytes.size() - 22 - 65535 : 0;
    for (auto at = m_bytes.size() - 22;; --at) {
      if (little_endian(m_bytes, at, 4) == 0x06054b50 && at + 22 + little_endian(m_bytes, at + 20, 2) == m_bytes.size())
        return take_end(at);
      if (at == lowest) return false;
    }
  }

  bool take_end(std::size_t at) {
    auto size = little_endian(m_bytes, at + 12, 4);
    auto offset = little_endian(m_bytes, at + 16, 4);
    m_file.end = at;
    m_file.comment = m_bytes.subspan(at + 22);
    if ((offset == 0xffffffff || size == 0xffffffff) && at >= 20 && little_endian(m_bytes, at - 20, 4) == 0x07064b50) {
      const auto record = little_endian(m_bytes, at - 12, 8);
      if (record > m_bytes.size() - 56 || little_endian(m_bytes, static_cast<std::size_t>(record), 4) != 0x06064b50)
        return false;
      size = little_endian(m_bytes, static_cast<std::size_t>(record) + 40, 8);
      offset = little_endian(m_bytes, static_cast<std::size_t>(record) + 48, 8);
    }
    if (offset > at || size > at - offset) return false;
    m_file.directory = offset;
    m_file.directory_end = offset + size;
    m_file.plain = little_endian(m_bytes, at + 4, 4) == 0 &&
                   little_endian(m_bytes, at + 8, 2) == little_endian(m_bytes, at + 10, 2);
    return true;
  }

  bool read_entry(std::uint64_t& position) {
    const auto at = static_cast<std::size_t>(position);
    if (position + 46 > m_file.directory_end || little_endian(m_bytes, at, 4) != 0x02014b50) return false;
    const auto name = static_cast<std::size_t>(little_endian(m_bytes, at + 28, 2));
    const auto extra = static_cast<std::size_t>(little_endian(m_bytes, at + 30, 2));
    const auto comment = static_cast<std::size_t>(little_endian(m_bytes, at + 32, 2));
    if (position + 46 + name + extra + comment > m_file.directory_end) return false;
    ZipMember member;
    member.made_by = static_cast<std::uint16_t>(little_endian(m_bytes, at + 4, 2));
    member.needed = static_cast<std::uint16_t>(little_endian(m_bytes, at + 6, 2));
    member.flags = static_cast<std::uint16_t>(little_endian(m_bytes, at + 8, 2));
    member.method = static_cast<std::uint16_t>(little_endian(m_bytes, at + 10, 2));
    member.dos_time = static_cast<std::uint32_t>(little_endian(m_bytes, at + 12, 4));
    member.crc = static_cast<std::uint32_t>(little_endian(m_bytes, at + 16, 4));
    member.packed = little_endian(m_bytes, at + 20, 4);
    member.size = little_endian(m_bytes, at + 24, 4);
    member.internal = static_cast<std::uint16_t>(little_endian(m_bytes, at + 36, 2));
    member.attributes = static_cast<std::uint32_t>(little_endian(m_bytes, at + 38, 4));
    member.local = little_endian(m_bytes, at + 42, 4);
    member.name = as_text(m_bytes.subspan(at + 46, name));
    member.extra = m_bytes.subspan(at + 46 + name, extra);
    member.comment = m_bytes.subspan(at + 46 + name + extra, comment);
    member.encrypted = (member.flags & 1) != 0;
    member.plain = little_endian(m_bytes, at + 34, 2) == 0;
    take_zip64(member);
    position += 46 + name + extra + comment;
    m_file.members.push_back(std::move(member));
    return true;
  }

  static void take_zip64(ZipMember& member) {
    auto extra = member.extra;
    while (extra.size() >= 4) {
      const auto size = static_cast<std::size_t>(little_endian(extra, 2, 2));
      if (size > extra.size() - 4) return;
      if (little_endian(extra, 0, 2) == 1) {
        std::size_t at = 4;
        for (auto* field : {&member.size, &member.packed, &member.local}) {
          if (*field != 0xffffffff || at + 8 > 4 + size) continue;
          *field = little_endian(extra, at, 8);
          at += 8;
        }
      }
      extra = extra.subspan(4 + size);
    }
  }

  /// The member's own header says nothing that the directory does not say.
  bool is_plain_local(const ZipMember& member, std::size_t at) const {
    const bool deferred = (member.flags & 8) != 0;
    const auto agrees = [&](std::size_t offset, std::uint64_t value) {
      const auto own = little_endian(m_bytes, at + offset, 4);
      return own == value || own == 0xffffffff || (deferred && own == 0);
    };
    return little_endian(m_bytes, at + 8, 2) == member.method && little_endian(m_bytes, at + 4, 2) == member.needed &&
           agrees(14, member.crc) && agrees(18, member.packed) && agrees(22, member.size);
  }

  bool is_plain_descriptor(const ZipMember& member, std::size_t at, std::size_t size) const {
    const std::size_t width = size >= 20 ? 8 : 4;
    const auto begin = at + (size % 8 == 0 ? 4 : 0);
    return little_endian(m_bytes, begin, 4) == member.crc &&
           little_endian(m_bytes, begin + 4, width) == member.packed &&
           little_endian(m_bytes, begin + 4 + width, width) == member.size;
  }

  bool read_local(ZipMember& member) {
    if (member.local > m_bytes.size() || m_bytes.size() - member.local < 30) return false;
    const auto at = static_cast<std::size_t>(member.local);
    if (little_endian(m_bytes, at, 4) != 0x04034b50) return false;
    member.plain = member.plain && is_plain_local(member, at);
    const auto name = little_endian(m_bytes, at + 26, 2);
    const auto extra = little_endian(m_bytes, at + 28, 2);
    member.data = member.local + 30 + name + extra;
    if (member.data > m_bytes.size() || member.packed > m_bytes.size() - member.data) return false;
    member.local_flags = static_cast<std::uint16_t>(little_endian(m_bytes, at + 6, 2));
    member.local_time = static_cast<std::uint32_t>(little_endian(m_bytes, at + 10, 4));
    member.local_extra = m_bytes.subspan(at + 30 + static_cast<std::size_t>(name), static_cast<std::size_t>(extra));
    member.end = member.data + member.packed;
    if ((member.flags & 8) != 0) {
      const auto left = m_bytes.size() - member.end;
      const bool marked = left >= 4 && little_endian(m_bytes, static_cast<std::size_t>(member.end), 4) == 0x08074b50;
      const std::uint64_t size = (marked ? 16U : 12U) + (member.size > 0xffffffff ? 8U : 0U);
      if (size > left) return false;
      member.plain = member.plain &&
                     is_plain_descriptor(member, static_cast<std::size_t>(member.end), static_cast<std::size_t>(size));
      member.end += size;
    }
    return true;
  }

  void decode_member(ZipMember& member) {
    const auto packed = m_content.part(member.data, member.packed);
    if (member.encrypted) {
      member.problem = "is encrypted";
    } else if (member.method == 0) {
      member.content = packed;
      return;
    } else if (member.method == 8) {
      auto decoded = inflate_raw(packed.bytes(), member.size, m_limits);
      member.problem =
          decoded.trailing > 0 && decoded.problem.empty() ? "has bytes behind its stream" : decoded.problem;
      member.content = decoded.content;
    } else if (member.method == 12 || member.method == 93 || member.method == 95) {
      const auto filter = member.method == 12   ? archive::Filter::bzip2
                          : member.method == 93 ? archive::Filter::zstd
                                                : archive::Filter::xz;
      auto decoded = decode(filter, packed.bytes(), m_limits);
      member.problem = decoded ? decoded->problem : decoded.error().message;
      if (decoded) member.content = decoded->content;
    } else {
      member.problem = fmt::format("is compressed with method {}, which is not read", member.method);
    }
    if (!member.problem.empty()) member.content = packed;
  }

  const Content& m_content;
  const ByteView m_bytes;
  const Limits& m_limits;
  ZipFile m_file;
};

std::string dos_date(std::uint32_t value) {
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}", (value >> 25) + 1980, value >> 21 & 15, value >> 16 & 31,
                     value >> 11 & 31, value >> 5 & 63, (value & 31) * 2);
}

std::int64_t dos_epoch(std::uint32_t value) {
  return days_from_civil(static_cast<int>(value >> 25) + 1980, std::clamp(value >> 21 & 15U, 1U, 12U),
                         std::max(value >> 16 & 31U, 1U)) *
             86400 +
         (value >> 11 & 31) * 3600 + (value >> 5 & 63) * 60 + (value & 31) * 2;
}

/// To the day, which is as exact as a time without a zone can be.
std::int64_t newest(const ZipFile& file) {
  std::int64_t day = 0;
  for (const auto& member : file.members)
    day = std::max(day, days_from_civil(static_cast<int>(member.dos_time >> 25) + 1980,
                                        std::clamp(member.dos_time >> 21 & 15U, 1U, 12U),
                                        std::max(member.dos_time >> 16 & 31U, 1U)));
  return day * 86400;
}

class ZipComparison {
 public:
  ZipComparison(Session& session, const Pair& pair, Node& node)
      : m_session(session),
        m_pair(pair),
        m_node(node),
        m_a(ZipParser{pair.a, session.limits()}.parse()),
        m_b(ZipParser{pair.b, session.limits()}.parse()) {}

  bool run() {
    for (const auto* file : {&m_a, &m_b})
      if (!file->problem.empty()) {
        m_node.note(
            fmt::format("the {} zip archive {}; compared as bytes", file == &m_a ? "first" : "second", file->problem));
        return false;
      }
    m_session.dated(newest(m_a), newest(m_b));
    const auto left = members(m_a);
    const auto right = members(m_b);
    note_problems();
    const auto matching = match_members(left, right);
    m_other_top = !matching.top_a.empty();
    compare_members(
        m_session, m_pair, left, right, matching, [&](const MemberPair& match) { return header_changes(match); },
        m_node);
    compare_order(matching);
    compare_rest();
    m_node.accounted = enter();
    return true;
  }

 private:
  static std::vector<Member> members(const ZipFile& file) {
    std::vector<Member> list;
    for (const auto& member : file.members) {
      const auto mode = member.made_by >> 8 == 3 ? member.attributes >> 16 : 0U;
      auto name = member.name;
      const bool directory = name.ends_with('/');
      if (directory) name.pop_back();
      const bool link = (mode & 0170000) == 0120000;
      list.push_back({std::move(name),
                      directory ? EntryKind::directory
                      : link    ? EntryKind::symlink
                                : EntryKind::regular,
                      mode & 07777,
                      member.content,
                      {}});
    }
    return list;
  }

  void note_problems() {
    for (const auto* file : {&m_a, &m_b})
      for (const auto& member : file->members) {
        if (member.problem.empty()) continue;
        const auto text = fmt::format("{} {}; compared as it lies", escape_for_display(member.name), member.problem);
        if (std::find(m_node.item.notes.begin(), m_node.item.notes.end(), text) != m_node.item.notes.end()) continue;
        m_node.note(text);
        m_session.gap(escape_for_display(m_pair.path.child(member.name).to_string()), member.problem);
      }
  }

  std::vector<Change> header_changes(const MemberPair& match) {
    const auto& left = m_a.members[match.a];
    const auto& right = m_b.members[match.b];
    std::vector<Change> changes;
    const auto path =
        m_pair.path.child(right.name.ends_with('/') ? right.name.substr(0, right.name.size() - 1) : right.name)
            .to_string();
    const auto add = [&](Aspect aspect, std::string_view place, std::string_view before, std::string_view after) {
      if (before == after) return;
      auto change = make_change(aspect, std::string{place}, before, after);
      change.impact = aspect == Aspect::mode ? Impact::privilege : Impact::metadata;
      change.path = path;
      if (aspect == Aspect::checksum || aspect == Aspect::size) change.derived_from = path;
      changes.push_back(std::move(change));
    };
    const auto number = [&](Aspect aspect, std::string_view place, std::uint64_t before, std::uint64_t after) {
      add(aspect, place, fmt::format("{}", before), fmt::format("{}", after));
    };
    // The two headers of a member have one time, or nobody knows which is meant.
    const bool one_time = left.local_time == left.dos_time && right.local_time == right.dos_time;
    add(one_time ? Aspect::time : Aspect::content, "modified (DOS time)", dos_date(left.dos_time),
        dos_date(right.dos_time));
    if (!one_time)
      add(Aspect::content, "modified (local header)", dos_date(left.local_time), dos_date(right.local_time));
    // A checksum that does not fit its member follows from nothing.
    if (left.crc != right.crc || !same_bytes(left.content, right.content)) {
      if (fits_checksum(left) && fits_checksum(right)) number(Aspect::checksum, "CRC-32", left.crc, right.crc);
      else
        add(Aspect::content, "CRC-32, which does not fit", fmt::format("{:08x}", left.crc),
            fmt::format("{:08x} (fits: {})", right.crc, fits_checksum(right) ? "yes" : "no"));
    }
    number(Aspect::size, "size", left.size, right.size);
    if (left.problem.empty() && right.problem.empty()) packed_changes(left, right, add);
    add(Aspect::mode, "mode", mode_of(left), mode_of(right));
    if (mode_of(left) == mode_of(right))
      number(Aspect::content, "unused attributes", left.attributes >> 16, right.attributes >> 16);
    const auto usual = [&](bool is_usual, std::string_view place, std::uint64_t before, std::uint64_t after) {
      number(is_usual ? Aspect::encoding : Aspect::content, place, before, after);
    };
    usual(are_dos_attributes(left) && are_dos_attributes(right), "DOS attributes", left.attributes & 0xffff,
          right.attributes & 0xffff);
    usual(left.internal <= 1 && right.internal <= 1, "internal attributes", left.internal, right.internal);
    usual(is_usual_maker(left) && is_usual_maker(right), "made by", left.made_by, right.made_by);
    usual(is_usual_version(left.needed) && is_usual_version(right.needed), "version needed", left.needed, right.needed);
    const bool flags = are_usual_flags(left) && are_usual_flags(right);
    usual(flags, "flags", left.flags, right.flags);
    usual(flags, "flags (local header)", left.local_flags, right.local_flags);
    add(Aspect::content, "comment", as_text(left.comment), as_text(right.comment));
    extra_fields("extra field", {left.extra, left.dos_time}, {right.extra, right.dos_time}, add);
    extra_fields("extra field (local header)", {left.local_extra, left.dos_time}, {right.local_extra, right.dos_time},
                 add);
    return changes;
  }

  /// What the attributes mean is for the system to say on which the archive was made.
  static std::string mode_of(const ZipMember& member) {
    const auto system = member.made_by >> 8;
    return system == 3 || system == 19 ? fmt::format("{:06o}", member.attributes >> 16) : std::string{"none"};
  }

  // Fields that tools fill each in its way explain nothing where they hold what no tool writes: a flipped bit, or a message.
  static bool is_usual_version(unsigned version) {
    return version == 10 || version == 20 || version == 30 || version == 45 || version == 51 || version == 63;
  }
  static bool is_usual_maker(const ZipMember& member) {
    const auto system = member.made_by >> 8;
    return (system == 0 || system == 3 || system == 10) &&
           (is_usual_version(member.made_by & 0xff) || member.made_by == 0);
  }
  static bool are_dos_attributes(const ZipMember& member) {
    const auto value = member.attributes & 0xffff;
    return value == 0 || value == 0x10 || value == 0x20 || value == 1 || value == 0x21;
  }
  /// Hints about the level of deflate, sizes behind the data, names in UTF-8 where that says nothing else; both headers agree.
  static bool are_usual_flags(const ZipMember& member) {
    const bool ascii = std::all_of(member.name.begin(), member.name.end(), [](char c) { return (c & '\x80') == 0; });
    const unsigned allowed = 0x0008U | (member.method == 8 ? 0x0006U : 0U) | (ascii ? 0x0800U : 0U);
    return member.flags == member.local_flags && (member.flags & ~allowed) == 0;
  }

  static bool fits_checksum(const ZipMember& member) {
    const auto bytes = member.content.bytes();
    return !member.problem.empty() || ::crc32_z(0, bytes.data(), bytes.size()) == member.crc;
  }

  template <typename Add>
  void packed_changes(const ZipMember& left, const ZipMember& right, const Add& add) const {
    if (left.method != right.method)
      return add(Aspect::compression, "method", fmt::format("{}", left.method), fmt::format("{}", right.method));
    if (!same_bytes(left.content, right.content)) return;
    const auto a = m_pair.a.part(left.data, left.packed);
    const auto b = m_pair.b.part(right.data, right.packed);
    if (!same_bytes(a, b))
      add(is_other_encoding(a.bytes(), b.bytes()) ? Aspect::compression : Aspect::content, "deflate encoder",
          fmt::format("{} bytes", left.packed), fmt::format("{} bytes as {}", right.packed, to_hex(named(b))));
  }
  static Bytes named(const Content& content) {
    const auto digest = sha256(content.bytes());
    return {digest.bytes.begin(), digest.bytes.begin() + 4};
  }

  /// Fields beside a member's time.
  struct Extra {
    ByteView bytes;
    std::uint32_t dos_time;
  };

  /// Zip64, NTFS, Unix, the mark of a jar: what tools write by themselves, in the form they give it. Anything else can carry
  /// anything.
  static bool is_usual_extra(std::uint64_t id, ByteView value, const Extra& extra) {
    switch (id) {
      case 0x0001:
        return value.size() <= 28;
      case 0x000a:
        return value.size() == 32 && little_endian(value, 0, 4) == 0;
      case 0x5455: {  // a time like that of the header, in any zone
        if (value.size() != 5 && value.size() != 9 && value.size() != 13) return false;
        const auto apart = static_cast<std::int64_t>(little_endian(value, 1, 4)) - dos_epoch(extra.dos_time);
        return (value[0] & ~7U) == 0 && std::abs(apart) <= k_most_zone && std::abs(apart) % 900 <= 2;
      }
      case 0x5855:
        return value.size() == 8 || value.size() == 12;
      case 0x7855:
        return value.empty() || value.size() == 4;
      case 0x7875:
        return value.size() == 11 && value[0] == 1 && value[1] == 4 && value[6] == 4;
      case 0xcafe:
        return value.empty();
      default:
        return false;
    }
  }

  template <typename Add>
  static void extra_fields(std::string_view place, const Extra& left, const Extra& right, const Add& add) {
    if (as_text(left.bytes) == as_text(right.bytes)) return;
    const auto a = split_extra(left.bytes);
    auto all = a;
    const auto b = split_extra(right.bytes);
    all.insert(b.begin(), b.end());
    for (const auto& [id, unused] : all) {
      const auto x = a.find(id);
      const auto y = b.find(id);
      const auto before = x == a.end() ? ByteView{} : x->second;
      const auto after = y == b.end() ? ByteView{} : y->second;
      if (as_text(before) == as_text(after) && (x == a.end()) == (y == b.end())) continue;
      if (id == 0x5455 && before.size() >= 5 && after.size() >= 5 && is_usual_extra(id, before, left) &&
          is_usual_extra(id, after, right)) {
        add(Aspect::time, "extended timestamp", fmt::format("{}", little_endian(before, 1, 4)),
            fmt::format("{}", little_endian(after, 1, 4)));
        if (before.size() > 5 || after.size() > 5)
          add(Aspect::time, "extended timestamp, access", to_hex(before.subspan(5)), to_hex(after.subspan(5)));
        if (before[0] != after[0])
          add(Aspect::encoding, "extended timestamp's flags", to_hex(before.first(1)), to_hex(after.first(1)));
      } else if (id == 0x7875 && !before.empty() && !after.empty()) {
        add(Aspect::owner, "Unix owner", to_hex(before), to_hex(after));
      } else {
        const bool usual_a = x == a.end() || is_usual_extra(id, before, left);
        const bool usual_b = y == b.end() || is_usual_extra(id, after, right);
        add(usual_a && usual_b ? Aspect::encoding : Aspect::content, fmt::format("{} {:#06x}", place, id),
            x == a.end() ? "none" : "[" + to_hex(before) + "]", y == b.end() ? "none" : "[" + to_hex(after) + "]");
      }
    }
  }

  static std::map<std::uint64_t, ByteView> split_extra(ByteView extra) {
    std::map<std::uint64_t, ByteView> fields;
    const auto whole = extra;
    while (extra.size() >= 4) {
      const auto size = static_cast<std::size_t>(little_endian(extra, 2, 2));
      if (size > extra.size() - 4) break;
      // Of one that stands there twice readers may take either.
      if (!fields.emplace(little_endian(extra, 0, 2), extra.subspan(4, size)).second) {
        fields[k_repeated] = whole;
        break;
      }
      extra = extra.subspan(4 + size);
    }
    if (!extra.empty()) fields[0x10000] = extra;
    return fields;
  }

  /// The order of the data need not be that of the directory.
  void compare_order(const Matching& matching) {
    if (matching.reordered) return;
    std::uint64_t last_a = 0;
    std::uint64_t last_b = 0;
    bool a = true;
    bool b = true;
    for (const auto& match : matching.pairs) {
      a = a && m_a.members[match.a].local >= last_a;
      b = b && m_b.members[match.b].local >= last_b;
      last_a = m_a.members[match.a].local;
      last_b = m_b.members[match.b].local;
    }
    if (a == b) return;
    auto change = make_change(Aspect::order, "data against directory", a ? "same order" : "another order",
                              b ? "same order" : "another order");
    change.impact = Impact::metadata;
    m_node.add(std::move(change));
  }

  void compare_rest() {
    if (as_text(m_a.comment) != as_text(m_b.comment)) {
      auto change = make_change(Aspect::content, "archive comment", as_text(m_a.comment), as_text(m_b.comment));
      change.impact = Impact::data;
      m_node.add(std::move(change));
    }
    compare_ends();
    const auto left = gap_bytes(m_a, m_pair.a);
    const auto right = gap_bytes(m_b, m_pair.b);
    if (left == right) return;
    auto change = make_change(Aspect::content, "between members", left, right);
    change.impact = Impact::data;
    m_node.add(std::move(change));
  }

  /// What stands between the directory and the comment: zip64's records, which have to be the same but for offsets and
  /// sizes of a directory that changed, and the end record, which was read.
  void compare_ends() {
    const auto between = [](const ZipFile& file, const Content& content) {
      return content.part(file.directory_end, file.end - file.directory_end).text();
    };
    const bool counted = m_a.plain && m_b.plain && counts(m_a, m_pair.a) && counts(m_b, m_pair.b);
    if (counted && between(m_a, m_pair.a) == between(m_b, m_pair.b)) return;
    auto change = make_change(Aspect::content, "end records", between(m_a, m_pair.a), between(m_b, m_pair.b));
    change.impact = Impact::data;
    m_node.add(std::move(change));
  }

  static bool counts(const ZipFile& file, const Content& content) {
    const auto count = little_endian(content.bytes(), static_cast<std::size_t>(file.end + 10), 2);
    return count == 0xffff || count == file.members.size();
  }

  static std::string gap_bytes(const ZipFile& file, const Content& content) {
    std::vector<std::pair<std::uint64_t, std::uint64_t>> taken{{file.directory, file.directory_end}};
    for (const auto& member : file.members) taken.emplace_back(member.local, member.end);
    std::sort(taken.begin(), taken.end());
    std::string bytes;
    std::uint64_t at = 0;
    for (const auto& [begin, end] : taken) {
      if (begin > at) bytes += content.part(at, begin - at).text();
      at = std::max(at, end);
    }
    return bytes;
  }

  /// Members that overlap would be told twice; nothing is explained then.
  bool enter() const {
    for (const auto* file : {&m_a, &m_b}) {
      std::vector<std::pair<std::uint64_t, std::uint64_t>> taken;
      for (const auto& member : file->members) taken.emplace_back(member.local, member.end);
      std::sort(taken.begin(), taken.end());
      std::uint64_t at = 0;
      for (const auto& [begin, end] : taken) {
        if (begin < at || end > file->directory) return false;
        at = end;
      }
    }
    return local_names_agree(m_a, m_pair.a) && local_names_agree(m_b, m_pair.b);
  }

  static bool local_names_agree(const ZipFile& file, const Content& content) {
    return std::all_of(file.members.begin(), file.members.end(), [&](const ZipMember& member) {
      const auto header = content.part(member.local, 30).bytes();
      const auto name = content.part(member.local + 30, little_endian(header, 26, 2)).text();
      return member.plain && name == member.name;
    });
  }

  Session& m_session;
  const Pair& m_pair;
  Node& m_node;
  const ZipFile m_a, m_b;
  bool m_other_top = false;
};

}  // namespace

bool compare_zip(Session& session, const Pair& pair, Node& node) {
  return ZipComparison{session, pair, node}.run();
}

}  // namespace assay::artifact
