#include "trace/event_loop.hpp"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>

#include "trace/process_view.hpp"

// <sys/ptrace.h> and <linux/ptrace.h> cannot both be included; these are of the former's C library since 2.31.

namespace assay::trace {

namespace {

constexpr long k_options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
                           PTRACE_O_TRACEEXEC | PTRACE_O_TRACESECCOMP | PTRACE_O_EXITKILL;
constexpr std::uint64_t k_ask_often = 32, k_ask_seldom = 512;  // stops
constexpr int k_syscall_stop = SIGTRAP | 0x80;
constexpr int k_wait = __WALL | __WNOTHREAD;  // never the children of this program's other threads

bool stops_group(int signal) noexcept {
  return signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU;
}

/// A thread that leads no process of its own cannot be signalled as one.
bool leads_process(int thread) noexcept {
  return ::syscall(SYS_tgkill, thread, thread, 0) == 0 || errno != ESRCH;
}

/// A number from the status of a thread as proc(5) tells it; -1 if it does not.
int status_of(int thread, const char* field) {
  const UniqueFd file{::open(ProcPath{thread, "status"}.c_str(), O_RDONLY | O_CLOEXEC)};
  std::array<char, 2048> text{};
  if (!file || ::read(file.get(), text.data(), text.size() - 1) <= 0) return -1;
  const auto* found = std::strstr(text.data(), field);  // a name stands before them, but its line ends are escaped
  return found != nullptr ? std::atoi(found + std::strlen(field)) : -1;
}

/// Where the thread ran last, from proc(5); -1 if that cannot be told.
int processor_of(int thread) {
  constexpr int field = 39;  // the second is a name in brackets, which may hold anything
  const UniqueFd file{::open(ProcPath{thread, "stat"}.c_str(), O_RDONLY | O_CLOEXEC)};
  std::array<char, 1024> text{};
  if (!file || ::read(file.get(), text.data(), text.size() - 1) <= 0) return -1;
  const char* at = std::strrchr(text.data(), ')');
  for (int passed = 2; at != nullptr && passed < field; ++passed) at = std::strchr(at + 1, ' ');
  return at != nullptr ? std::atoi(at) : -1;
}

/// Do both have the same memory, or the same descriptors?
bool share(int a, int b) noexcept {
  constexpr int files = 2, memory = 1;  // KCMP_FILES, KCMP_VM
  for (const int what : {memory, files})
    if (::syscall(SYS_kcmp, a, b, what, 0, 0) == 0) return true;
  return false;
}

int pointer_bytes(std::uint32_t architecture) noexcept {
  constexpr std::uint32_t is_64_bit = 0x80000000;  // __AUDIT_ARCH_64BIT
  return (architecture & is_64_bit) != 0 ? 8 : 4;
}

}  // namespace

Result<int> EventLoop::start(const std::function<void()>& child, int close_in_child) {
  std::array<int, 2> gate{};
  if (::pipe2(gate.data(), O_CLOEXEC) != 0) return errno_error("make a pipe", "tracer");
  const UniqueFd out{gate[0]};
  UniqueFd in{gate[1]};
  const int pid = ::fork();
  if (pid < 0) return errno_error("start a process", "tracer");
  if (pid == 0) {
    ::close(gate[1]);
    ::close(close_in_child);
    char go = 0;
    while (::read(gate[0], &go, 1) < 0 && errno == EINTR) {
    }
    if (go == 1) child();
    ::_exit(127);
  }
  if (::ptrace(PTRACE_SEIZE, pid, 0, k_options) != 0) {
    auto error = errno_error("trace a process", "tracer");
    error.remedy =
        "allow ptrace(2): sysctl kernel.yama.ptrace_scope=1; in a container, the capability SYS_PTRACE or a seccomp "
        "profile that lets it pass";
    in.reset();
    ::waitpid(pid, nullptr, k_wait);
    return error;
  }
  m_child = pid;
  cpu_set_t allowed;
  m_is_alone = ::sched_getaffinity(0, sizeof allowed, &allowed) == 0 && CPU_COUNT(&allowed) == 1;
  Task task;
  task.process = m_recorder.add_process(pid, k_none);
  task.group = pid;
  task.began = task.announced = true;
  m_tasks.emplace(pid, task);
  m_threads[pid] = 1;
  constexpr char go = 1;
  if (::write(in.get(), &go, 1) != 1) return errno_error("start a process", "tracer");
  return pid;
}

void EventLoop::run(const std::function<void(int status)>& on_end, const std::function<void()>& on_nobody_left) {
  bool alone = false;
  for (;;) {
    if (!alone && m_tasks.empty() && m_waiting.empty()) {
      alone = true;
      on_nobody_left();  // so that the bell ends, and with it the wait below
    }
    int status = 0;
    const int thread = ::waitpid(-1, &status, k_wait | (m_waiting.empty() ? 0 : WNOHANG));
    if (thread < 0 && errno == EINTR) continue;
    if (thread == 0) {
      adopt_waiting();
      continue;
    }
    if (thread < 0) return;  // ECHILD
    if (thread == m_bell) {
      if (!alone) kill_everything();
      continue;
    }
    if (WIFSTOPPED(status)) {
      stopped(thread, status);
      continue;
    }
    ended(thread, status);
    if (thread == m_child) on_end(status);
  }
}

/// A stop costs four times as much where the two run on different processors, each of which sleeps until the other wakes it;
/// left to itself, the kernel often puts them there. To ask costs about as much as a stop.
void EventLoop::follow(int thread) {
  if (m_is_alone) return;
  const int processor = processor_of(thread);
  const bool moved = processor != m_processor;
  m_ask_in = m_ask_every = moved ? k_ask_often : std::min(m_ask_every * 2, k_ask_seldom);
  if (processor < 0 || processor >= CPU_SETSIZE || !moved) return;
  m_processor = processor;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(static_cast<unsigned>(processor), &one);
  // Refused where this program may not run there; then it stays where it is.
  ::sched_setaffinity(0, sizeof one, &one);
}

void EventLoop::kill_everything() {
  m_killing = true;
  for (const auto& [thread, task] : m_tasks) ::kill(thread, SIGKILL);
}

void EventLoop::ended(int thread, int status) {
  if (m_waiting.erase(thread) != 0) adopt_unannounced(thread);
  const auto found = m_tasks.find(thread);
  if (found != m_tasks.end()) {
    const auto task = found->second;
    m_tasks.erase(found);
    if (const auto threads = m_threads.find(task.group); threads != m_threads.end() && --threads->second <= 0)
      m_threads.erase(threads);
    if (thread == task.group) m_recorder.ended(task.process, status);
    if (!task.announced) m_short_lived.insert_or_assign(thread, task.process);
  }
}

void EventLoop::resume(int thread, int request, int signal) {
  // It fails if the thread was killed meanwhile; its end is reported next.
  ::ptrace(static_cast<__ptrace_request>(request), thread, 0, signal);
}

void EventLoop::stopped(int thread, int status) {
  const auto found = m_tasks.find(thread);
  if (found == m_tasks.end()) {
    m_waiting.insert_or_assign(thread, status);
    return;
  }
  ++m_stops;
  // A program that is executed stays where it was put, as a rule.
  if (m_ask_in-- == 0 || status >> 16 == PTRACE_EVENT_EXEC) follow(thread);
  if (m_killing) ::kill(thread, SIGKILL);
  auto& task = found->second;
  const int signal = WSTOPSIG(status);
  switch (status >> 16) {
    case PTRACE_EVENT_SECCOMP:
      return call_begins(thread, task);
    case PTRACE_EVENT_FORK:
    case PTRACE_EVENT_VFORK:
    case PTRACE_EVENT_CLONE:
      return forked(thread, task, status >> 16);
    case PTRACE_EVENT_EXEC:
      return executed(thread, task);
    case PTRACE_EVENT_STOP:
      if (!task.began) {
        task.began = true;
        return resume(thread, PTRACE_CONT, 0);
      }
      return resume(thread, stops_group(signal) ? PTRACE_LISTEN : PTRACE_CONT, 0);
    default:
      break;
  }
  if (signal == k_syscall_stop) return call_ends(thread, task);
  resume(thread, PTRACE_CONT, signal);
}

void EventLoop::call_begins(int thread, Task& task) {
  __ptrace_syscall_info info{};
  const auto got = ::ptrace(PTRACE_GET_SYSCALL_INFO, thread, sizeof info, &info);
  if (got <= 0 || info.op != PTRACE_SYSCALL_INFO_SECCOMP) return resume(thread, PTRACE_CONT, 0);
  task.call = m_filter.call_of(info.arch, info.seccomp.nr);
  std::copy(std::begin(info.seccomp.args), std::end(info.seccomp.args), task.arguments.begin());
  task.pointer_bytes = pointer_bytes(info.arch);
  if (task.call == Call::seccomp) {
    for (auto& [other, each] : m_tasks)
      if (each.group == task.group) each.misses.turn_off(thread);
    task.call = Call::none;
  }
  if (task.call >= Call::clock_gettime && m_clock != nullptr &&
      !m_clock->begins(thread, {task.call, task.arguments, 0, task.pointer_bytes}))
    task.call = Call::none;
  resume(thread, task.call == Call::none ? PTRACE_CONT : PTRACE_SYSCALL, 0);
}

void EventLoop::call_ends(int thread, Task& task) {
  const auto call = std::exchange(task.call, Call::none);
  __ptrace_syscall_info info{};
  const auto got = call != Call::none ? ::ptrace(PTRACE_GET_SYSCALL_INFO, thread, sizeof info, &info) : 0;
  // A call through the old vsyscall page has no end that is reported; then this is the beginning of the next.
  if (got <= 0 || info.op != PTRACE_SYSCALL_INFO_EXIT) return resume(thread, PTRACE_CONT, 0);
  if (call >= Call::clock_gettime) {
    if (m_clock != nullptr) m_clock->ends(thread, {call, task.arguments, info.exit.rval, task.pointer_bytes});
  } else {
    const auto threads = m_threads.find(task.group);
    const bool alone = !task.shares && threads != m_threads.end() && threads->second == 1;
    m_recorder.called(task.process, thread, {call, task.arguments.data(), info.exit.rval, task.pointer_bytes}, alone);
    if (call == Call::openat && info.exit.rval == -ENOENT && alone && task.executed && task.pointer_bytes == 8)
      task.misses.missed(thread, info.instruction_pointer, task.arguments[2]);
  }
  resume(thread, PTRACE_CONT, 0);
}

void EventLoop::forked(int thread, Task& task, int event) {
  unsigned long message = 0;
  const int child = ::ptrace(PTRACE_GETEVENTMSG, thread, 0, &message) == 0 ? static_cast<int>(message) : 0;
  if (const auto early = m_short_lived.find(child); early != m_short_lived.end()) {
    m_recorder.set_parent(early->second, task.process);
    m_short_lived.erase(early);
  } else if (const auto known = m_tasks.find(child); known != m_tasks.end()) {
    if (!known->second.announced && known->second.group == child)
      m_recorder.set_parent(known->second.process, task.process);
    if (!known->second.announced && !known->second.executed) known->second.misses = task.misses;
    known->second.announced = true;
  } else if (child != 0) {
    adopt(child, task).announced = true;
  }
  note_sharing(child, task, event);
  if (const auto waiting = m_waiting.extract(child)) stopped(child, waiting.mapped());
  resume(thread, PTRACE_CONT, 0);
}

/// A process or thread that `parent` has made. Pointers to tasks stay valid.
EventLoop::Task& EventLoop::adopt(int child, const Task& parent) {
  Task task;
  const bool is_thread = !leads_process(child);
  task.group = is_thread ? parent.group : child;
  if (is_thread || parent.process == k_none) task.process = parent.process;
  else task.process = m_recorder.add_process(child, parent.process);
  task.misses = parent.misses;
  ++m_threads[task.group];
  return m_tasks.emplace(child, task).first->second;
}

/// Their forkers' reports did not come at once, and may never come: a forker can be killed.
void EventLoop::adopt_waiting() {
  for (const auto& [child, status] : std::exchange(m_waiting, {})) {
    adopt_unannounced(child);
    stopped(child, status);
  }
}

/// proc(5) is asked for its parent, which its forker's report corrects.
void EventLoop::adopt_unannounced(int child) {
  const bool is_thread = !leads_process(child);
  const auto parent = m_tasks.find(status_of(child, is_thread ? "\nTgid:" : "\nPPid:"));
  Task unknown;
  unknown.process = 0;  // one of this build at least
  unknown.group = child;
  adopt(child, parent != m_tasks.end() ? parent->second : unknown);
}

void EventLoop::note_sharing(int child, Task& parent, int event) {
  const auto found = m_tasks.find(child);
  if (found == m_tasks.end() || found->second.group != child) return;
  const auto threads = m_threads.find(parent.group);
  const bool forker_stands_still =
      event == PTRACE_EVENT_VFORK && !parent.shares && threads != m_threads.end() && threads->second == 1;
  if (forker_stands_still || !share(parent.group, child)) return;
  found->second.shares = parent.shares = true;
}

void EventLoop::executed(int thread, Task& task) {
  unsigned long former = 0;
  ::ptrace(PTRACE_GETEVENTMSG, thread, 0, &former);
  // The thread that executes takes the place of its process; all others are gone without a report of their own.
  if (former != 0 && static_cast<int>(former) != thread) {
    m_tasks.erase(static_cast<int>(former));
    m_threads[task.group] = 1;
  }
  task.shares = false;
  task.executed = true;
  task.misses.executed();
  task.call = Call::none;
  m_recorder.executed(task.process, thread);
  if (m_clock != nullptr && !m_clock->executed(thread))
    m_recorder.add_gap("process " + std::to_string(thread), "its clock could not be shifted");
  resume(thread, PTRACE_CONT, 0);
}

}  // namespace assay::trace
