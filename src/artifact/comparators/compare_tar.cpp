// Tar, header by header. Every byte of both archives is entered in a ledger, so nothing between the members is overlooked.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "artifact/comparator.hpp"
#include "artifact/image_layout.hpp"
#include "artifact/members.hpp"
#include "artifact/tar_file.hpp"
#include "base/text.hpp"

namespace assay::artifact {

namespace {

using namespace std::string_view_literals;

constexpr std::array<std::uint64_t, 2> k_records{20 * k_tar_block, k_tar_block};

EntryKind kind_of(char type) {
  switch (type) {
    case '1':
      return EntryKind::hardlink;
    case '2':
      return EntryKind::symlink;
    case '3':
    case '4':
      return EntryKind::device;
    case '5':
      return EntryKind::directory;
    case '6':
      return EntryKind::fifo;
    default:
      return EntryKind::regular;
  }
}

class TarComparison {
 public:
  TarComparison(Session& session, const Pair& pair, Node& node)
      : m_session(session),
        m_pair(pair),
        m_node(node),
        m_ledger(pair.a.bytes(), pair.b.bytes()),
        m_a(parse_tar(pair.a.bytes(), session.limits())),
        m_b(parse_tar(pair.b.bytes(), session.limits())) {}

  bool run() {
    for (const auto* file : {&m_a, &m_b})
      if (!file->problem.empty()) {
        m_node.note(
            fmt::format("the {} archive {}; compared as bytes", file == &m_a ? "first" : "second", file->problem));
        return false;
      }
    m_session.dated(newest(m_pair.a, m_a), newest(m_pair.b, m_b));
    m_session.derived().enter_installed(m_pair.path.to_string(), installed(m_a), installed(m_b));
    auto left = members(m_pair.a, m_a);
    auto right = members(m_pair.b, m_b);
    assign_image_roles(m_session, m_pair.path.to_string(), left, right);
    const auto matching = match_members(left, right);
    m_other_top = !matching.top_a.empty();
    compare_members(
        m_session, m_pair, left, right, matching, [&](const MemberPair& match) { return header_changes(match); },
        m_node);
    enter(matching);
    compare_ends();
    m_node.accounted = m_ledger.complete();
    return true;
  }

 private:
  static bool has_capabilities(const TarEntry& entry) {
    return std::any_of(entry.pax.begin(), entry.pax.end(),
                       [](const auto& record) { return record.first.ends_with("security.capability"); });
  }

  static std::string owner_of(ByteView header, const TarEntry& entry) {
    std::string owner;
    for (const std::size_t field : {2U, 3U, 10U, 11U}) {
      const auto record = entry.pax.find(k_tar_fields[field].name);
      owner += record != entry.pax.end() ? record->second : until_nul(field_of(header, k_tar_fields[field]));
      owner += ':';
    }
    return owner;
  }

  static std::vector<Member> members(const Content& content, const TarFile& file) {
    std::vector<Member> list;
    for (const auto& entry : file.entries) {
      const auto header = content.bytes().subspan(static_cast<std::size_t>(entry.header), k_tar_block);
      list.push_back({entry.path,
                      kind_of(static_cast<char>(header[156])),
                      static_cast<std::uint32_t>(tar_number(field_of(header, k_tar_fields[1])).value_or(0) & 07777),
                      content.part(entry.content, entry.size),
                      {},
                      has_capabilities(entry),
                      owner_of(header, entry),
                      tar_number(field_of(header, k_tar_fields[5])).value_or(0)});
    }
    return list;
  }

  static std::int64_t newest(const Content& content, const TarFile& file) {
    std::int64_t date = 0;
    for (const auto& entry : file.entries)
      date = std::max(
          date, tar_number(field_of(content.part(entry.header, k_tar_block).bytes(), k_tar_fields[5])).value_or(0));
    return date;
  }

  /// What packagers write beside the files is not there yet when they count.
  DerivedValues::Installed installed(const TarFile& file) const {
    DerivedValues::Installed sum;
    const auto& content = &file == &m_a ? m_pair.a : m_pair.b;
    for (const auto& entry : file.entries) {
      const auto kind = kind_of(static_cast<char>(content.bytes()[static_cast<std::size_t>(entry.header) + 156]));
      if (kind == EntryKind::hardlink || (entry.path.starts_with('.') && entry.path.size() > 1)) continue;
      sum.bytes += entry.size;
      sum.kib += kind == EntryKind::regular ? (entry.size + 1023) / 1024 : 1;
    }
    return sum;
  }

