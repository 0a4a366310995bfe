// cpio in the "new ASCII" formats (cpio(5), magic 070701 and 070702): payloads of RPM packages, initial ramdisks; and in the
// older portable one of POSIX.1-1988 (magic 070707).
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "artifact/comparator.hpp"
#include "artifact/members.hpp"
#include "base/text.hpp"

namespace assay::artifact {

namespace {

constexpr std::uint64_t k_header = 110;
constexpr std::uint64_t k_old_header = 76;

/// The older format's fields behind the magic, octal, and which of k_fields they are.
struct OldField {
  std::size_t digits, field;
};
constexpr std::array k_old_fields{OldField{6, 7}, OldField{6, 0}, OldField{6, 1},  OldField{6, 2},  OldField{6, 3},
                                  OldField{6, 4}, OldField{6, 9}, OldField{11, 5}, OldField{6, 11}, OldField{11, 6}};

struct Field {
  std::string_view name;
  Aspect aspect;
};
/// Eight hexadecimal digits each, behind the magic.
constexpr std::array k_fields{Field{"inode", Aspect::encoding},
                              Field{"mode", Aspect::mode},
                              Field{"uid", Aspect::owner},
                              Field{"gid", Aspect::owner},
                              Field{"links", Aspect::encoding},
                              Field{"mtime", Aspect::time},
                              Field{"size", Aspect::size},
                              Field{"device major", Aspect::encoding},
                              Field{"device minor", Aspect::encoding},
                              Field{"special major", Aspect::kind},
                              Field{"special minor", Aspect::kind},
                              Field{"name size", Aspect::encoding},
                              Field{"check", Aspect::checksum}};

constexpr std::size_t k_mtime = 5;

struct CpioEntry {
  std::uint64_t begin = 0, content = 0, size = 0, end = 0;
  std::array<std::uint32_t, k_fields.size()> values{};
  std::string name;
  bool old = false;
  std::uint64_t header() const noexcept { return old ? k_old_header : k_header; }
};

struct CpioFile {
  std::vector<CpioEntry> entries;
  std::uint64_t end = 0;
  std::string problem;
};

std::uint64_t padded(const CpioEntry& entry, std::uint64_t offset) {
  return entry.old ? offset : (offset + 3) / 4 * 4;
}

bool read_new(std::string_view header, CpioEntry& entry) {
  for (std::size_t i = 0; i < k_fields.size(); ++i) {
    const auto digits = header.substr(6 + 8 * i, 8);
    const auto [end, problem] = std::from_chars(digits.data(), digits.data() + 8, entry.values[i], 16);
    if (problem != std::errc{} || end != digits.data() + 8) return false;
  }
  return true;
}

bool read_old(std::string_view header, CpioEntry& entry) {
  std::size_t at = 6;
  for (const auto& [digits, field] : k_old_fields) {
    const auto* begin = header.data() + at;
    const auto [end, problem] = std::from_chars(begin, begin + digits, entry.values[field], 8);
    if (problem != std::errc{} || end != begin + digits) return false;
    at += digits;
  }
  return true;
}

std::optional<CpioEntry> read_entry(const Content& content, std::uint64_t at) {
  CpioEntry entry;
  entry.begin = at;
  entry.old = content.part(at, 6).text() == "070707";
  const auto header = content.part(at, entry.header()).text();
  if (header.size() != entry.header() || !starts_with_any(header, {"070701", "070702", "070707"})) return std::nullopt;
  if (!(entry.old ? read_old(header, entry) : read_new(header, entry))) return std::nullopt;
  entry.size = entry.values[6];
  const auto name_size = entry.values[11];
  entry.content = padded(entry, at + entry.header() + name_size);
  entry.end = padded(entry, entry.content + entry.size);
  if (name_size == 0 || entry.content + entry.size > content.size()) return std::nullopt;
  entry.end = std::min(entry.end, content.size());
  entry.name = content.part(at + entry.header(), name_size - 1).text();
  while (entry.name.starts_with("./")) entry.name.erase(0, 2);
  return entry;
}

CpioFile parse(const Content& content, const Limits& limits) {
  CpioFile file;
  while (file.end < content.size()) {
    auto entry = read_entry(content, file.end);
    if (!entry || file.entries.size() >= limits.max_entries) {
      file.problem = "is damaged or too large";
      break;
    }
    file.end = entry->end;
    const bool last = entry->name == "TRAILER!!!";
    file.entries.push_back(*std::move(entry));
    if (last) break;
  }
  return file;
}

std::vector<Member> members(const Content& content, const CpioFile& file) {
  std::vector<Member> list;
  for (const auto& entry : file.entries) {
    const auto type = entry.values[1] & 0170000;
    const auto kind = type == 0040000                ? EntryKind::directory
                      : type == 0120000              ? EntryKind::symlink
                      : type == 0100000 || type == 0 ? EntryKind::regular
                                                     : EntryKind::device;
    list.push_back({entry.name,
                    kind,
                    entry.values[1] & 07777,
                    content.part(entry.content, entry.size),
                    {},
                    false,
                    fmt::format("{}:{}", entry.values[2], entry.values[3]),
                    entry.values[k_mtime]});
  }
  return list;
}

std::vector<Change> header_changes(const Pair& pair, const CpioEntry& left, const CpioEntry& right) {
  std::vector<Change> changes;
  for (std::size_t i = 0; i < k_fields.size(); ++i) {
    if (left.values[i] == right.values[i]) continue;
    const bool mode = k_fields[i].aspect == Aspect::mode;
    auto change = make_change(k_fields[i].aspect, std::string{k_fields[i].name},
                              mode ? fmt::format("{:06o}", left.values[i]) : fmt::format("{}", left.values[i]),
                              mode ? fmt::format("{:06o}", right.values[i]) : fmt::format("{}", right.values[i]));
    change.impact = mode || change.aspect == Aspect::owner ? Impact::privilege : Impact::metadata;
    change.path = pair.path.child(right.name).to_string();
    if (change.aspect == Aspect::size || change.aspect == Aspect::checksum) change.derived_from = change.path;
    changes.push_back(std::move(change));
  }
  return changes;
}

std::int64_t newest(const CpioFile& file) {
  std::uint32_t date = 0;
  for (const auto& entry : file.entries) date = std::max(date, entry.values[k_mtime]);
  return date;
}

bool enter(const Pair& pair, const CpioFile& a, const CpioFile& b, Node& node) {
  const auto left = pair.a.part(a.end, pair.a.size()).text();
  const auto right = pair.b.part(b.end, pair.b.size()).text();
  const auto zero = [](std::string_view text) { return text.find_first_not_of('\0') == std::string_view::npos; };
  if (left == right) return true;
  auto change = make_change(zero(left) && zero(right) ? Aspect::encoding : Aspect::content, "behind the end mark",
                            zero(left) ? fmt::format("{} zero bytes", left.size()) : left,
                            zero(right) ? fmt::format("{} zero bytes", right.size()) : right);
  change.impact = Impact::data;
  node.add(std::move(change));
  return true;
}

/// The entry holds nothing but what is told of it: digits as they are usually written, zeros where it is padded.
bool is_plain(const Content& content, const CpioEntry& entry) {
  const auto zero = [](std::string_view text) { return text.find_first_not_of('\0') == std::string_view::npos; };
  std::string digits;
  if (entry.old)
    for (const auto& [width, field] : k_old_fields) digits += fmt::format("{:0{}o}", entry.values[field], width);
  else
    for (const auto value : entry.values) digits += fmt::format("{:08x}", value);
  const auto name_end = entry.begin + entry.header() + entry.values[11] - 1;
  return ascii_lower(content.part(entry.begin + 6, entry.header() - 6).text()) == digits &&
         zero(content.part(name_end, entry.content - name_end).text()) &&
         zero(content.part(entry.content + entry.size, entry.end - entry.content - entry.size).text());
}

std::string_view magic_of(const Content& content, const CpioEntry& entry) {
  return content.part(entry.begin, 6).text();
}

}  // namespace

bool compare_cpio(Session& session, const Pair& pair, Node& node) {
  const auto a = parse(pair.a, session.limits());
  const auto b = parse(pair.b, session.limits());
  for (const auto* file : {&a, &b})
    if (!file->problem.empty()) {
      node.note(
          fmt::format("the {} cpio archive {}; compared as bytes", file == &a ? "first" : "second", file->problem));
      return false;
    }
  session.dated(newest(a), newest(b));
  const auto left = members(pair.a, a);
  const auto right = members(pair.b, b);
  const auto matching = match_members(left, right);
  compare_members(
      session, pair, left, right, matching,
      [&](const MemberPair& match) { return header_changes(pair, a.entries[match.a], b.entries[match.b]); }, node);
  node.accounted = enter(pair, a, b, node);
  std::uint64_t other_format = 0;
  for (const auto& match : matching.pairs) {
    const auto& before = a.entries[match.a];
    const auto& after = b.entries[match.b];
    if (match.moved) continue;
    if (magic_of(pair.a, before) != magic_of(pair.b, after)) ++other_format;
    if (!is_plain(pair.a, before) || !is_plain(pair.b, after)) node.accounted = false;
  }
  if (other_format == 0) return true;
  // All of them, as a tool writes an archive; one alone would be something else.
  auto change = make_change(other_format == matching.pairs.size() ? Aspect::encoding : Aspect::content, "cpio format",
                            magic_of(pair.a, a.entries.front()), magic_of(pair.b, b.entries.front()));
  change.impact = Impact::metadata;
  change.count = other_format;
  node.add(std::move(change));
  return true;
}

}  // namespace assay::artifact
