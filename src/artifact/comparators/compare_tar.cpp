// Tar, header by header as the bytes stand there: POSIX.1-2017 pax(1), "ustar" and "pax" interchange formats, and GNU tar's
// extensions. Every byte of both archives is entered in a ledger, so nothing between the members is overlooked.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <optional>

#include "archive/sniff.hpp"
#include "artifact/comparator.hpp"
#include "artifact/image_layout.hpp"
#include "artifact/members.hpp"
#include "base/text.hpp"

namespace assay::artifact {

namespace {

using namespace std::string_view_literals;

constexpr std::uint64_t k_block = 512;
constexpr std::array<std::uint64_t, 2> k_records{20 * k_block, k_block};

struct Field {
  std::string_view name;
  std::size_t offset, size;
  Aspect aspect;
  bool number;
};

constexpr std::array k_fields{
    Field{"name", 0, 100, Aspect::name, false},          Field{"mode", 100, 8, Aspect::mode, true},
    Field{"uid", 108, 8, Aspect::owner, true},           Field{"gid", 116, 8, Aspect::owner, true},
    Field{"size", 124, 12, Aspect::size, true},          Field{"mtime", 136, 12, Aspect::time, true},
    Field{"checksum", 148, 8, Aspect::checksum, true},   Field{"type", 156, 1, Aspect::kind, false},
    Field{"link target", 157, 100, Aspect::link, false}, Field{"magic", 257, 8, Aspect::encoding, false},
    Field{"uname", 265, 32, Aspect::owner, false},       Field{"gname", 297, 32, Aspect::owner, false},
    Field{"device major", 329, 8, Aspect::kind, true},   Field{"device minor", 337, 8, Aspect::kind, true},
    Field{"prefix", 345, 155, Aspect::name, false},      Field{"padding", 500, 12, Aspect::content, false},
};

std::string_view field_of(ByteView header, const Field& field) {
  return as_text(header.subspan(field.offset, field.size));
}

std::string_view until_nul(std::string_view text) {
  return text.substr(0, text.find('\0'));
}

/// Octal with padding, or GNU's base 256.
std::optional<std::int64_t> number_of(std::string_view field) {
  if (!field.empty() && (static_cast<std::uint8_t>(field[0]) & 0x80U) != 0) {
    std::uint64_t value = static_cast<std::uint8_t>(field[0]) & 0x7fU;
    for (std::size_t i = 1; i < field.size(); ++i) value = value << 8 | static_cast<std::uint8_t>(field[i]);
    return static_cast<std::int64_t>(value);
  }
  std::int64_t value = 0;
  bool digits = false;
  for (const auto c : field) {
    if (c >= '0' && c <= '7') {
      if (value >> 59 != 0) return std::nullopt;
      value = value * 8 + (c - '0');
      digits = true;
    } else if (c == ' ' && !digits) {
      continue;
    } else {
      break;
    }
  }
  if (!digits)
    return until_nul(field).find_first_not_of(' ') == std::string_view::npos ? std::optional<std::int64_t>{0}
                                                                             : std::nullopt;
  return value;
}

bool is_zero(std::string_view bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](char c) { return c == '\0'; });
}

using PaxRecords = std::map<std::string, std::string, std::less<>>;

/// `plain` becomes false if the body holds more than its records say: one key twice, padded lengths, bytes behind them.
std::optional<PaxRecords> parse_pax(std::string_view body, bool& plain) {
  PaxRecords records;
  while (!body.empty() && body[0] != '\0') {
    std::size_t length = 0;
    const auto [end, problem] = std::from_chars(body.data(), body.data() + body.size(), length);
    const auto digits = static_cast<std::size_t>(end - body.data());
    if (problem != std::errc{} || length > body.size() || length < digits + 3 || body[digits] != ' ' ||
        body[length - 1] != '\n')
      return std::nullopt;
    const auto record = body.substr(digits + 1, length - digits - 2);
    const auto equals = record.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    const auto fresh =
        records.insert_or_assign(std::string{record.substr(0, equals)}, std::string{record.substr(equals + 1)}).second;
    plain = plain && fresh && body[0] != '0';
    body.remove_prefix(length);
  }
  plain = plain && is_zero(body);
  return records;
}