  std::vector<Change> header_changes(const MemberPair& match) {
    const auto& left = m_a.entries[match.a];
    const auto& right = m_b.entries[match.b];
    const auto raw_a = m_pair.a.bytes().subspan(static_cast<std::size_t>(left.begin),
                                                static_cast<std::size_t>(left.content - left.begin));
    const auto raw_b = m_pair.b.bytes().subspan(static_cast<std::size_t>(right.begin),
                                                static_cast<std::size_t>(right.content - right.begin));
    std::vector<Change> changes;
    if (std::equal(raw_a.begin(), raw_a.end(), raw_b.begin(), raw_b.end()) && same_padding(left, right)) return changes;
    own_header(left, right, match, changes);
    pax_records(left, right, changes);
    extension_headers(left, right, changes);
    extension_bodies(left, right, changes);
    padding(left, right, changes);
    // The sum over a header in which nothing but the name differs, and that was told.
    if (m_other_top && changes.size() == 1 && changes[0].aspect == Aspect::checksum) changes.clear();
    const auto path = m_pair.path.child(right.path).to_string();
    for (auto& change : changes) {
      change.path = path;
      if (change.derived_from == "self") change.derived_from = path;
    }
    return changes;
  }

  void own_header(const TarEntry& left, const TarEntry& right, const MemberPair& match, std::vector<Change>& changes) {
    const auto a = m_pair.a.bytes().subspan(static_cast<std::size_t>(left.header), k_tar_block);
    const auto b = m_pair.b.bytes().subspan(static_cast<std::size_t>(right.header), k_tar_block);
    for (const auto& field : k_tar_fields) {
      const auto before = field_of(a, field);
      const auto after = field_of(b, field);
      if (before == after) continue;
      if (field.number) number_field(field, before, after, changes);
      else if (field.name == "type" && is_plain_file(left, a) && is_plain_file(right, b))
        changes.push_back(field_change(Aspect::encoding, field.name, before, after));
      else if (until_nul(before) == until_nul(after))
        changes.push_back(
            field_change(is_blank_behind(before) && is_blank_behind(after) ? Aspect::encoding : Aspect::content,
                         field.name, before, after));
      else if (field.aspect == Aspect::name && left.path == right.path)
        changes.push_back(field_change(Aspect::encoding, field.name, until_nul(before), until_nul(after)));
      else if (field.aspect == Aspect::name && (match.moved || m_other_top))
        continue;  // told as a move, or once for all
      else changes.push_back(field_change(field.aspect, field.name, until_nul(before), until_nul(after)));
    }
  }

  /// Before there was ustar, a NUL said what '0' says since. Behind a name that ends in a slash it says "directory" to some
  /// readers, and '0' does not.
  static bool is_plain_file(const TarEntry& entry, ByteView header) {
    const auto record = entry.pax.find("path"sv);
    return (header[156] == '\0' || header[156] == '0') &&
           !until_nul(field_of(header, k_tar_fields[0])).ends_with('/') && !entry.long_name.ends_with('/') &&
           (record == entry.pax.end() || !record->second.ends_with('/'));
  }

  static Change field_change(Aspect aspect, std::string_view place, std::string_view before, std::string_view after) {
    auto change = make_change(aspect, std::string{place}, before, after);
    change.impact = aspect == Aspect::mode || aspect == Aspect::owner ? Impact::privilege
                    : aspect == Aspect::xattr                         ? Impact::attribute
                                                                      : Impact::metadata;
    return change;
  }

  /// Nothing hides behind the end of the field's text.
  static bool is_blank_behind(std::string_view field) {
    return field.substr(until_nul(field).size()).find_first_not_of(std::string_view{"\0 ", 2}) ==
           std::string_view::npos;
  }
  static bool is_plain_number(std::string_view field) {
    return field.find_first_not_of(std::string_view{"01234567 \0", 10}) == std::string_view::npos ||
           (static_cast<std::uint8_t>(field[0]) & 0x80U) != 0;
  }

