#include "trace/file_table.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>

#include "base/text.hpp"

namespace assay::trace {

namespace {

constexpr std::size_t k_most_gaps = 5000;
constexpr std::size_t k_most_names = 1000;                // of one file
constexpr std::size_t k_most_directory_renames = 20'000;  // each looks at every file
/// Within this time after a change another one may leave the same time stamp: the kernel's clock for files ticks.
constexpr std::int64_t k_tick = 20'000'000;

std::int64_t file_clock() noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME_COARSE, &now);
  return now.tv_sec * 1'000'000'000 + now.tv_nsec;
}

/// Would a change that came after `moment` have shown in the stamp?
bool is_settled(const FileStamp& stamp, std::int64_t moment) noexcept {
  return moment - std::max(stamp.modified, stamp.changed) > k_tick;
}

bool is_below(std::string_view path, std::string_view directory) noexcept {
  while (directory.ends_with('/')) directory.remove_suffix(1);
  return path.starts_with(directory) && (path.size() == directory.size() || path[directory.size()] == '/');
}

}  // namespace

UniqueFd MountView::open(std::string_view path, int flags) const {
  open_how how{};
  how.flags = static_cast<unsigned>(flags | O_CLOEXEC);
  how.resolve = RESOLVE_IN_ROOT;
  const std::string text{path};
  return UniqueFd{static_cast<int>(::syscall(SYS_openat2, root.get(), text.c_str(), &how, sizeof how))};
}

bool Budget::take(std::size_t text) {
  m_text += text;
  if (m_records < m_limits.records && m_text <= m_limits.text_bytes) {
    ++m_records;
    return true;
  }
  gap("the trace", "the build did more than is recorded; what came later is missing");
  return false;
}

bool Budget::take_process(std::size_t have) {
  if (have < m_limits.processes) return true;
  gap("the trace", "the build started more processes than are recorded; what the later ones did is missing");
  return false;
}

void Budget::gap(std::string what, std::string reason, std::string remedy) {
  if (m_said.size() == k_most_gaps) {
    what = "the trace";
    reason = "there are further gaps";
  }
  if (m_said.size() > k_most_gaps || !m_said.insert(what + '\0' + reason).second) return;
  m_coverage.add(escape_for_display(what), std::move(reason), std::move(remedy));
}

FileTable::FileTable(const TraceOptions& options, Trace& trace, Budget& budget, const std::atomic<Index>& phase)
    : m_options(options),
      m_trace(trace),
      m_budget(budget),
      m_phase(phase),
      m_own_cache(options.digests != nullptr ? nullptr : std::make_unique<DigestCache>()),
      m_cache(options.digests != nullptr ? options.digests->state() : m_own_cache->state()) {}
FileTable::~FileTable() = default;

bool FileTable::is_writable_place(std::string_view path) const noexcept {
  return std::any_of(m_options.writable.begin(), m_options.writable.end(),
                     [&](const auto& place) { return is_below(path, place); });
}

bool FileTable::is_pseudo(const Handle& handle) {
  const auto [found, is_new] = m_pseudo.try_emplace(handle.facts->key.device, false);
  if (!is_new) return found->second;
  struct statfs system {};
  if (::statfs(handle.link, &system) != 0) return false;
  constexpr std::uint64_t pseudo[] = {PROC_SUPER_MAGIC, SYSFS_MAGIC,    CGROUP_SUPER_MAGIC, CGROUP2_SUPER_MAGIC,
                                      DEBUGFS_MAGIC,    TRACEFS_MAGIC,  SECURITYFS_MAGIC,   SELINUX_MAGIC,
                                      BPF_FS_MAGIC,     PSTOREFS_MAGIC, NSFS_MAGIC,         BINFMTFS_MAGIC,
                                      EFIVARFS_MAGIC};
  const auto magic = static_cast<std::uint64_t>(system.f_type) & 0xffffffff;
  found->second = std::find(std::begin(pseudo), std::end(pseudo), magic) != std::end(pseudo);
  return found->second;
}

