// Failed look-ups without a stop. A compiler looks for each header in each of its directories, and most opens of a build
// are answered "no such file": nothing that is recorded, and two stops each. After some of these from one place, that
// place gets code that asks faccessat(2) first, which is not traced, and opens only what is there. The code answers what
// the kernel has answered, and nothing depends on it: what is opened, is opened by the same instruction, and stops.
#pragma once
#include <array>
#include <cstdint>

namespace assay::trace {

/// What one process was given; a fork has a copy of it. x86-64 only, else it does nothing.
class MissedOpens {
 public:
  /// The stopped process, which runs alone and has its memory to itself, was told ENOENT by openat(2) with `flags`; `after`
  /// is the address behind the system call.
  void missed(int process, std::uint64_t after, std::uint64_t flags);

  /// It filters its own calls from now on, and faccessat may be none that it allows: opens are opens again. Safe while other
  /// threads of it run.
  void turn_off(int thread);

  /// It runs another program; that is filtered as it was.
  void executed() noexcept { m_places = {}; }

 private:
  struct Place {
    std::uint64_t after = 0;
    std::uint32_t flags = 0;
    std::uint32_t misses = 0;
    std::uint64_t switched_by = 0;  ///< address of the byte that turns its code off; 0: it has none
    std::uint8_t off = 0;           ///< what is written there
  };
  /// Is its code there as it was put, and not off yet? The program may have put something of its own there since.
  static bool is_on(int thread, const Place& place);
  std::array<Place, 3> m_places{};
  bool m_off = false;
};

}  // namespace assay::trace