  static void number_field(const TarField& field, std::string_view before, std::string_view after,
                           std::vector<Change>& changes) {
    const auto left = tar_number(before);
    const auto right = tar_number(after);
    if (!left || !right || *left == *right) {
      changes.push_back(
          field_change(is_plain_number(before) && is_plain_number(after) ? Aspect::encoding : Aspect::content,
                       field.name, before, after));
      return;
    }
    const bool octal = field.aspect == Aspect::mode;
    auto change =
        field_change(field.aspect, field.name, octal ? fmt::format("{:04o}", *left) : fmt::format("{}", *left),
                     octal ? fmt::format("{:04o}", *right) : fmt::format("{}", *right));
    change.bytes = field.size;
    if (field.aspect == Aspect::size || field.aspect == Aspect::checksum) change.derived_from = "self";
    changes.push_back(std::move(change));
  }

  static Aspect aspect_of_record(std::string_view key) {
    if (key.starts_with("SCHILY.xattr.") || key.starts_with("LIBARCHIVE.xattr.") || key.starts_with("SCHILY.acl.") ||
        key.starts_with("RHT.security"))
      return Aspect::xattr;
    if (key == "mtime" || key == "atime" || key == "ctime" || key == "LIBARCHIVE.creationtime") return Aspect::time;
    if (key == "uid" || key == "gid" || key == "uname" || key == "gname") return Aspect::owner;
    if (key == "linkpath") return Aspect::link;
    if (key == "size") return Aspect::size;
    if (key == "path") return Aspect::name;
    return Aspect::content;
  }

  static void pax_records(const TarEntry& left, const TarEntry& right, std::vector<Change>& changes) {
    static const std::string k_none;
    auto keys = left.pax;
    keys.insert(right.pax.begin(), right.pax.end());
    for (const auto& [key, unused] : keys) {
      const auto a = left.pax.find(key);
      const auto b = right.pax.find(key);
      const auto& before = a == left.pax.end() ? k_none : a->second;
      const auto& after = b == right.pax.end() ? k_none : b->second;
      if (before == after && (a == left.pax.end()) == (b == right.pax.end())) continue;
      auto change = field_change(aspect_of_record(key), "pax " + key, before, after);
      if (change.aspect == Aspect::size) change.derived_from = "self";
      // A record that repeats what the plain header of the other side says is a matter of dialect.
      const bool one_sided = (a == left.pax.end()) != (b == right.pax.end());
      if (one_sided && change.aspect != Aspect::xattr && change.aspect != Aspect::content)
        change.aspect = Aspect::encoding;
      changes.push_back(std::move(change));
    }
    if (left.long_name != right.long_name && left.path == right.path)
      changes.push_back(field_change(Aspect::encoding, "GNU long name", left.long_name, right.long_name));
    if (left.long_link != right.long_link)
      changes.push_back(field_change(Aspect::link, "GNU long link", left.long_link, right.long_link));
  }

  /// Two records of one key, or bytes behind the records: a reader may see what this one does not.
  static void extension_bodies(const TarEntry& left, const TarEntry& right, std::vector<Change>& changes) {
    if (left.bodies == right.bodies) return;
    if (!left.plain || !right.plain) {
      changes.push_back(field_change(Aspect::content, "extension's body", left.bodies, right.bodies));
      changes.back().impact = Impact::data;
    } else if (left.pax == right.pax && left.long_name == right.long_name && left.long_link == right.long_link) {
      changes.push_back(field_change(Aspect::encoding, "order of pax records", {}, {}));
    }
  }

  /// The headers of the extensions themselves: names made from process ids, times, sizes.
  static void extension_headers(const TarEntry& left, const TarEntry& right, std::vector<Change>& changes) {
    if (left.extensions.size() != right.extensions.size()) {
      const auto list = [](const TarEntry& entry) {
        std::string types;
        for (const auto& [type, header] : entry.extensions) types += type;
        return types;
      };
      changes.push_back(field_change(Aspect::encoding, "extension headers", list(left), list(right)));
      return;
    }
    for (std::size_t i = 0; i < left.extensions.size(); ++i) {
      if (left.extensions[i].first != right.extensions[i].first)
        changes.push_back(field_change(Aspect::encoding, "extension header type", {&left.extensions[i].first, 1},
                                       {&right.extensions[i].first, 1}));
      for (const auto& field : k_tar_fields) {
        const auto before = field_of(left.extensions[i].second, field);
        const auto after = field_of(right.extensions[i].second, field);
        if (before == after) continue;
        const auto name = fmt::format("extension header's {}", field.name);
        if (field.aspect == Aspect::size || field.aspect == Aspect::checksum) {
          changes.push_back(field_change(field.aspect, name, until_nul(before), until_nul(after)));
          changes.back().derived_from = "self";
        } else if (field.aspect == Aspect::time) {
          number_field(field, before, after, changes);
        } else {
          changes.push_back(field_change(Aspect::encoding, name, until_nul(before), until_nul(after)));
        }
      }
    }
  }

