// The ptrace(2) side of the tracer: who runs, who stands still, who was forked by whom. All of it happens on one thread,
// because the kernel knows a tracer by its thread.
#pragma once
#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_map>

#include "base/error.hpp"
#include "trace/clock.hpp"
#include "trace/filter.hpp"
#include "trace/missed_opens.hpp"
#include "trace/recorder.hpp"

namespace assay::trace {

class EventLoop {
 public:
  /// `clock` may be nullptr. All must outlive the loop.
  EventLoop(const Filter& filter, Recorder& recorder, const Clock* clock)
      : m_filter(filter), m_recorder(recorder), m_clock(clock) {}

  /// Fork a child that is traced from its first instruction in `child`; returns its process id.
  Result<int> start(const std::function<void()>& child, int close_in_child);

  /// A process of this program's own, not traced, whose end wakes the loop: see run().
  void set_bell(int pid) noexcept { m_bell = pid; }

  /// Until every traced process has ended. When the bell has rung, everything that is traced is killed. `on_end` gets the
  /// wait(2) status of the child that was started.
  void run(const std::function<void(int status)>& on_end, const std::function<void()>& on_nobody_left);

  std::uint64_t stops() const noexcept { return m_stops; }

 private:
  struct Task {
    Index process = k_none;
    int group = 0;           ///< its process id
    bool began = false;      ///< its first stop is over
    bool shares = false;     ///< memory or descriptors may be changed by another process while it stands still
    bool announced = false;  ///< its forker has reported it
    bool executed = false;   ///< a program since it began: its memory is not another's
    Call call = Call::none;  ///< it is in
    std::array<std::uint64_t, 6> arguments{};
    int pointer_bytes = 8;
    MissedOpens misses;
  };
  using Tasks = std::unordered_map<int, Task>;

  void ended(int thread, int status);
  void stopped(int thread, int status);
  void resume(int thread, int request, int signal);
  void kill_everything();
  /// Run where `thread` ran last.
  void follow(int thread);

  Task& adopt(int child, const Task& parent);
  void adopt_unannounced(int child);
  void adopt_waiting();
  void note_sharing(int child, Task& parent, int event);

  void call_begins(int thread, Task& task);
  void call_ends(int thread, Task& task);
  void forked(int thread, Task& task, int event);
  void executed(int thread, Task& task);

  const Filter& m_filter;
  Recorder& m_recorder;
  const Clock* m_clock;
  Tasks m_tasks;
  std::unordered_map<int, int> m_waiting;  ///< children whose first stop came before their forker's report; its status
  std::unordered_map<int, Index> m_short_lived;  ///< children that ended before their forker reported them
  std::unordered_map<int, int> m_threads;        ///< process id → how many threads it has
  int m_child = -1;
  int m_bell = -1;
  bool m_killing = false;
  int m_processor = -1;
  bool m_is_alone = false;         ///< on the only processor there is
  std::uint64_t m_ask_in = 0;      ///< stops
  std::uint64_t m_ask_every = 32;  ///< stops; more while the answer stays the same
  std::uint64_t m_stops = 0;
};

}  // namespace assay::trace
