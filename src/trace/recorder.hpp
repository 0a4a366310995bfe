// Turns what stopped processes have just done into a Trace. Knows nothing of ptrace(2): it is told who stands still and
// which system call has ended how.
#pragma once
#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "trace/descriptors.hpp"
#include "trace/file_table.hpp"
#include "trace/filter.hpp"
#include "trace/process_view.hpp"
#include "trace/trace.hpp"
#include "trace/tracer.hpp"

namespace assay::trace {

/// A system call that has ended.
struct EndedCall {
  Call call = Call::none;
  const std::uint64_t* arguments = nullptr;  ///< six
  std::int64_t result = 0;                   ///< negative: -errno
  int pointer_bytes = 8;                     ///< 4 in a 32-bit process
};

class Recorder {
 public:
  explicit Recorder(const TraceOptions& options);
  ~Recorder();

  /// A process began, forked by `parent` (k_none: the first). Returns k_none if it is not recorded.
  Index add_process(int pid, Index parent);
  /// It was another process that forked it.
  void set_parent(Index process, Index parent);
  /// It runs another program now.
  void executed(Index process, int pid);
  /// wait(2) status.
  void ended(Index process, int status);
  /// `thread` of `process` stands still at the end of a call. `alone`: no other thread or process can change its
  /// descriptors or memory meanwhile.
  void called(Index process, int thread, const EndedCall& call, bool alone);

  /// Any thread.
  void begin_phase(std::string_view name);
  void add_gap(std::string what, std::string reason) { m_budget.gap(std::move(what), std::move(reason)); }

  /// Hash the rest and hand out.
  Trace finish(std::uint64_t stops);

 private:
  struct Live;
  Live* live(Index process);
  const MountView* view(Index process) const;
  const MountView* view_of(int pid, Live& live);
  std::chrono::nanoseconds now() const;

  void add_access(Index process, Index file, bool writes, bool inherited);
  struct Use {
    bool reads = false, writes = false, inherited = false;
  };
  void use_file(Index process, const char* link, const FileFacts& facts, Use use);
  void opened(Index process, int thread, const EndedCall& call, bool alone);
  void open_failed(Index process, int thread, const EndedCall& call);
  bool use_descriptor(Index process, int thread, int descriptor, bool reads, bool writes, bool inherited);
  std::optional<Held> look(Index process, int thread, int descriptor);
  std::size_t look_at_standard_descriptors(Index process, int pid, Live& live);
  void use_program(Index process, int pid, Live& live, Image& image);
  void use_loader(Index process, const char* program, Index file, const Live& live);
  void use_name(Index process, const std::string& path, Use use);
  template <typename Act>
  void for_each_forker(const Live& state, Act act);
  void leave_forker(Index process, Live& state);
  void look_into_memory(Index process, const char* link, const Live& state);
  void use_descriptors_above(Index process, int pid, std::size_t below);
  void use_script(Index process, int pid, Index program);
  void add_memory_file(Index process, int thread, const EndedCall& call);
  void add_socket_pair(Index process, int thread, std::uint64_t address, std::int64_t result);
  void received_message(Index process, int thread, const EndedCall& call);
  void take_descriptors(Index process, int thread, std::uint64_t message, int pointer_bytes);
  /// Of a pipe that is written and that nobody is known to read: does one look for who is likely to?
  enum class Reader : std::uint8_t { is_likely, shows_itself };
  void use_pipe(Index process, std::uint64_t device, std::uint64_t inode, bool reads, bool writes,
                Reader reader = Reader::is_likely);
  Index pipe_reader(Index writer, std::uint64_t inode, std::vector<Index>& further_writers);
  void truncated(Index process, int thread, const EndedCall& call);
  void renamed(Index process, int thread, const EndedCall& call);
  void symlinked(Index process, int thread, const EndedCall& call);
  void unlinked(Index process, int thread, const EndedCall& call);
  void add_name_change(Index process, NameChange::Kind kind, std::string from, std::string to);
  bool is_new(std::string record);
  void refused(Index process, const std::string& path, int error);
  void connected(Index process, int thread, const EndedCall& call);
  void add_connection(Index process, int thread, std::uint64_t address, std::uint64_t size, std::int64_t result);
  void sent_message(Index process, int thread, const EndedCall& call);
  void socket_call(Index process, int thread, const EndedCall& call);
  void follow_phase_command(Index process, std::string_view path);
  std::string path_argument(int thread, std::int64_t directory, std::uint64_t address) const;
  /// With links in it resolved, except its last part; as it is if that is not possible.
  std::string canonical(const MountView& view, const std::string& path) const;

  TraceOptions m_options;
  Trace m_trace;
  Budget m_budget;
  FileTable m_files;
  Descriptors m_descriptors;
  std::chrono::steady_clock::time_point m_start;
  std::unordered_map<Index, std::unique_ptr<Live>> m_live;  ///< processes that have not ended
  std::vector<std::unique_ptr<MountView>> m_views;
  std::map<std::pair<std::uint64_t, std::uint64_t>, Index> m_pipes;
  /// What the first process was started with: the tracer's and the sandbox's own, and no part of the build.
  std::set<std::pair<std::uint64_t, std::uint64_t>> m_given;
  std::unordered_set<std::string> m_once;  ///< connections and refusals that are known
  std::unordered_set<Index> m_programs;    ///< versions whose loader was looked for
  Index m_driver = k_none;                 ///< the first shell, and how many programs it had executed
  std::size_t m_driver_images = 0;
  std::mutex m_phase_mutex;
  std::vector<std::string> m_phases{"setup"};
  std::vector<Moment> m_phase_begins{0};
  std::atomic<Index> m_phase{0};
};

}  // namespace assay::trace
