// SQLite databases from outside. Two modules read them, and the library is loaded when the first is opened (ADR 008).
#pragma once
#include <memory>
#include <span>

struct sqlite3;

namespace assay {

struct SqliteCloser {
  void operator()(sqlite3* database) const noexcept;
};
using SqliteDatabase = std::unique_ptr<sqlite3, SqliteCloser>;

/// Open the database whose file is `content`, to be read from memory: nothing of its schema is trusted, and a query gives
/// up after `steps` of SQLite's virtual machine. Null if it is none. `content` must outlive it and is not written to.
SqliteDatabase open_sqlite(std::span<const unsigned char> content, int steps);

}  // namespace assay
