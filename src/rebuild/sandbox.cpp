#include "rebuild/sandbox.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <optional>

#include "base/file.hpp"
#include "base/text.hpp"
#include "rebuild/bubblewrap.hpp"
#include "rebuild/process_usage.hpp"
#include "rebuild/sandbox_child.hpp"
#include "trace/tracer.hpp"

namespace assay::rebuild {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

namespace {

constexpr std::size_t k_log_head = 64 << 10;
constexpr std::size_t k_log_tail = 192 << 10;
constexpr auto k_tick = std::chrono::milliseconds{25};
constexpr auto k_longest_tick = std::chrono::milliseconds{200};
constexpr std::string_view k_ready = "ready";

/// A file without a name that holds `content`, at its start.
Result<UniqueFd> memory_file(std::string_view content) {
  UniqueFd file{::memfd_create("assay", MFD_CLOEXEC)};
  if (!file || ::write(file.get(), content.data(), content.size()) != static_cast<ssize_t>(content.size()) ||
      ::lseek(file.get(), 0, SEEK_SET) != 0)
    return errno_error("hold a file in memory", "sandbox");
  return file;
}

struct Pipe {
  UniqueFd read;
  UniqueFd write;
};

Result<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return errno_error("make a pipe", "sandbox");
  return Pipe{UniqueFd{ends[0]}, UniqueFd{ends[1]}};
}

/// The number that a text begins with, 0 if with none.
std::uint64_t number_in(std::string_view text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// Keeps the beginning and the end of a text of any length.
class Excerpt {
 public:
  void add(std::string_view text) {
    const auto to_head = std::min(text.size(), k_log_head - std::min(m_head.size(), k_log_head));
    m_head += text.substr(0, to_head);
    m_tail += text.substr(to_head);
    if (m_tail.size() > 2 * k_log_tail) {
      m_tail.erase(0, m_tail.size() - k_log_tail);
      m_cut = true;
    }
  }
  std::string text() const { return m_cut ? m_head + "\n[…]\n" + m_tail : m_head + m_tail; }

 private:
  std::string m_head, m_tail;
  bool m_cut = false;
};

class Run {
 public:
  Run(const SandboxRequest& request) : m_request(request) {}

  Result<SandboxOutcome> go() {
    const auto bubblewrap = m_request.confined ? find_bubblewrap() : fs::path{"/bin/sh"};
    if (!bubblewrap)
      return Error{ErrorCode::not_found,
                   "bubblewrap (bwrap) is not installed, and nothing is run without a sandbox",
                   {},
                   "apt install bubblewrap"};
    ASSAY_TRY_VOID(start(*bubblewrap));
    watch();
    reap();
    if (!m_request.confined) kill_marked();
    if (!m_ready) return not_possible();
    m_outcome.log = m_log.text();
    m_outcome.wall = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - m_start);
    return std::move(m_outcome);
  }

 private:
  Result<void> start(const fs::path& bubblewrap) {
    ASSAY_TRY(m_products, make_pipe());
    ASSAY_TRY(m_messages, make_pipe());
    ASSAY_TRY(m_status, make_pipe());
    ASSAY_TRY(m_info, make_pipe());
    std::vector<int> descriptors{m_request.input, m_products.write.get(), m_messages.write.get(), m_status.write.get(),
                                 m_info.write.get()};
    const auto identity = m_request.confined ? identity_for(m_request) : Identity::caller;
    std::vector<UniqueFd> files;
    int filter = -1;
    if (m_request.tracer != nullptr && m_request.confined) {
      ASSAY_TRY(auto program, m_request.tracer->filter_file());
      filter = static_cast<int>(descriptors.size());
      descriptors.push_back(program.get());
      files.push_back(std::move(program));
    }
    CommandLine line = m_request.confined ? CommandLine{bubblewrap, m_request, identity,
                                                        4,          filter,    static_cast<int>(descriptors.size())}
                                          : CommandLine{m_request};
    const auto words = line.pointers();
    if (m_request.confined) {
      for (const auto& [path, content] : m_request.files) {
        ASSAY_TRY(auto file, memory_file(content));
        descriptors.push_back(file.get());
        files.push_back(std::move(file));
      }
    }
    m_start = Clock::now();
    ASSAY_TRY_VOID(launch([&] { become_sandbox(words.data(), descriptors, m_request, identity); }));
    for (auto* pipe : {&m_products, &m_messages, &m_status, &m_info}) {
      pipe->write.reset();
      ::fcntl(pipe->read.get(), F_SETFL, O_NONBLOCK);
    }
    return {};
  }

  Result<void> launch(const std::function<void()>& child) {
    if (m_request.tracer != nullptr) {
      ASSAY_TRY(m_child, m_request.tracer->launch(child));
      return {};
    }
    m_child = ::fork();
    if (m_child < 0) return errno_error("start a process", "sandbox");
    if (m_child == 0) child();
    return {};
  }

  /// Has the first process ended? Of a traced one the tracer knows, and nobody else may ask.
  bool ask_end() {
    if (m_request.tracer == nullptr) {
      const auto pid = ::waitpid(m_child, &m_wait_status, WNOHANG);
      return pid == m_child || (pid < 0 && errno != EINTR);
    }
    const auto status = m_request.tracer->ended();
    if (status) m_wait_status = *status;
    return status.has_value();
  }

  void watch() {
    auto next_look = Clock::now();
    while (!m_stopped) {
      std::array<pollfd, 4> waiting{};
      std::size_t open = 0;
      for (auto* pipe : {&m_products, &m_messages, &m_status, &m_info}) {
        waiting[open].fd = pipe->read ? pipe->read.get() : -1;
        waiting[open++].events = POLLIN;
      }
      ::poll(waiting.data(), waiting.size(), static_cast<int>(k_tick.count()));
      drain();
      if (has_ended()) return;
      if (Clock::now() < next_look) continue;
      next_look = Clock::now() + time_to_next_look();
    }
  }

  /// Take what the pipes hold. A pipe's end is noticed by its closing.
  void drain() {
    std::array<char, 64 << 10> buffer{};
    const auto each = [&](Pipe& pipe, auto&& take) {
      for (int rounds = 0; pipe.read && rounds < 64; ++rounds) {
        const auto got = ::read(pipe.read.get(), buffer.data(), buffer.size());
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
        if (got <= 0) return pipe.read.reset();
        take(std::string_view{buffer.data(), static_cast<std::size_t>(got)});
      }
    };
    each(m_products, [&](std::string_view text) { take_product(text); });
    each(m_messages, [&](std::string_view text) { take_message(text); });
    each(m_status, [&](std::string_view text) { take_status(text); });
    each(m_info, [&](std::string_view text) {
      m_info_text += text.substr(0, 4096 - std::min<std::size_t>(m_info_text.size(), 4096));
    });
  }

  void take_product(std::string_view text) {
    m_product_bytes += text.size();
    if (m_product_bytes > m_request.limits.output) return stop(SandboxEnd::too_much_output);
    while (!text.empty()) {
      const auto written = ::write(m_request.output, text.data(), text.size());
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) return stop(SandboxEnd::too_much_output);
      text.remove_prefix(static_cast<std::size_t>(written));
    }
  }