FileTable::Entry& FileTable::entry_of(const Handle& handle) {
  auto& entry = m_entries[handle.facts->key];
  if (entry.path.empty() || entry.guarded) learn_name(handle, entry);
  return entry;
}

/// The name under which it was just opened. Files that do not change are asked for it once.
void FileTable::learn_name(const Handle& handle, Entry& entry) {
  auto target = link_target(handle.link);
  if (handle.facts->links == 0) target = without_deleted(target);
  if (target == entry.path) return;
  const bool first = entry.path.empty();
  if (first) entry.guarded = is_writable_place(target) || !target.starts_with('/') || target.starts_with("/memfd:");
  entry.view = handle.view;
  if (first) entry.path = std::move(target);
  else add_name(entry, std::move(target));
}

void FileTable::add_name(Entry& entry, std::string name) {
  if (entry.path == name) return;
  entry.path = name;
  if (entry.current == k_none) return;
  auto& version = m_trace.files[entry.current];
  auto& names = version.aliases;
  if (name == version.path || std::find(names.begin(), names.end(), name) != names.end()) return;
  if (names.size() >= k_most_names) return m_budget.gap(version.path, "it has too many names; some are missing");
  if (m_budget.take(name.size())) names.push_back(std::move(name));
}

Index FileTable::add_version(const Handle& handle, Entry& entry) {
  if (!m_budget.take(entry.path.size())) return k_none;
  FileVersion version;
  version.path = entry.path;
  version.mode = handle.facts->mode;
  version.size = handle.facts->stamp.size;
  version.writable_place = is_writable_place(entry.path);
  m_trace.files.push_back(std::move(version));
  return static_cast<Index>(m_trace.files.size() - 1);
}

void FileTable::fix(Index file, const Content& content) {
  auto& version = m_trace.files[file];
  version.sha256 = content.sha256;
  version.gitoid = content.gitoid;
  version.size = content.size;
  version.kind = content.kind;
}

Index FileTable::read(const Handle& handle) {
  auto& entry = entry_of(handle);
  const auto& stamp = handle.facts->stamp;
  if (!entry.guarded) {
    if (entry.current == k_none || entry.stamp != stamp) entry.current = add_version(handle, entry);
    entry.stamp = stamp;
    return entry.current;
  }
  take_content(handle, entry);
  return entry.current;
}

