// SQLite databases by what they hold: every table's rows as lines. The library reads from memory, with nothing of the
// schema trusted, and gives up after a bounded number of steps. Where both have one layout, the values are all that differs.
#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <vector>

#include "artifact/comparator.hpp"
#include "artifact/fields.hpp"
#include "artifact/parts_diff.hpp"
#include "artifact/sqlite_pages.hpp"
#include "base/handle.hpp"
#include "base/sqlite.hpp"

namespace assay::artifact {

namespace {

constexpr std::uint64_t k_most_bytes = 64ULL << 20;
constexpr std::size_t k_most_text = 128U << 20;
constexpr int k_steps = 20'000'000;

using Statement = Handle<sqlite3_stmt, sqlite3_finalize>;

Statement prepare(sqlite3* database, const std::string& sql) {
  sqlite3_stmt* raw = nullptr;
  sqlite3_prepare_v2(database, sql.c_str(), static_cast<int>(sql.size()), &raw, nullptr);
  return Statement{raw};
}

std::string column(sqlite3_stmt* row, int index) {
  const auto type = sqlite3_column_type(row, index);
  if (type == SQLITE_NULL) return "NULL";
  // As text the library rounds it.
  if (type == SQLITE_FLOAT) return fmt::format("{}", sqlite3_column_double(row, index));
  const auto* data = static_cast<const char*>(sqlite3_column_blob(row, index));
  const std::string_view bytes{data == nullptr ? "" : data,
                               data == nullptr ? 0 : static_cast<std::size_t>(sqlite3_column_bytes(row, index))};
  return type == SQLITE_BLOB ? to_hex(as_bytes(bytes)) : std::string{bytes};
}

/// False if the database could not be read to its end.
bool dump_rows(sqlite3* database, const std::string& sql, const std::string& lead, std::string& out) {
  const auto statement = prepare(database, sql);
  if (!statement) return false;
  int state = sqlite3_step(statement.get());
  for (; state == SQLITE_ROW && out.size() < k_most_text; state = sqlite3_step(statement.get())) {
    out += lead;
    for (int i = 0; i < sqlite3_column_count(statement.get()); ++i)
      out += fmt::format("{}{}", i > 0 ? " | " : "", column(statement.get(), i));
    out += '\n';
  }
  return state == SQLITE_DONE;
}

bool dump(const Content& content, std::string& out) {
  const auto database = open_sqlite(content.bytes(), k_steps);
  if (!database ||
      !dump_rows(database.get(), "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name", "schema: ", out))
    return false;
  std::string names;
  if (!dump_rows(database.get(), "SELECT name FROM sqlite_schema WHERE type = 'table' AND rootpage > 0 ORDER BY name",
                 "", names))
    return false;
  for (const auto name : lines_with_ends(names)) {
    std::string quoted = "\"";
    for (const auto c : name.substr(0, name.size() - 1)) quoted += c == '"' ? "\"\"" : std::string(1, c);
    if (!dump_rows(database.get(), "SELECT * FROM " + quoted + "\"",
                   std::string{name.substr(0, name.size() - 1)} + ": ", out))
      return false;
  }
  return true;
}

/// The first pages of all that the schema names; nothing if an index does not agree with its table.
std::optional<std::vector<std::uint32_t>> roots_of(const Content& content) {
  const auto database = open_sqlite(content.bytes(), k_steps);
  std::string checked;
  if (!database || !dump_rows(database.get(), "PRAGMA integrity_check(1)", "", checked) || checked != "ok\n")
    return std::nullopt;
  std::string listed;
  if (!dump_rows(database.get(), "SELECT DISTINCT rootpage FROM sqlite_schema WHERE rootpage > 0 ORDER BY rootpage", "",
                 listed))
    return std::nullopt;
  std::vector<std::uint32_t> roots;
  for (const auto line : lines_with_ends(listed))
    std::from_chars(line.data(), line.data() + line.size(), roots.emplace_back());
  return roots;
}

/// Nothing differs but values of rows, which were told, and what counts the changes.
bool same_layout(const Content& a, const Content& b, Node& node) {
  const auto header = [](const Content& content) {
    std::string text{content.part(0, k_sqlite_header).text()};
    const bool agree =
        text.size() == k_sqlite_header && text.compare(k_sqlite_change_counter, 4, text, k_sqlite_valid_for, 4) == 0;
    if (agree) text.replace(k_sqlite_change_counter, 4, 4, '0').replace(k_sqlite_valid_for, 4, 4, '0');
    return text;
  };
  if (header(a) != header(b) || header(a).size() != k_sqlite_header) return false;
  const auto roots = roots_of(a);
  if (!roots || roots != roots_of(b) || !only_values_differ(a.bytes(), b.bytes(), *roots)) return false;
  const auto counter = [](const Content& content) {
    return fmt::format("{}", big_endian(content.bytes(), k_sqlite_change_counter, 4));
  };
  if (counter(a) == counter(b)) return true;
  auto change = make_change(Aspect::size, "change counter", counter(a), counter(b));
  change.derived_from = "self";
  change.impact = Impact::metadata;
  change.reason = "counts the changes that were made to the database";
  node.add(std::move(change));
  return true;
}

}  // namespace

bool compare_sqlite(Session& /*session*/, const Pair& pair, Node& node) {
  std::string a, b;
  if (std::max(pair.a.size(), pair.b.size()) > k_most_bytes || !dump(pair.a, a) || !dump(pair.b, b)) {
    node.note("a database cannot be read; compared as bytes");
    return false;
  }
  auto diff = diff_split(a, b, '\n', {"row", 40});
  for (auto& change : diff.changes) {
    change.impact = node.item.impact;
    node.add(std::move(change));
  }
  node.item.view = std::move(diff.view);
  node.accounted = true;
  if (!diff.changes.empty() && same_layout(pair.a, pair.b, node)) return true;
  // Free pages and the layout of pages hold bytes that no query shows.
  auto layout = make_change(Aspect::content, "pages", "", "");
  layout.reason = "how the rows lie in pages, and what free pages hold, is not told apart";
  layout.impact = node.item.impact;
  node.add(std::move(layout));
  return true;
}

}  // namespace assay::artifact
