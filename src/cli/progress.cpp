#include "cli/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <ostream>

namespace assay::cli {

Progress::Progress(std::ostream& err, bool quiet)
    : m_err(err),
      m_enabled(!quiet && ::isatty(STDERR_FILENO) == 1),
      m_next(std::chrono::steady_clock::now() + std::chrono::milliseconds{300}) {}

Progress::~Progress() {
  clear();
}

void Progress::update(std::string_view phase, std::uint64_t done, std::uint64_t total) {
  if (!m_enabled) return;
  const auto now = std::chrono::steady_clock::now();
  if (now < m_next) return;
  m_next = now + std::chrono::milliseconds{100};
  m_err << "\r\x1b[K" << phase;
  if (total > 0) m_err << fmt::format(" {} %", std::min<std::uint64_t>(100, done * 100 / total));
  m_err.flush();
  m_drawn = true;
}

void Progress::clear() {
  if (m_drawn) m_err << "\r\x1b[K" << std::flush;
  m_drawn = false;
}

}  // namespace assay::cli
