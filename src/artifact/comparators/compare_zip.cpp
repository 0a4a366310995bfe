// Zip and what is built on it (jar, wheel, epub, Android packages). The central directory, the local headers and what lies
// between them are told apart; members are compared by what they hold.
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
#include "artifact/zip_archive.hpp"
#include "base/text.hpp"

namespace assay::artifact {

namespace {

using namespace std::string_view_literals;

constexpr std::int64_t k_most_zone = 26LL * 3600;
constexpr std::uint64_t k_repeated = 0x10001;  ///< beyond what an extra field's id can be

class ZipComparison {
 public:
  ZipComparison(Session& session, const Pair& pair, Node& node)
      : m_session(session),
        m_pair(pair),
        m_node(node),
        m_a(parse_zip(pair.a, session.limits())),
        m_b(parse_zip(pair.b, session.limits())) {}

  bool run() {
    for (const auto* file : {&m_a, &m_b})
      if (!file->problem.empty()) {
        m_node.note(
            fmt::format("the {} zip archive {}; compared as bytes", file == &m_a ? "first" : "second", file->problem));
        return false;
      }
    m_session.dated(newest_day(m_a), newest_day(m_b));
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
                      {},
                      false,
                      {},
                      dos_epoch(member.dos_time)});
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
    // The mark of a directory makes one of it for some readers.
    const bool same_kind = ((left.attributes ^ right.attributes) & 0x10) == 0;
    usual(same_kind && are_dos_attributes(left) && are_dos_attributes(right), "DOS attributes",
          left.attributes & 0xffff, right.attributes & 0xffff);
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