/// Hash what is there now. It is the content of the version being written, the same as before, or a new version.
void FileTable::take_content(const Handle& handle, Entry& entry) {
  if (entry.current != k_none && !entry.open && entry.settled && entry.stamp == handle.facts->stamp) return;
  const auto before = file_clock();
  const UniqueFd file{::open(handle.link, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
  const auto content = file ? m_hasher.hash(file.get(), m_options.limits.file_bytes) : std::nullopt;
  const auto* known = entry.current != k_none ? &m_trace.files[entry.current] : nullptr;
  const bool late =
      known != nullptr && !known->sha256 && entry.stamp == handle.facts->stamp;  // it was to be hashed at the end
  const bool same = content && known != nullptr && !entry.open && (late || known->sha256 == content->sha256);
  if (!same && !entry.open) {
    const auto previous = entry.current;
    entry.current = add_version(handle, entry);
    if (entry.current == k_none) return;
    auto& version = m_trace.files[entry.current];
    version.previous = previous;
    // Who still had it open wrote it. Of a file that nobody opened for writing, nobody knows who.
    if (previous != k_none) version.writers = m_trace.files[previous].writers;
    for (const auto writer : version.writers)
      m_trace.processes[writer].writes.push_back({entry.current, 0, m_budget.moment()});
  }
  if (content) fix(entry.current, *content);
  else m_budget.gap(entry.path, "it could not be hashed when it was used: too large, or not readable");
  auto& version = m_trace.files[entry.current];
  version.mode = handle.facts->mode;
  if (version.fixed == 0 && m_budget.take(0)) version.fixed = m_budget.moment();
  entry.open = false;
  entry.stamp = handle.facts->stamp;
  entry.settled = is_settled(entry.stamp, before);
}

Index FileTable::write(const Handle& handle, Index process) {
  auto& entry = entry_of(handle);
  const bool whole = handle.facts->stamp.size == 0;  // nothing of what was there before is left
  entry.guarded = true;
  // What one phase has written and nobody has read yet is a version of its own for the next.
  const bool from_before = entry.open && entry.phase != m_phase;
  if (from_before && whole) entry.open = false;
  if (!whole && (!entry.open || from_before)) take_content(handle, entry);
  if (!entry.open) {
    // Read by someone, and to be hashed at the end.
    if (whole && entry.current != k_none && !m_trace.files[entry.current].sha256 &&
        m_trace.files[entry.current].writers.empty())
      m_budget.gap(entry.path, "it was emptied before its content could be hashed");
    const auto previous = whole ? k_none : entry.current;
    entry.current = add_version(handle, entry);
    if (entry.current == k_none) return k_none;
    m_trace.files[entry.current].previous = previous;
    entry.open = true;
    entry.phase = m_phase;
  }
  entry.settled = false;
  auto& writers = m_trace.files[entry.current].writers;
  if (std::find(writers.begin(), writers.end(), process) == writers.end()) writers.push_back(process);
  return entry.current;
}

void FileTable::renamed(const FileFacts& facts, const std::string& from, const std::string& to) {
  if (!S_ISDIR(facts.mode)) {
    if (const auto found = m_entries.find(facts.key); found != m_entries.end()) add_name(found->second, to);
    return;
  }
  if (++m_directory_renames > k_most_directory_renames)
    return m_budget.gap("the trace", "the build renamed too many directories; names below them are out of date");
  for (auto& [key, entry] : m_entries)
    if (entry.path.size() > from.size() && is_below(entry.path, from))
      add_name(entry, to + entry.path.substr(from.size()));
}

void FileTable::finish() {
  std::vector<std::pair<Index, const FileKey*>> order;
  for (const auto& [key, entry] : m_entries)
    if (entry.current != k_none) order.emplace_back(entry.current, &key);
  std::sort(order.begin(), order.end());
  for (const auto& [file, key] : order) finish_entry(*key, m_entries.find(*key)->second);
}

void FileTable::finish_entry(const FileKey& key, Entry& entry) {
  auto& version = m_trace.files[entry.current];
  const bool wants_content = entry.open || !version.sha256;
  UniqueFd file;
  std::optional<FileFacts> facts;
  const auto try_name = [&](const std::string& path) {
    if (file || entry.view == nullptr) return;
    // O_PATH first: a name may lead to a device or a FIFO by now.
    file = entry.view->open(path, O_PATH);
    facts = file ? facts_of(file.get()) : std::nullopt;
    if (!facts || facts->key != key) file.reset();
  };
  try_name(entry.path);
  try_name(version.path);
  for (const auto& alias : version.aliases) try_name(alias);
  version.at_end = static_cast<bool>(file);
  if (!file) {
    if (!entry.guarded) m_budget.gap(version.path, "it was not there any more when it was to be hashed");
    return;
  }
  version.mode = facts->mode;
  if (!wants_content) return;
  if (!entry.guarded && facts->stamp != entry.stamp)
    return m_budget.gap(version.path, "it was changed during the build, and its content when it was used is not known");
  if (const auto known = m_cache.find(*facts)) return fix(entry.current, *known);
  const UniqueFd readable{::open(ProcPath::own(file.get()).c_str(), O_RDONLY | O_CLOEXEC)};
  const auto before = file_clock();
  const auto content = readable ? m_hasher.hash(readable.get(), m_options.limits.file_bytes) : std::nullopt;
  if (!content) return m_budget.gap(version.path, "it could not be hashed at the end: too large, or not readable");
  fix(entry.current, *content);
  if (entry.guarded) return;
  const auto after = facts_of(readable.get());
  const bool same = after && after->key == facts->key && after->stamp == facts->stamp;
  m_cache.add(*facts, *content, same && is_settled(facts->stamp, before));
}

}  // namespace assay::trace