  ByteView padding_of(const Content& content, const TarEntry& entry) const {
    return content.part(entry.content + entry.size, entry.end - entry.content - entry.size).bytes();
  }
  bool same_padding(const TarEntry& left, const TarEntry& right) const {
    const auto a = padding_of(m_pair.a, left);
    const auto b = padding_of(m_pair.b, right);
    return a.size() == b.size() ? std::equal(a.begin(), a.end(), b.begin()) : is_zero(a) && is_zero(b);
  }
  static bool is_zero(ByteView bytes) {
    return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == 0; });
  }

  void padding(const TarEntry& left, const TarEntry& right, std::vector<Change>& changes) {
    const auto a = padding_of(m_pair.a, left);
    const auto b = padding_of(m_pair.b, right);
    if (std::equal(a.begin(), a.end(), b.begin(), b.end()) || (is_zero(a) && is_zero(b))) return;
    auto change = field_change(Aspect::content, "padding behind the content", as_text(a), as_text(b));
    change.impact = Impact::data;
    changes.push_back(std::move(change));
  }

  void enter(const Matching& matching) {
    for (const auto& match : matching.pairs) {
      const auto& left = m_a.entries[match.a];
      const auto& right = m_b.entries[match.b];
      m_ledger.told(left.begin, left.end - left.begin, right.begin, right.end - right.begin);
    }
    for (const auto i : matching.only_a)
      m_ledger.told(m_a.entries[i].begin, m_a.entries[i].end - m_a.entries[i].begin, 0, 0);
    for (const auto i : matching.only_b)
      m_ledger.told(0, 0, m_b.entries[i].begin, m_b.entries[i].end - m_b.entries[i].begin);
  }

  /// Behind the two blocks of zeros that end it, an archive is filled up to a whole number of records: of twenty blocks as
  /// tar(1) writes them, or of one. Where both are, the number of zeros says nothing but how long the members are.
  bool same_records() const {
    const auto filled = [](const TarFile& file, std::uint64_t size, std::uint64_t record) {
      return size == (file.end + 2 * k_tar_block + record - 1) / record * record;
    };
    return std::any_of(k_records.begin(), k_records.end(), [&](std::uint64_t record) {
      return filled(m_a, m_pair.a.size(), record) && filled(m_b, m_pair.b.size(), record);
    });
  }

  void compare_ends() {
    const auto a = m_pair.a.part(m_a.end, m_pair.a.size()).bytes();
    const auto b = m_pair.b.part(m_b.end, m_pair.b.size()).bytes();
    m_ledger.told(m_a.end, a.size(), m_b.end, b.size());
    if (std::equal(a.begin(), a.end(), b.begin(), b.end())) return;
    if (is_zero(a) && is_zero(b)) {
      auto change = field_change(Aspect::encoding, "end of archive", fmt::format("{} zero bytes", a.size()),
                                 fmt::format("{} zero bytes", b.size()));
      if (same_records()) {
        change.aspect = Aspect::size;
        change.derived_from = "self";
        change.reason = "both archives are filled up to whole records of one size";
      }
      m_node.add(std::move(change));
      return;
    }
    auto change = field_change(Aspect::content, "behind the end mark", as_text(a), as_text(b));
    change.impact = Impact::data;
    change.before = as_text(a.first(std::min<std::size_t>(a.size(), k_change_bytes)));
    m_node.add(std::move(change));
  }

  Session& m_session;
  const Pair& m_pair;
  Node& m_node;
  Ledger m_ledger;
  const TarFile m_a, m_b;
  bool m_other_top = false;  ///< all names differ by the top directory
};

}  // namespace

bool compare_tar(Session& session, const Pair& pair, Node& node) {
  return TarComparison{session, pair, node}.run();
}

}  // namespace assay::artifact
