// Runs a process tree under ptrace(2) with a seccomp(2) filter that stops it only where files are opened, renamed,
// linked or removed, and at connect(2); fork, exec and exit are reported by ptrace itself. Everything else runs at full
// speed. What was opened is taken from the descriptor that the kernel gave out, never from the string that was passed,
// so that racing threads cannot lie about it.
//
// The tracer runs on a thread of its own that forks the child, so that several can run in one program. If this program
// dies, every traced process is killed by the kernel (PTRACE_O_EXITKILL).
//
// Not possible while traced (the filter refuses it): io_uring, clone3 (libc falls back to clone), CLONE_UNTRACED, seccomp
// listeners, process_vm_readv and process_vm_writev, ptrace, the x32 ABI. File times that stat(2) tells are never shifted.
#pragma once
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/file.hpp"
#include "trace/trace.hpp"

namespace assay::trace {

struct TraceLimits {
  std::uint64_t processes = 2'000'000;       ///< recorded; further ones run on unrecorded, with a gap
  std::uint64_t records = 20'000'000;        ///< accesses, name changes, connections… together
  std::uint64_t text_bytes = 1ULL << 30;     ///< of paths and arguments together
  std::uint64_t argument_bytes = 64U << 10;  ///< of one command line
  std::uint64_t file_bytes = 4ULL << 30;     ///< a larger file is not hashed: a gap
};

/// Digests of files that were not changed since, by device, inode, size, mtime and ctime. Give the same one to all builds
/// of a run, and each compiler and header of the system is hashed once; with a file, once for all runs. Thread-safe.
class DigestCache {
 public:
  /// `file` is read, if nobody else may write to it, and written at the end, its directory made; an empty path keeps nothing.
  explicit DigestCache(std::filesystem::path file = {});
  ~DigestCache();
  DigestCache(const DigestCache&) = delete;
  DigestCache& operator=(const DigestCache&) = delete;
  struct State;
  State& state() noexcept { return *m_state; }

 private:
  std::unique_ptr<State> m_state;
};

struct TraceOptions {
  /// Directories, as the traced processes see them, where content may change during the run. All else is taken to be
  /// read-only and hashed at the end.
  std::vector<std::string> writable = {"/build", "/tmp"};
  /// Added to what the real-time clock says (clock_gettime, gettimeofday, time; 64- and 32-bit; static programs too).
  std::optional<std::chrono::seconds> time_offset;
  TraceLimits limits;
  DigestCache* digests = nullptr;  ///< must outlive the tracer; nullptr: its own
};

class Tracer {
 public:
  /// Errors: the kernel has no seccomp filters, or ptrace is not permitted here; the remedy says what to do.
  static Result<std::unique_ptr<Tracer>> create(TraceOptions options);
  /// Kills what still runs.
  ~Tracer();
  Tracer(const Tracer&) = delete;
  Tracer& operator=(const Tracer&) = delete;

  /// The filter as a BPF program in an unnamed file positioned at its start, for bwrap(1) --add-seccomp-fd: then `child`
  /// of launch() is bubblewrap, and what it starts is filtered.
  Result<UniqueFd> filter_file() const;
  /// For a child that is filtered itself. Sets no_new_privs and loads the filter; async-signal-safe. False if refused.
  bool install_filter() const noexcept;

  /// Fork on the tracer's thread, and trace the child and all its descendants. `child` runs in the forked process before
  /// anything is traced and must not return; only async-signal-safe calls are safe there. At most once per tracer.
  /// Returns the process id. Errors: fork or ptrace failed.
  Result<int> launch(std::function<void()> child);

  /// The wait(2) status of the child, once it has ended. Never blocks. Nobody else may wait for the child.
  std::optional<int> ended() const noexcept;
  /// A descriptor that becomes readable when the child has ended; for poll(2).
  int ended_fd() const noexcept;

  /// Processes forked from now on belong to this phase. Any thread. Who drives a shell script had better let it run
  /// phase_command(), which takes effect before the next line of the script.
  void begin_phase(std::string_view name);

  /// Kill every traced process, daemons that left their parents among them. Any thread; returns at once.
  void kill_all() noexcept;

  /// Wait until every traced process has ended, hash what is to be hashed at the end, hand out the trace. Call once.
  /// With a sandbox, its files are still to be had: the tracer holds its mount namespace until this returns.
  Trace finish();

 private:
  class Impl;
  explicit Tracer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> m_impl;
};

/// A line of shell that begins the phase `name` (lower-case letters); effective only in the first shell that the traced
/// child executes, not in what that starts; harmless without a tracer.
std::string phase_command(std::string_view name);

}  // namespace assay::trace