/// One member with everything before its content.
struct TarEntry {
  std::uint64_t begin = 0;   ///< of the first extension header
  std::uint64_t header = 0;  ///< of the member's own header
  std::uint64_t content = 0;
  std::uint64_t size = 0;
  std::uint64_t end = 0;                              ///< behind the padding
  std::vector<std::pair<char, ByteView>> extensions;  ///< type and the 512-byte headers of extensions
  std::string bodies;                                 ///< of the extensions, their padding included
  bool plain = true;                                  ///< the bodies hold nothing but what they say
  PaxRecords pax;
  std::string long_name, long_link;
  std::string path;
};

struct TarFile {
  std::vector<TarEntry> entries;
  std::uint64_t end = 0;  ///< where the end mark begins
  std::string problem;
};

class TarParser {
 public:
  TarParser(ByteView bytes, const Limits& limits) : m_bytes(bytes), m_limits(limits) {}

  TarFile parse() {
    TarEntry entry;
    bool begun = false;
    while (m_file.problem.empty() && m_at + k_block <= m_bytes.size()) {
      const auto block = m_bytes.subspan(static_cast<std::size_t>(m_at), k_block);
      if (std::all_of(block.begin(), block.end(), [](std::uint8_t byte) { return byte == 0; })) break;
      if (!archive::is_tar_header(block)) return fail("a block that is no header stands where one should be");
      if (!begun) entry = TarEntry{}, entry.begin = m_at;
      begun = take(block, entry);
      if (m_file.entries.size() > m_limits.max_entries) return fail("has more members than the limit entries allows");
    }
    if (begun) return fail("an extension header stands at the end");
    m_file.end = m_at;
    return std::move(m_file);
  }

 private:
  TarFile fail(std::string problem) {
    m_file.problem = std::move(problem);
    return std::move(m_file);
  }

  /// True while the member's own header is still to come.
  bool take(ByteView block, TarEntry& entry) {
    const char type = static_cast<char>(block[156]);
    const auto size = stored_size(block, type, entry);
    if (!size) return false;
    const auto content = m_at + k_block;
    const auto end = content + (*size + k_block - 1) / k_block * k_block;
    if (*size > m_bytes.size() || end > m_bytes.size()) {
      m_file.problem = "is cut off in a member";
      return false;
    }
    const auto body = as_text(m_bytes.subspan(static_cast<std::size_t>(content), static_cast<std::size_t>(*size)));
    if (type == 'x' || type == 'g' || type == 'L' || type == 'K') {
      entry.extensions.emplace_back(type, block);
      take_extension(type, body, entry);
      const auto whole =
          as_text(m_bytes.subspan(static_cast<std::size_t>(content), static_cast<std::size_t>(end - content)));
      entry.plain = entry.plain && is_zero(whole.substr(body.size()));
      if (body.size() <= m_limits.max_header_size) entry.bodies += whole;
      m_at = end;
      return m_file.problem.empty();
    }
    entry.header = m_at;
    entry.content = content;
    entry.size = *size;
    entry.end = end;
    entry.path = path_of(block, entry);
    m_at = end;
    m_file.entries.push_back(std::move(entry));
    return false;
  }

  std::optional<std::uint64_t> stored_size(ByteView block, char type, const TarEntry& entry) {
    if (type == 'S') {
      m_file.problem = "holds a sparse file in the old GNU format";
      return std::nullopt;
    }
    auto size = number_of(field_of(block, k_fields[4]));
    if (const auto record = entry.pax.find("size"sv); record != entry.pax.end() && type != 'x' && type != 'g') {
      std::int64_t value = 0;
      std::from_chars(record->second.data(), record->second.data() + record->second.size(), value);
      size = value;
    }
    if (!size || *size < 0) {
      m_file.problem = "a member's size cannot be read";
      return std::nullopt;
    }
    // Links, devices, directories and FIFOs carry no content whatever their size field says.
    if (type >= '1' && type <= '6') return 0;
    return static_cast<std::uint64_t>(*size);
  }

