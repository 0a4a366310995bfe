// A real-time clock that is ahead or behind, for a traced process and all it starts.
//
// Most programs ask the vDSO, without a system call. When a program is executed, the functions there are overwritten with
// code that asks the kernel in a way that the filter lets through, and adds the offset: no stop, but a system call.
// A program that asks the kernel itself is stopped at the end of the call, and the answer is changed in its memory.
// Deadlines in real time (futex(2), clock_nanosleep(2)) are moved back at the beginning of a call.
#pragma once
#include <array>
#include <chrono>
#include <cstdint>
#include <memory>

#include "trace/filter.hpp"

namespace assay::trace {

/// A system call of a stopped thread.
struct TimedCall {
  Call call = Call::none;
  std::array<std::uint64_t, 6> arguments{};
  std::int64_t result = 0;
  int pointer_bytes = 8;
};

class Clock {
 public:
  /// Can this machine's clock be shifted? (x86 only.)
  static bool is_supported() noexcept;

  explicit Clock(std::chrono::seconds offset);
  ~Clock();

  /// A process stands still after execve(2). False if its vDSO could not be changed: it then sees the true time.
  bool executed(int process) const;
  /// A thread stands still before a call. True if it has to stop again at its end.
  bool begins(int thread, const TimedCall& call) const;
  /// …and at its end. `call.arguments` are those at its beginning.
  void ends(int thread, const TimedCall& call) const;

 private:
  struct Layout;
  std::chrono::seconds m_offset;
  mutable std::array<std::unique_ptr<Layout>, 2> m_layouts;  ///< of the 64-bit vDSO and the 32-bit one
};

}  // namespace assay::trace
