// ar, as System V and GNU write it (ar(5)): packages of Debian and static libraries.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "archive/sniff.hpp"
#include "artifact/comparator.hpp"
#include "artifact/fields.hpp"
#include "artifact/members.hpp"
#include "base/text.hpp"

namespace assay::artifact {

namespace {

constexpr std::uint64_t k_header = 60;

struct Field {
  std::string_view name;
  std::size_t offset, size;
  Aspect aspect;
};
constexpr std::array k_fields{
    Field{"name", 0, 16, Aspect::encoding},    Field{"mtime", 16, 12, Aspect::time},
    Field{"uid", 28, 6, Aspect::owner},        Field{"gid", 34, 6, Aspect::owner},
    Field{"mode", 40, 8, Aspect::mode},        Field{"size", 48, 10, Aspect::size},
    Field{"end mark", 58, 2, Aspect::content},
};

struct ArEntry {
  std::uint64_t header = 0, content = 0, size = 0, end = 0;
  std::string name;
};

struct ArFile {
  std::vector<ArEntry> entries;
  std::string problem;
};

std::string_view trimmed(std::string_view text) {
  const auto last = text.find_last_not_of(' ');
  return last == std::string_view::npos ? std::string_view{} : text.substr(0, last + 1);
}

std::optional<std::uint64_t> decimal(std::string_view text) {
  text = trimmed(text);
  std::uint64_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Digits with blanks behind them, as the format has it: nothing else can stand there unseen.
bool is_plain_number(std::string_view field, char last) {
  const auto digits = trimmed(field);
  return std::all_of(digits.begin(), digits.end(), [&](char c) { return c >= '0' && c <= last; });
}

/// deb(5) members say "100644" or "644", as tools have it: the kind of file is a regular one either way.
bool same_permissions(std::string_view before, std::string_view after) {
  const auto without_kind = [](std::string_view mode) {
    mode = trimmed(mode);
    return mode.size() == 6 && mode.starts_with("100") ? mode.substr(3) : mode;
  };
  return without_kind(before) == without_kind(after);
}

class ArParser {
 public:
  ArParser(const Content& content, const Limits& limits) : m_content(content), m_limits(limits) {}

  ArFile parse() {
    std::uint64_t at = 8;
    while (at < m_content.size() && m_file.problem.empty()) at = take(at);
    return std::move(m_file);
  }

 private:
  std::uint64_t take(std::uint64_t at) {
    const auto header = m_content.part(at, k_header).text();
    const auto size = header.size() == k_header ? decimal(header.substr(48, 10)) : std::nullopt;
    if (!size || *size > m_content.size() - at - k_header || m_file.entries.size() >= m_limits.max_entries) {
      m_file.problem = size ? "is cut off in a member" : "holds a damaged header";
      return at;
    }
    ArEntry entry{at, at + k_header, *size, at + k_header + *size, std::string{trimmed(header.substr(0, 16))}};
    if (entry.end < m_content.size() && *size % 2 == 1) ++entry.end;
    resolve_name(entry);
    m_file.entries.push_back(entry);
    return entry.end;
  }

  void resolve_name(ArEntry& entry) {
    if (entry.name == "//") m_long_names = m_content.part(entry.content, entry.size).text();
    if (entry.name == "/" || entry.name == "//" || entry.name == "/SYM64/") return;
    if (entry.name.starts_with("#1/")) {  // BSD: the name stands before the content
      const auto length = decimal(std::string_view{entry.name}.substr(3)).value_or(0);
      if (length > entry.size) return;
      auto name = m_content.part(entry.content, length).text();
      entry.name = std::string{name.substr(0, name.find('\0'))};
      return;
    }
    if (entry.name.starts_with("/")) {
      const auto offset = decimal(std::string_view{entry.name}.substr(1));
      if (!offset || *offset >= m_long_names.size()) return;
      const auto name = m_long_names.substr(static_cast<std::size_t>(*offset));
      entry.name = std::string{name.substr(0, name.find('\n'))};
    }
    if (entry.name.size() > 1 && entry.name.ends_with("/")) entry.name.pop_back();
  }

  const Content& m_content;
  const Limits& m_limits;
  std::string_view m_long_names;
  ArFile m_file;
};

std::int64_t time_of(const Content& content, const ArEntry& entry) {
  return static_cast<std::int64_t>(decimal(content.part(entry.header + 16, 12).text()).value_or(0));
}

std::vector<Member> members(const Content& content, const ArFile& file) {
  std::vector<Member> list;
  for (const auto& entry : file.entries) {
    // ar's own tables derive from the members and are told apart by their names.
    const bool table = entry.name == "/" || entry.name == "//" || entry.name == "/SYM64/";
    const std::string name = entry.name == "//" ? "(long names)" : table ? "(symbol table)" : entry.name;
    list.push_back(
        {name, EntryKind::regular, 0644, content.part(entry.content, entry.size), table ? name : std::string{}});
    if (!table) list.back().time = time_of(content, entry);
  }
  return list;
}

std::int64_t newest(const Content& content, const ArFile& file) {
  std::int64_t date = 0;
  for (const auto& entry : file.entries) date = std::max(date, time_of(content, entry));
  return date;
}

class ArComparison {
 public:
  ArComparison(Session& session, const Pair& pair, Node& node) : m_session(session), m_pair(pair), m_node(node) {}

  bool run() {
    m_a = ArParser{m_pair.a, m_session.limits()}.parse();
    m_b = ArParser{m_pair.b, m_session.limits()}.parse();
    for (const auto* file : {&m_a, &m_b})
      if (!file->problem.empty()) {
        m_node.note(
            fmt::format("the {} ar archive {}; compared as bytes", file == &m_a ? "first" : "second", file->problem));
        return false;
      }
    m_session.dated(newest(m_pair.a, m_a), newest(m_pair.b, m_b));
    const auto left = members(m_pair.a, m_a);
    const auto right = members(m_pair.b, m_b);
    const auto matching = match_members(left, right);
    compare_members(
        m_session, m_pair, left, right, matching, [&](const MemberPair& match) { return header_changes(match); },
        m_node);
    derive_symbol_table();
    m_node.accounted = enter(matching);
    return true;
  }

 private:
  std::vector<Change> header_changes(const MemberPair& match) {
    const auto& left = m_a.entries[match.a];
    const auto& right = m_b.entries[match.b];
    const auto a = m_pair.a.part(left.header, k_header).text();
    const auto b = m_pair.b.part(right.header, k_header).text();
    std::vector<Change> changes;
    const auto path = m_pair.path.child(members_name(right)).to_string();
    for (const auto& field : k_fields) {
      const auto before = a.substr(field.offset, field.size);
      const auto after = b.substr(field.offset, field.size);
      if (before == after) continue;
      auto change = make_change(trimmed(before) == trimmed(after) ? Aspect::encoding : field.aspect,
                                std::string{field.name}, trimmed(before), trimmed(after));
      if (field.offset == 0 && left.name != right.name && !match.moved) name_change(left, right, match, change);
      const char last = field.aspect == Aspect::mode ? '7' : '9';
      if (field.aspect == Aspect::mode && same_permissions(before, after)) change.aspect = Aspect::encoding;
      if (field.offset != 0 && !(is_plain_number(before, last) && is_plain_number(after, last)))
        change.aspect = Aspect::content;
      // Whoever archives the members is one for all of them.
      const bool of_archiver = field.aspect == Aspect::owner || field.aspect == Aspect::mode;
      if (of_archiver && change.aspect == field.aspect && !is_for_all(field)) change.aspect = Aspect::content;
      change.impact = Impact::metadata;  // nothing is installed with what an ar header says
      change.path = path;
      if (change.aspect == Aspect::size) change.derived_from = path;
      changes.push_back(std::move(change));
    }
    const auto pad_a = m_pair.a.part(left.content + left.size, left.end - left.content - left.size).text();
    const auto pad_b = m_pair.b.part(right.content + right.size, right.end - right.content - right.size).text();
    if (pad_a != pad_b && left.size % 2 == right.size % 2) {
      const auto is_padding = [](std::string_view text) {
        return text.empty() || text == "\n" || text == std::string_view{"\0", 1};
      };
      changes.push_back(make_change(is_padding(pad_a) && is_padding(pad_b) ? Aspect::encoding : Aspect::content,
                                    "padding", pad_a, pad_b));
      changes.back().path = path;
    }
    return changes;
  }

  /// A part of a package that is compressed in another way is called so, too.
  void name_change(const ArEntry& left, const ArEntry& right, const MemberPair& match, Change& change) const {
    change.aspect = Aspect::name;
    const auto stem = without_compression_suffix(right.name);
    const auto filter = [&](const Content& content, const ArEntry& entry) {
      return archive::sniff_filter(
          content.part(entry.content, entry.size)
              .bytes()
              .first(static_cast<std::size_t>(std::min<std::uint64_t>(entry.size, archive::k_sniff_size))));
    };
    const auto says = [&](const ArEntry& entry, archive::Filter found) {
      const auto suffix = std::string_view{entry.name}.substr(stem.size());
      return (found == archive::Filter::none && suffix.empty()) ||
             (found == archive::Filter::gzip && suffix == ".gz") || (found == archive::Filter::xz && suffix == ".xz") ||
             (found == archive::Filter::zstd && suffix == ".zst") ||
             (found == archive::Filter::bzip2 && suffix == ".bz2");
    };
    if (match.moved || stem != without_compression_suffix(left.name) || !says(left, filter(m_pair.a, left)) ||
        !says(right, filter(m_pair.b, right)))
      return;
    change.aspect = Aspect::compression;
    change.place = "suffix of the name";
  }

  /// All members have one value of the field on either side; ar's own tables have none.
  bool is_for_all(const Field& field) const {
    const auto is_one = [&](const Content& content, const ArFile& file) {
      std::optional<std::string_view> value;
      for (const auto& entry : file.entries) {
        if (members_name(entry).starts_with('(')) continue;
        const auto own = trimmed(content.part(entry.header, k_header).text().substr(field.offset, field.size));
        if (value.value_or(own) != own) return false;
        value = own;
      }
      return true;
    };
    return is_one(m_pair.a, m_a) && is_one(m_pair.b, m_b);
  }

  static std::string members_name(const ArEntry& entry) {
    return entry.name == "//"                             ? "(long names)"
           : entry.name == "/" || entry.name == "/SYM64/" ? "(symbol table)"
                                                          : entry.name;
  }

  /// Each symbol with the member that has it, in the order of the members: what the table says whatever their order is.
  using SymbolTable = std::vector<std::pair<std::string, std::string>>;

  static std::optional<SymbolTable> symbol_table(const Content& content, const ArFile& file) {
    const auto entry = std::find_if(file.entries.begin(), file.entries.end(),
                                    [](const ArEntry& candidate) { return candidate.name == "/"; });
    if (entry == file.entries.end() || entry->size < 4) return std::nullopt;
    const auto table = content.part(entry->content, entry->size);
    const auto count = big_endian(table.bytes(), 0, 4);
    if (count > (entry->size - 4) / 4) return std::nullopt;
    SymbolTable result;
    auto names = table.text().substr(static_cast<std::size_t>(4 + 4 * count));
    for (std::uint64_t i = 0; i < count; ++i) {
      const auto offset = big_endian(table.bytes(), static_cast<std::size_t>(4 + 4 * i), 4);
      const auto member =
          std::lower_bound(file.entries.begin(), file.entries.end(), offset,
                           [](const ArEntry& candidate, std::uint64_t at) { return candidate.header < at; });
      const auto end = names.find('\0');
      if (member == file.entries.end() || member->header != offset || end == std::string_view::npos)
        return std::nullopt;
      // One name twice would not say which of the two is meant.
      result.emplace_back(member->name, names.substr(0, end));
      names.remove_prefix(end + 1);
    }
    if (names.find_first_not_of('\0') != std::string_view::npos || names.size() > 1 || has_twice(file))
      return std::nullopt;
    std::stable_sort(result.begin(), result.end(), [](const auto& x, const auto& y) { return x.first < y.first; });
    return result;
  }

  static bool has_twice(const ArFile& file) {
    std::vector<std::string_view> names;
    for (const auto& entry : file.entries) names.push_back(entry.name);
    std::sort(names.begin(), names.end());
    return std::adjacent_find(names.begin(), names.end()) != names.end();
  }

  /// The symbol table holds offsets of members: where it says the same of both, it differs because they do.
  void derive_symbol_table() {
    const auto left = symbol_table(m_pair.a, m_a);
    if (!left || left != symbol_table(m_pair.b, m_b)) return;
    for (auto& child : m_node.children) {
      if (!child.item.path.ends_with("(symbol table)")) continue;
      for (auto& change : child.changes) {
        const bool header = std::any_of(k_fields.begin(), k_fields.end(),
                                        [&](const Field& field) { return field.name == change.place; });
        if (change.aspect != Aspect::content || header) continue;
        change.aspect = Aspect::offset;
        change.derived_from = m_node.item.path.empty() ? k_whole_artifact : m_node.item.path;
      }
    }
  }

  bool enter(const Matching& matching) {
    Ledger ledger{m_pair.a.bytes(), m_pair.b.bytes()};
    if (!ledger.equal(0, 0, 8)) return false;
    for (const auto& match : matching.pairs) {
      const auto& left = m_a.entries[match.a];
      const auto& right = m_b.entries[match.b];
      ledger.told(left.header, left.end - left.header, right.header, right.end - right.header);
    }
    for (const auto i : matching.only_a)
      ledger.told(m_a.entries[i].header, m_a.entries[i].end - m_a.entries[i].header, 0, 0);
    for (const auto i : matching.only_b)
      ledger.told(0, 0, m_b.entries[i].header, m_b.entries[i].end - m_b.entries[i].header);
    return ledger.complete();
  }

  Session& m_session;
  const Pair& m_pair;
  Node& m_node;
  ArFile m_a, m_b;
};

}  // namespace

bool compare_ar(Session& session, const Pair& pair, Node& node) {
  return ArComparison{session, pair, node}.run();
}

}  // namespace assay::artifact
