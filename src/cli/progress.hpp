// One line of progress on standard error, only where a person watches it.
#pragma once
#include <chrono>
#include <cstdint>
#include <iosfwd>
#include <string_view>

namespace assay::cli {

class Progress {
 public:
  /// Draws only if standard error is a terminal and `quiet` is not asked for.
  Progress(std::ostream& err, bool quiet);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  /// What is being done and how far it is; `total` 0 if unknown. Nothing is drawn in the first 300 ms, nor more than
  /// ten times a second.
  void update(std::string_view phase, std::uint64_t done, std::uint64_t total);
  bool visible() const noexcept { return m_enabled; }
  /// Take the line away.
  void clear();

 private:
  std::ostream& m_err;
  bool m_enabled;
  bool m_drawn = false;
  std::chrono::steady_clock::time_point m_next;
};

}  // namespace assay::cli