  void take_message(std::string_view text) {
    m_log.add(text);
    m_log_bytes += text.size();
    if (m_log_bytes > m_request.limits.log) stop(SandboxEnd::too_much_log);
  }

  void take_status(std::string_view text) {
    m_status_line += text;
    for (auto end = m_status_line.find('\n'); end != std::string::npos; end = m_status_line.find('\n')) {
      const auto line = m_status_line.substr(0, end);
      m_status_line.erase(0, end + 1);
      if (line == k_ready) m_ready = true;
      if (line == "done") m_done = true;
      if (m_request.on_status && ++m_status_lines < 10'000) m_request.on_status(line);
    }
    if (m_status_line.size() > 4096) m_status_line.clear();
  }

  bool has_ended() {
    if (m_reaped) return true;
    m_reaped = ask_end();
    if (!m_reaped) return false;
    drain_rest();
    return true;
  }

  /// Looking costs a millisecond and more where many processes run: a fiftieth of the time at most, unless there is cause to hurry.
  Clock::duration time_to_next_look() {
    const auto start = Clock::now();
    const auto processes = check_limits();
    const Clock::duration cost = Clock::now() - start;
    if (processes > m_request.limits.processes / 8) return k_tick;
    return std::clamp<Clock::duration>(50 * cost, k_tick, k_longest_tick);
  }

  /// How many processes there are.
  std::uint64_t check_limits() {
    if (Clock::now() - m_start > m_request.limits.time) stop(SandboxEnd::timed_out);
    const auto usage = usage_below(static_cast<std::uint64_t>(m_child));
    m_outcome.most_processes = std::max(m_outcome.most_processes, usage.processes);
    if (usage.processes > m_request.limits.processes) stop(SandboxEnd::too_many_processes);
    if (usage.memory > m_request.limits.memory) stop(SandboxEnd::too_much_memory);
    return usage.processes;
  }

  void stop(SandboxEnd why) {
    if (m_stopped) return;
    m_stopped = true;
    m_outcome.end = why;
    kill_all();
  }

  /// Kill the sandbox's first process: the kernel kills every other process of its namespace before it is gone.
  void kill_all() {
    if (m_request.tracer != nullptr) m_request.tracer->kill_all();
    constexpr std::string_view key = "\"child-pid\":";
    if (const auto at = m_info_text.find(key); at != std::string::npos) {
      auto text = std::string_view{m_info_text}.substr(at + key.size());
      text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
      if (const auto pid = number_in(text); pid > 1) ::kill(static_cast<pid_t>(pid), SIGKILL);
    } else {
      ::kill(m_child, SIGKILL);
    }
  }

  /// Daemons of a build without a sandbox: they left their parents, but hardly ever their environment.
  void kill_marked() const {
    std::string mark;
    for (const auto& [name, value] : m_request.environment)
      if (value.starts_with(m_request.work)) mark = fmt::format("{}={}", name, value);
    if (mark.empty()) return;
    std::error_code problem;
    for (const auto& process : fs::directory_iterator{"/proc", problem}) {
      const auto pid = number_in(process.path().filename().string());
      const auto environment = pid > 1 ? read_file(process.path() / "environ", 1 << 20) : Result<Bytes>{Bytes{}};
      if (environment && as_text(*environment).find(mark + '\0') != std::string_view::npos)
        ::kill(static_cast<pid_t>(pid), SIGKILL);
    }
  }

  void reap() {
    for (int rounds = 0; !m_reaped; ++rounds) {
      m_reaped = ask_end();
      if (m_reaped) break;
      if (rounds == 200) ::kill(m_child, SIGKILL);
      ::usleep(10'000);
    }
    if (m_stopped) return;
    m_outcome.exit_code = WIFEXITED(m_wait_status) ? WEXITSTATUS(m_wait_status) : 128 + WTERMSIG(m_wait_status);
    if (!m_done) m_outcome.end = SandboxEnd::killed;
  }

  void drain_rest() {
    for (int rounds = 0; rounds < 1'000 && (m_products.read || m_messages.read || m_status.read) && !m_stopped;
         ++rounds)
      drain();
  }

  /// What bubblewrap complains of tells whether the kernel forbids it or something is not there.
  std::string remedy_for(std::string_view reason) const {
    const auto says = [&](std::string_view words) { return reason.find(words) != std::string_view::npos; };
    if (says("execvp") || says("/bin/sh"))
      return fmt::format("{} has to hold the programs of a system, /bin/sh among them",
                         escape_for_display(m_request.toolchain.string()));
    if (says("No such file") || says("Can't find source path") || says("Can't mkdir") || says("Can't create file"))
      return fmt::format("a place that the sandbox shows is missing: is {} the whole root of a system?",
                         escape_for_display(m_request.toolchain.string()));
    if (says("Unknown option") || says("Unexpected")) return "install a bubblewrap of version 0.8 or later";
    return "allow unprivileged user namespaces (sysctl kernel.unprivileged_userns_clone=1 or "
           "kernel.apparmor_restrict_unprivileged_userns=0; in a container, a seccomp profile that lets unshare(2) "
           "pass)";
  }

  Error not_possible() const {
    if (!m_request.confined) return Error{ErrorCode::io, "the shell did not start", {}, "is there a /bin/sh?"};
    if (m_stopped)
      return Error{ErrorCode::usage,
                   fmt::format("the sandbox was stopped before the build began: {}", to_string(m_outcome.end)),
                   {},
                   "allow it more"};
    auto reason = m_log.text().substr(0, 400);
    while (reason.ends_with('\n')) reason.pop_back();
    return Error{
        ErrorCode::unsupported,
        fmt::format("no sandbox can be made: {}", reason.empty() ? "bwrap did not start" : escape_for_display(reason)),
        {},
        remedy_for(reason)};
  }

  const SandboxRequest& m_request;
  SandboxOutcome m_outcome;
  Pipe m_products, m_messages, m_status, m_info;
  Excerpt m_log;
  std::string m_status_line, m_info_text;
  std::uint64_t m_product_bytes = 0;
  std::uint64_t m_log_bytes = 0;
  std::uint64_t m_status_lines = 0;
  pid_t m_child = -1;
  int m_wait_status = 0;
  bool m_ready = false, m_done = false, m_reaped = false, m_stopped = false;
  Clock::time_point m_start;
};

}  // namespace

std::string_view to_string(SandboxEnd end) noexcept {
  switch (end) {
    case SandboxEnd::finished:
      return "finished";
    case SandboxEnd::killed:
      return "it killed the process that ran it";
    case SandboxEnd::timed_out:
      return "it did not end in time";
    case SandboxEnd::too_many_processes:
      return "it started too many processes";
    case SandboxEnd::too_much_memory:
      return "it used too much memory";
    case SandboxEnd::too_much_log:
      return "it wrote more to its log than anyone can read";
    case SandboxEnd::too_much_output:
      return "it made more than may be taken out";
  }
  return "finished";
}

Result<SandboxOutcome> run_in_sandbox(const SandboxRequest& request) {
  return Run{request}.go();
}

}  // namespace assay::rebuild
