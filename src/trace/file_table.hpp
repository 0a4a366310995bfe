// The files of a trace: which inode has which content when, and what it is called. See trace.hpp for what a version is.
#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/file.hpp"
#include "trace/hashing.hpp"
#include "trace/process_view.hpp"
#include "trace/trace.hpp"
#include "trace/tracer.hpp"

namespace assay::trace {

/// A mount namespace, held so that its files can be read after its last process has ended.
struct MountView {
  std::uint64_t id = 0;  ///< inode number of the namespace
  UniqueFd held;         ///< the namespace itself
  UniqueFd root;         ///< its root directory (O_PATH)

  /// Open `path` in it. `flags` of open(2).
  UniqueFd open(std::string_view path, int flags) const;
};

/// Counts what a trace may hold, and says once what it does not.
class Budget {
 public:
  Budget(const TraceLimits& limits, Coverage& coverage) : m_limits(limits), m_coverage(coverage) {}
  /// Room for a record with so much text? If not: a gap.
  bool take(std::size_t text);
  /// The moment of the record that was taken last. Any thread.
  Moment moment() const noexcept { return m_records; }
  bool take_process(std::size_t have);
  /// Each (what, reason) once, at most some thousand.
  void gap(std::string what, std::string reason, std::string remedy = {});

 private:
  const TraceLimits& m_limits;
  Coverage& m_coverage;
  std::atomic<Moment> m_records{0};
  std::uint64_t m_text = 0;
  std::unordered_set<std::string> m_said;
};

class FileTable {
 public:
  /// `phase` is the present one.
  FileTable(const TraceOptions& options, Trace& trace, Budget& budget, const std::atomic<Index>& phase);
  ~FileTable();

  /// A file that a stopped process has at hand: `link` is the name of proc(5) for it ("/proc/1/fd/3", "/proc/1/exe").
  struct Handle {
    const char* link = nullptr;
    const FileFacts* facts = nullptr;
    const MountView* view = nullptr;
  };
  /// The version that someone who reads it now gets. k_none: it cannot be recorded.
  Index read(const Handle& handle);
  /// The version that `process` writes to from now on.
  Index write(const Handle& handle, Index process);

  /// Nothing that content can be kept in: proc(5), sysfs and their like.
  bool is_pseudo(const Handle& handle);

  /// A file got another name, or a further one. Of a directory: all that is below it.
  void renamed(const FileFacts& facts, const std::string& from, const std::string& to);

  /// Everything has ended: hash what is to be hashed at the end.
  void finish();

 private:
  struct Entry {
    Index current = k_none;
    Index phase = 0;       ///< in which it was first written to
    bool open = false;     ///< someone may be writing to the current version
    bool guarded = false;  ///< hashed while its reader stands still; else at the end
    bool settled = false;  ///< a later change would have shown in the stamp
    FileStamp stamp;       ///< when the current version was taken
    std::string path;      ///< the newest name
    const MountView* view = nullptr;
  };
  Entry& entry_of(const Handle& handle);
  bool is_writable_place(std::string_view path) const noexcept;
  Index add_version(const Handle& handle, Entry& entry);
  void learn_name(const Handle& handle, Entry& entry);
  void add_name(Entry& entry, std::string name);
  void take_content(const Handle& handle, Entry& entry);
  void fix(Index file, const Content& content);
  void finish_entry(const FileKey& key, Entry& entry);

  const TraceOptions& m_options;
  Trace& m_trace;
  Budget& m_budget;
  const std::atomic<Index>& m_phase;
  Hasher m_hasher;
  std::unique_ptr<DigestCache> m_own_cache;
  DigestCache::State& m_cache;
  std::unordered_map<FileKey, Entry, FileKeyHash> m_entries;
  std::unordered_map<std::uint64_t, bool> m_pseudo;  ///< device → has no content
  std::size_t m_directory_renames = 0;
};

}  // namespace assay::trace
