// ar, as System V and GNU write it (ar(5)): packages of Debian and static libraries.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

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

std::vector<Member> members(const Content& content, const ArFile& file) {
  std::vector<Member> list;
  for (const auto& entry : file.entries) {
    // ar's own tables derive from the members and are told apart by their names.
    const bool table = entry.name == "/" || entry.name == "//" || entry.name == "/SYM64/";
    const std::string name = entry.name == "//" ? "(long names)" : table ? "(symbol table)" : entry.name;
    list.push_back(
        {name, EntryKind::regular, 0644, content.part(entry.content, entry.size), table ? name : std::string{}});
  }
  return list;
}

std::int64_t newest(const Content& content, const ArFile& file) {
  std::uint64_t date = 0;
  for (const auto& entry : file.entries)
    date = std::max(date, decimal(content.part(entry.header + 16, 12).text()).value_or(0));
  return static_cast<std::int64_t>(date);
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
      if (field.offset == 0 && left.name != right.name && !match.moved) change.aspect = Aspect::name;
      change.impact = Impact::metadata;  // nothing is installed with what an ar header says
      change.path = path;
      if (change.aspect == Aspect::size) change.derived_from = path;
      changes.push_back(std::move(change));
    }
    const auto pad_a = m_pair.a.part(left.content + left.size, left.end - left.content - left.size).text();
    const auto pad_b = m_pair.b.part(right.content + right.size, right.end - right.content - right.size).text();
    if (pad_a != pad_b && left.size % 2 == right.size % 2) {
      changes.push_back(make_change(Aspect::encoding, "padding", pad_a, pad_b));
      changes.back().path = path;
    }
    return changes;
  }

  static std::string members_name(const ArEntry& entry) {
    return entry.name == "//"                             ? "(long names)"
           : entry.name == "/" || entry.name == "/SYM64/" ? "(symbol table)"
                                                          : entry.name;
  }

  /// A symbol table as System V and GNU write it: the number of the member that each symbol stands in, and the names.
  struct SymbolTable {
    std::vector<std::size_t> members;
    std::string_view names;
    bool operator==(const SymbolTable&) const = default;
  };

  static std::optional<SymbolTable> symbol_table(const Content& content, const ArFile& file) {
    const auto entry = std::find_if(file.entries.begin(), file.entries.end(),
                                    [](const ArEntry& candidate) { return candidate.name == "/"; });
    if (entry == file.entries.end() || entry->size < 4) return std::nullopt;
    const auto table = content.part(entry->content, entry->size);
    const auto count = big_endian(table.bytes(), 0, 4);
    if (count > (entry->size - 4) / 4) return std::nullopt;
    SymbolTable result;
    for (std::uint64_t i = 0; i < count; ++i) {
      const auto offset = big_endian(table.bytes(), static_cast<std::size_t>(4 + 4 * i), 4);
      const auto member =
          std::lower_bound(file.entries.begin(), file.entries.end(), offset,
                           [](const ArEntry& candidate, std::uint64_t at) { return candidate.header < at; });
      if (member == file.entries.end() || member->header != offset) return std::nullopt;
      result.members.push_back(static_cast<std::size_t>(member - file.entries.begin()));
    }
    result.names = table.text().substr(static_cast<std::size_t>(4 + 4 * count));
    return result;
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
