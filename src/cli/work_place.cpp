#include "cli/work_place.hpp"

#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <system_error>

#include "base/text.hpp"

namespace assay::cli {

namespace fs = std::filesystem;

namespace {

sigset_t watched() {
  sigset_t set;
  sigemptyset(&set);
  for (const int one : {SIGINT, SIGTERM, SIGHUP, SIGUSR1}) sigaddset(&set, one);
  return set;
}

}  // namespace

WorkPlace::WorkPlace() {
  const auto set = watched();
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

WorkPlace::~WorkPlace() {
  if (m_thread.joinable()) {
    ::pthread_kill(m_thread.native_handle(), SIGUSR1);  // nobody else's word: it ends the thread
    m_thread.join();
  }
  std::error_code ignored;
  if (!m_temporary.empty()) fs::remove_all(m_temporary, ignored);
}

Result<fs::path> WorkPlace::open(const fs::path& wanted) {
  std::error_code problem;
  if (!wanted.empty()) {
    fs::create_directories(wanted, problem);
    if (!fs::is_directory(wanted, problem))
      return Error{ErrorCode::io, "cannot make the directory", escape_for_display(wanted.string()),
                   "name another with --work"};
    m_thread = std::thread{[this] { wait_for_signal(); }};
    return fs::absolute(wanted, problem);
  }
  auto pattern = (fs::temp_directory_path(problem) / "assay-rebuild-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) return errno_error("make a directory", escape_for_display(pattern));
  m_temporary = pattern;
  m_thread = std::thread{[this] { wait_for_signal(); }};
  return m_temporary;
}

void WorkPlace::wait_for_signal() {
  const auto set = watched();
  int signal = 0;
  if (::sigwait(&set, &signal) != 0 || signal == SIGUSR1) return;
  std::error_code ignored;
  if (!m_temporary.empty()) fs::remove_all(m_temporary, ignored);
  // The sandbox and everything traced die with this process.
  ::signal(signal, SIG_DFL);
  ::kill(::getpid(), signal);
  sigset_t one;
  sigemptyset(&one);
  sigaddset(&one, signal);
  ::pthread_sigmask(SIG_UNBLOCK, &one, nullptr);
  ::pause();
}

}  // namespace assay::cli
