#include "trace/tracer.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <future>
#include <thread>

#include "trace/clock.hpp"
#include "trace/event_loop.hpp"
#include "trace/filter.hpp"
#include "trace/recorder.hpp"

namespace assay::trace {

namespace {

constexpr std::string_view k_remedy =
    "allow ptrace(2): sysctl kernel.yama.ptrace_scope=1; in a container, the capability SYS_PTRACE or a seccomp "
    "profile that "
    "lets it pass; or use --no-trace";

/// Ask the kernel, in a process made for it, whether it lets a process be traced.
Result<void> check_ptrace() {
  const int pid = ::fork();
  if (pid < 0) return errno_error("start a process", "tracer");
  if (pid == 0) ::_exit(::ptrace(PTRACE_TRACEME, 0, 0, 0) == 0 ? 0 : errno & 0xff);
  int status = 0;
  while (::waitpid(pid, &status, __WALL) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  errno = WIFEXITED(status) ? WEXITSTATUS(status) : EPERM;
  auto error = errno_error("trace a process", "tracer");
  error.code = ErrorCode::unsupported;
  error.remedy = k_remedy;
  return error;
}

}  // namespace

/// What the tracer's thread and its users share.
class Tracer::Impl {
 public:
  Impl(TraceOptions options, Filter filter)
      : m_options(std::move(options)), m_filter(std::move(filter)), m_recorder(m_options) {
    if (m_options.time_offset && m_options.time_offset->count() != 0) m_clock.emplace(*m_options.time_offset);
  }
  ~Impl() {
    kill_all();
    if (m_thread.joinable()) m_thread.join();
  }

  Result<void> prepare() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return errno_error("make a pipe", "tracer");
    m_bell_wait = UniqueFd{ends[0]};
    m_bell = ends[1];
    m_ended_fd = UniqueFd{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    if (!m_ended_fd) return errno_error("make an event descriptor", "tracer");
    return {};
  }

  Result<int> launch(std::function<void()> child) {
    if (m_thread.joinable()) return Error{ErrorCode::usage, "a tracer runs one child", "tracer", {}};
    std::promise<Result<int>> started;
    auto result = started.get_future();
    m_thread = std::thread{[this, &started, child = std::move(child)] { run(started, child); }};
    return result.get();
  }

  /// Close the pipe that the bell waits at. Idempotent, any thread.
  void kill_all() noexcept {
    if (const int bell = m_bell.exchange(-1); bell >= 0) ::close(bell);
  }

  Trace finish() {
    if (m_thread.joinable()) m_thread.join();
    return m_recorder.finish(m_loop ? m_loop->stops() : 0);
  }

  const TraceOptions& options() const noexcept { return m_options; }
  const Filter& filter() const noexcept { return m_filter; }
  Recorder& recorder() noexcept { return m_recorder; }
  std::optional<int> ended() const noexcept {
    const int status = m_status;
    return status < 0 ? std::nullopt : std::optional{status};
  }
  int ended_fd() const noexcept { return m_ended_fd.get(); }

 private:
  void run(std::promise<Result<int>>& started, const std::function<void()>& child) {
    m_loop.emplace(m_filter, m_recorder, m_clock ? &*m_clock : nullptr);
    auto pid = hang_up_bell() ? m_loop->start(child, m_bell) : Result<int>{errno_error("start a process", "tracer")};
    const bool runs = static_cast<bool>(pid);
    started.set_value(std::move(pid));
    if (!runs) return kill_all();
    m_loop->run(
        [this](int status) {
          m_status = status;
          constexpr std::uint64_t one = 1;
          if (::write(m_ended_fd.get(), &one, sizeof one) < 0) m_status = status;  // cannot happen: the counter is 0
        },
        [this] { kill_all(); });
  }

  /// A process whose only task is to end when this program closes a pipe, or is no more. The tracer's thread, which can
  /// wait for processes only, hears of it that way.
  bool hang_up_bell() {
    const int pid = ::fork();
    if (pid == 0) {
      ::dup2(m_bell_wait.get(), 0);
      ::close_range(1, ~0U, 0);
      ::signal(SIGINT, SIG_IGN);  // from a terminal it is for the program, which decides what it means
      char byte = 0;
      while (::read(0, &byte, 1) < 0 && errno == EINTR) {
      }
      ::_exit(0);
    }
    m_loop->set_bell(pid);
    return pid > 0;
  }

  TraceOptions m_options;
  Filter m_filter;
  std::optional<Clock> m_clock;
  Recorder m_recorder;
  std::optional<EventLoop> m_loop;
  UniqueFd m_bell_wait, m_ended_fd;
  std::atomic<int> m_bell{-1};
  std::atomic<int> m_status{-1};
  std::thread m_thread;
};

Tracer::Tracer(std::unique_ptr<Impl> impl) : m_impl(std::move(impl)) {}
Tracer::~Tracer() = default;

Result<std::unique_ptr<Tracer>> Tracer::create(TraceOptions options) {
  const bool shifted = options.time_offset && options.time_offset->count() != 0;
  if (shifted && !Clock::is_supported())
    return Error{ErrorCode::unsupported, "the clock can be shifted on x86 machines only", "tracer",
                 "leave the variation 'time' out"};
  ASSAY_TRY_VOID(check_ptrace());
  ASSAY_TRY(auto filter, Filter::make(shifted));
  auto impl = std::make_unique<Impl>(std::move(options), std::move(filter));
  ASSAY_TRY_VOID(impl->prepare());
  return std::unique_ptr<Tracer>{new Tracer{std::move(impl)}};
}

Result<UniqueFd> Tracer::filter_file() const {
  UniqueFd file{::memfd_create("assay-filter", MFD_CLOEXEC)};
  const auto program = m_impl->filter().program();
  if (!file || ::write(file.get(), program.data(), program.size()) != static_cast<ssize_t>(program.size()) ||
      ::lseek(file.get(), 0, SEEK_SET) != 0)
    return errno_error("hold a filter in memory", "seccomp");
  return file;
}

bool Tracer::install_filter() const noexcept {
  return m_impl->filter().install();
}
Result<int> Tracer::launch(std::function<void()> child) {
  return m_impl->launch(std::move(child));
}
std::optional<int> Tracer::ended() const noexcept {
  return m_impl->ended();
}
int Tracer::ended_fd() const noexcept {
  return m_impl->ended_fd();
}
void Tracer::begin_phase(std::string_view name) {
  m_impl->recorder().begin_phase(name);
}
void Tracer::kill_all() noexcept {
  m_impl->kill_all();
}
Trace Tracer::finish() {
  return m_impl->finish();
}

}  // namespace assay::trace
