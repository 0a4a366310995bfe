#include "base/sqlite.hpp"

#include <sqlite3.h>

#include "base/on_demand.hpp"

#ifdef ASSAY_ON_DEMAND_SQLITE

namespace {
constexpr const char* k_library = ASSAY_ON_DEMAND_SQLITE;
}  // namespace

ASSAY_ON_DEMAND(sqlite3_close);
ASSAY_ON_DEMAND(sqlite3_column_blob);
ASSAY_ON_DEMAND(sqlite3_column_bytes);
ASSAY_ON_DEMAND(sqlite3_column_count);
ASSAY_ON_DEMAND(sqlite3_column_double);
ASSAY_ON_DEMAND(sqlite3_column_type);
ASSAY_ON_DEMAND(sqlite3_deserialize);
ASSAY_ON_DEMAND(sqlite3_errmsg);
ASSAY_ON_DEMAND(sqlite3_finalize);
ASSAY_ON_DEMAND(sqlite3_open_v2);
ASSAY_ON_DEMAND(sqlite3_prepare_v2);
ASSAY_ON_DEMAND(sqlite3_progress_handler);
ASSAY_ON_DEMAND(sqlite3_step);

#endif

namespace assay {

namespace {

/// sqlite3_db_config() takes "...", which a function that is loaded on demand cannot have in its place.
auto configuration_of_sqlite() {
#ifdef ASSAY_ON_DEMAND_SQLITE
  return reinterpret_cast<decltype(&sqlite3_db_config)>(
      function_on_demand(ASSAY_ON_DEMAND_SQLITE, "sqlite3_db_config"));
#else
  return &sqlite3_db_config;
#endif
}

}  // namespace

void SqliteCloser::operator()(sqlite3* database) const noexcept {
  sqlite3_close(database);
}

SqliteDatabase open_sqlite(std::span<const unsigned char> content, int steps) {
  sqlite3* raw = nullptr;
  const bool opened =
      sqlite3_open_v2(":memory:", &raw, SQLITE_OPEN_READONLY | SQLITE_OPEN_MEMORY, nullptr) == SQLITE_OK;
  SqliteDatabase database{raw};
  // SQLITE_DESERIALIZE_READONLY: the library's interface predates const, the bytes are not written to.
  auto* bytes = const_cast<unsigned char*>(content.data());
  const auto size = static_cast<sqlite3_int64>(content.size());
  if (!opened || content.empty() ||
      sqlite3_deserialize(raw, "main", bytes, size, size, SQLITE_DESERIALIZE_READONLY) != SQLITE_OK)
    return nullptr;
  const auto configure = configuration_of_sqlite();
  configure(raw, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  configure(raw, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_progress_handler(
      raw, steps, [](void*) { return 1; }, nullptr);
  return database;
}

}  // namespace assay
