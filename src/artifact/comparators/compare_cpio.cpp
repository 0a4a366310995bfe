// cpio in the "new ASCII" formats (cpio(5), magic 070701 and 070702): payloads of RPM packages, initial ramdisks.
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
};

struct CpioFile {
  std::vector<CpioEntry> entries;
  std::uint64_t end = 0;
  std::string problem;
};

constexpr std::uint64_t padded(std::uint64_t offset) {
  return (offset + 3) / 4 * 4;
}

std::optional<CpioEntry> read_entry(const Content& content, std::uint64_t at) {
  const auto header = content.part(at, k_header).text();
  if (header.size() != k_header || !(header.starts_with("070701") || header.starts_with("070702"))) return std::nullopt;
  CpioEntry entry;
  entry.begin = at;
  for (std::size_t i = 0; i < k_fields.size(); ++i) {
    const auto digits = header.substr(6 + 8 * i, 8);
    const auto [end, problem] = std::from_chars(digits.data(), digits.data() + 8, entry.values[i], 16);
    if (problem != std::errc{} || end != digits.data() + 8) return std::nullopt;
  }
  entry.size = entry.values[6];
  const auto name_size = entry.values[11];
  entry.content = padded(at + k_header + name_size);
  entry.end = padded(entry.content + entry.size);
  if (name_size == 0 || entry.content + entry.size > content.size()) return std::nullopt;
  entry.end = std::min(entry.end, content.size());
  entry.name = content.part(at + k_header, name_size - 1).text();
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
    list.push_back({entry.name, kind, entry.values[1] & 07777, content.part(entry.content, entry.size), {}});
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
  for (const auto value : entry.values) digits += fmt::format("{:08x}", value);
  const auto name_end = entry.begin + k_header + entry.values[11] - 1;
  return ascii_lower(content.part(entry.begin + 6, k_header - 6).text()) == digits &&
         zero(content.part(name_end, entry.content - name_end).text()) &&
         zero(content.part(entry.content + entry.size, entry.end - entry.content - entry.size).text());
}

bool same_frames(const Pair& pair, const CpioEntry& left, const CpioEntry& right) {
  const auto header = [](const Content& content, const CpioEntry& entry) {
    return content.part(entry.begin, 6).text();
  };
  return header(pair.a, left) == header(pair.b, right) && is_plain(pair.a, left) && is_plain(pair.b, right);
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
  for (const auto& match : matching.pairs)
    if (!match.moved && !same_frames(pair, a.entries[match.a], b.entries[match.b])) node.accounted = false;
  return true;
}

}  // namespace assay::artifact