  void take_extension(char type, std::string_view body, TarEntry& entry) {
    if (body.size() > m_limits.max_header_size) {
      m_file.problem = "an extension header is larger than the limit header-size allows";
    } else if (type == 'L') {
      entry.plain = entry.plain && entry.long_name.empty() && is_zero(body.substr(until_nul(body).size()));
      entry.long_name = until_nul(body);
    } else if (type == 'K') {
      entry.plain = entry.plain && entry.long_link.empty() && is_zero(body.substr(until_nul(body).size()));
      entry.long_link = until_nul(body);
    } else if (auto records = parse_pax(body, entry.plain)) {
      for (auto& [key, value] : *records) {
        const auto fresh = entry.pax.insert_or_assign((type == 'g' ? "global " : "") + key, std::move(value)).second;
        entry.plain = entry.plain && fresh;
      }
    } else {
      m_file.problem = "a pax header is damaged";
    }
  }

  static std::string path_of(ByteView block, const TarEntry& entry) {
    std::string path{until_nul(field_of(block, k_fields[0]))};
    const auto prefix = until_nul(field_of(block, k_fields[14]));
    if (as_text(block.subspan(257, 6)) == "ustar\0"sv && !prefix.empty()) path = std::string{prefix} + "/" + path;
    if (!entry.long_name.empty()) path = entry.long_name;
    if (const auto record = entry.pax.find("path"sv); record != entry.pax.end()) path = record->second;
    while (path.starts_with("./")) path.erase(0, 2);
    while (path.size() > 1 && path.ends_with("/")) path.pop_back();
    return path.empty() ? "." : path;
  }

  const ByteView m_bytes;
  const Limits& m_limits;
  std::uint64_t m_at = 0;
  TarFile m_file;
};

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
        m_a(TarParser{pair.a.bytes(), session.limits()}.parse()),
        m_b(TarParser{pair.b.bytes(), session.limits()}.parse()) {}

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
    assign_image_roles(left);
    assign_image_roles(right);
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

  static std::vector<Member> members(const Content& content, const TarFile& file) {
    std::vector<Member> list;
    for (const auto& entry : file.entries) {
      const auto header = content.bytes().subspan(static_cast<std::size_t>(entry.header), k_block);
      list.push_back({entry.path,
                      kind_of(static_cast<char>(header[156])),
                      static_cast<std::uint32_t>(number_of(field_of(header, k_fields[1])).value_or(0) & 07777),
                      content.part(entry.content, entry.size),
                      {},
                      has_capabilities(entry)});
    }
    return list;
  }

  static std::int64_t newest(const Content& content, const TarFile& file) {
    std::int64_t date = 0;
    for (const auto& entry : file.entries)
      date = std::max(date, number_of(field_of(content.part(entry.header, k_block).bytes(), k_fields[5])).value_or(0));
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
    const auto a = m_pair.a.bytes().subspan(static_cast<std::size_t>(left.header), k_block);
    const auto b = m_pair.b.bytes().subspan(static_cast<std::size_t>(right.header), k_block);
    for (const auto& field : k_fields) {
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
    return (header[156] == '\0' || header[156] == '0') && !until_nul(field_of(header, k_fields[0])).ends_with('/') &&
           !entry.long_name.ends_with('/') && (record == entry.pax.end() || !record->second.ends_with('/'));
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

  static void number_field(const Field& field, std::string_view before, std::string_view after,
                           std::vector<Change>& changes) {
    const auto left = number_of(before);
    const auto right = number_of(after);
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
      for (const auto& field : k_fields) {
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
      return size == (file.end + 2 * k_block + record - 1) / record * record;
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
