#include "rebuild/sandbox.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <optional>
#include <span>
#include <unordered_map>
#include <unordered_set>

#include "base/file.hpp"
#include "base/text.hpp"
#include "trace/tracer.hpp"

namespace assay::rebuild {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

namespace {

constexpr uid_t k_nobody = 65534;
constexpr uid_t k_first_own_user = 0x7000'0000;  ///< beyond what anyone gives to people, services or containers
constexpr unsigned k_cap_sys_admin = 21;         // capabilities(7)
constexpr std::size_t k_log_head = 64 << 10;
constexpr std::size_t k_log_tail = 192 << 10;
constexpr auto k_tick = std::chrono::milliseconds{25};
constexpr auto k_longest_tick = std::chrono::milliseconds{100};
constexpr std::string_view k_ready = "ready";

std::optional<fs::path> find_bubblewrap() {
  const char* path = std::getenv("PATH");
  std::string_view rest = path != nullptr ? path : "/usr/bin:/bin";
  while (!rest.empty()) {
    const auto end = std::min(rest.find(':'), rest.size());
    const fs::path candidate = fs::path{rest.substr(0, end)} / "bwrap";
    if (candidate.is_absolute() && ::access(candidate.c_str(), X_OK) == 0) return candidate;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return std::nullopt;
}

/// May everyone read what is in the directory, if they get there?
bool readable_to_all(const fs::path& directory) {
  struct stat facts {};
  return ::stat(directory.c_str(), &facts) == 0 && (facts.st_mode & 05) == 05;
}

/// May everyone read the directory and walk there?
bool open_to_all(const fs::path& directory) {
  struct stat facts {};
  if (!readable_to_all(directory)) return false;
  for (auto above = fs::absolute(directory).lexically_normal().parent_path();; above = above.parent_path()) {
    if (::stat(above.c_str(), &facts) != 0 || (facts.st_mode & 01) == 0) return false;
    if (above == above.root_path()) return true;
  }
}

/// Who the processes of the sandbox are to the kernel. The limit on processes does not bind root, whatever it calls itself in a
/// namespace of its own.
enum class Identity {
  caller,         ///< the user's own
  nobody,         ///< root gives up being root before it starts bubblewrap
  nobody_within,  ///< root starts bubblewrap, because only root gets to what it must show, and gives up after that
};

bool has_capability(unsigned number) {
  const auto status = read_file("/proc/self/status", 64 << 10);
  constexpr std::string_view key = "CapEff:\t";
  const auto at = status ? as_text(*status).find(key) : std::string_view::npos;
  if (at == std::string_view::npos) return false;
  std::uint64_t effective = 0;
  const auto digits = as_text(*status).substr(at + key.size(), 16);
  std::from_chars(digits.data(), digits.data() + digits.size(), effective, 16);
  return (effective >> number & 1) != 0;
}

Identity identity_for(const SandboxRequest& request) {
  if (::geteuid() != 0) return Identity::caller;
  std::vector<fs::path> places{request.toolchain / "usr"};
  for (const auto& [host, inside] : request.read_only) places.push_back(host);
  if (std::all_of(places.begin(), places.end(), open_to_all)) return Identity::nobody;
  std::error_code ignored;
  const bool can = has_capability(k_cap_sys_admin) && fs::exists(request.toolchain / "usr/bin/setpriv", ignored) &&
                   std::all_of(places.begin(), places.end(), readable_to_all);
  return can ? Identity::nobody_within : Identity::caller;
}

/// The words of bubblewrap's command line, and the descriptors it shall inherit.
class CommandLine {
 public:
  /// Without a sandbox: the shell alone, in the environment that was asked for.
  explicit CommandLine(const SandboxRequest& request) {
    add("/usr/bin/env", "-i");
    for (const auto& [name, value] : request.environment) add(fmt::format("{}={}", name, value));
    add("/bin/sh", "-c", request.script);
  }
  /// `filter`: the descriptor of a seccomp filter, or -1.
  CommandLine(const fs::path& bubblewrap, const SandboxRequest& request, Identity identity, int info, int filter,
              int first_file) {
    const bool within = identity == Identity::nobody_within;
    add(bubblewrap.string());
    add_identity(request, within);
    if (request.network) add("--share-net");
    add("--die-with-parent", "--new-session", "--hostname", request.hostname, "--clearenv", "--info-fd",
        std::to_string(info));
    if (filter >= 0) add("--add-seccomp-fd", std::to_string(filter));
    add_system(request.toolchain);
    add_system_paths(request);
    // Every place that can be written to is bounded; the memory it takes is no process's.
    const auto size = std::to_string(request.limits.disk);
    add("--proc", "/proc", "--dev", "/dev", "--perms", "1777", "--size", size, "--tmpfs", "/dev/shm", "--remount-ro",
        "/dev");
    add("--perms", "1777", "--size", size, "--tmpfs", "/tmp", "--perms", within ? "1777" : "0755", "--size", size,
        "--tmpfs", request.work);
    for (const auto& [host, inside] : request.read_only) {
      add_directory_of(inside);
      add("--ro-bind", host.string(), inside);
    }
    for (const auto& [path, content] : request.files) {
      add_directory_of(path);
      add("--perms", "0644", "--ro-bind-data", std::to_string(first_file++), path);
    }
    if (request.network) add("--ro-bind-try", "/etc/resolv.conf", "/etc/resolv.conf");
    for (const auto& [name, value] : request.environment) add("--setenv", name, value);
    add("--remount-ro", "/", "--chdir", request.work, "--");
    const auto nobody = std::to_string(k_nobody);
    if (within)
      add("/usr/bin/setpriv", "--reuid", nobody, "--regid", nobody, "--clear-groups", "--inh-caps=-all", "--");
    add("/bin/sh", "-c", request.script);
  }
  std::vector<char*> pointers() {
    std::vector<char*> pointers;
    for (auto& word : m_words) pointers.push_back(word.data());
    pointers.push_back(nullptr);
    return pointers;
  }

 private:
  template <typename... Words>
  void add(Words&&... words) {
    (m_words.emplace_back(std::forward<Words>(words)), ...);
  }

  void add_identity(const SandboxRequest& request, bool within) {
    if (within) {
      add("--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try", "--cap-drop",
          "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID");
    } else {
      add("--unshare-all", "--cap-drop", "ALL", "--uid", std::to_string(request.uid), "--gid",
          std::to_string(request.gid));
    }
  }

  /// bubblewrap makes what is missing on the way to a place for its own user alone.
  void add_directory_of(const std::string& place) {
    const auto directory = fs::path{place}.parent_path();
    if (directory != directory.root_path()) add("--perms", "0755", "--dir", directory.string());
  }

  /// The toolchain's system directories, and of /etc what tools look for: alternatives, loader caches, catalogues.
  void add_system(const fs::path& root) {
    std::error_code ignored;
    for (const std::string name : {"usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32"}) {
      const auto host = root / name;
      if (fs::is_symlink(fs::symlink_status(host, ignored))) {
        add("--symlink", fs::read_symlink(host, ignored).string(), "/" + name);
      } else if (fs::is_directory(host, ignored)) {
        add("--ro-bind", host.string(), "/" + name);
      }
    }
    add("--perms", "0755", "--dir", "/etc");
    for (const std::string name :
         {"alternatives", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "perl", "texmf", "texlive", "fonts", "xml",
          "sgml", "groff", "papersize", "debian_version", "os-release"})
      if (fs::exists(root / "etc" / name, ignored)) add("--ro-bind", (root / "etc" / name).string(), "/etc/" + name);
    // What someone built on this machine by hand is no pristine toolchain.
    if (fs::is_directory(root / "usr" / "local", ignored)) add("--tmpfs", "/usr/local", "--remount-ro", "/usr/local");
  }

  void add_system_paths(const SandboxRequest& request) {
    std::error_code ignored;
    for (const auto& path : request.system_paths)
      if (fs::exists(request.toolchain / path, ignored))
        add("--ro-bind", (request.toolchain / path).string(), "/" + path);
  }

  std::vector<std::string> m_words;
};

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

void set_limit(int which, std::uint64_t value) {
  const rlimit limit{static_cast<rlim_t>(value), static_cast<rlim_t>(value)};
  ::setrlimit(static_cast<__rlimit_resource>(which), &limit);
}

/// The processors the sandbox may run on: the first `count` of those this process may.
void limit_processors(unsigned count) {
  cpu_set_t all, some;
  CPU_ZERO(&some);
  if (::sched_getaffinity(0, sizeof all, &all) != 0) return;
  for (unsigned cpu = 0; cpu < CPU_SETSIZE && count > 0; ++cpu) {
    if (!CPU_ISSET(cpu, &all)) continue;
    CPU_SET(cpu, &some);
    --count;
  }
  ::sched_setaffinity(0, sizeof some, &some);
}

/// Put each of `descriptors` at the number of its place, and close all others. `descriptors` is written to.
bool place_descriptors(std::span<int> descriptors) {
  const auto count = static_cast<int>(descriptors.size());
  for (auto& descriptor : descriptors)
    descriptor = ::fcntl(descriptor, F_DUPFD_CLOEXEC, count + 5);  // out of the way first
  for (int i = 0; i < count; ++i)
    if (::dup2(descriptors[static_cast<std::size_t>(i)], i) < 0) return false;
  ::close_range(static_cast<unsigned>(count), ~0U, 0);
  return true;
}

/// Give up being root. The limit on processes counts all of a user's: a user of its own for each sandbox, so that one full
/// of processes does not starve the others; nobody where such users are not mapped.
bool become_nobody() {
  const auto own = k_first_own_user + static_cast<uid_t>(::getpid());
  if (::setgroups(0, nullptr) != 0) return false;
  if (::setresgid(own, own, own) == 0 && ::setresuid(own, own, own) == 0) return true;
  return ::setresgid(k_nobody, k_nobody, k_nobody) == 0 && ::setresuid(k_nobody, k_nobody, k_nobody) == 0;
}

/// In the child, between fork and exec: only what is safe there.
[[noreturn]] void become_sandbox(char* const* words, std::span<int> descriptors, const SandboxRequest& request,
                                 Identity identity) {
  const auto& limits = request.limits;
  if (!place_descriptors(descriptors)) ::_exit(126);
  ::setpgid(0, 0);
  if (request.processors > 0) limit_processors(request.processors);
  if (request.personality != 0)
    ::personality(static_cast<unsigned long>(::personality(0xffffffff)) | request.personality);
  set_limit(RLIMIT_CORE, 0);
  set_limit(RLIMIT_FSIZE, limits.file);
  set_limit(RLIMIT_DATA, limits.memory);
  // Of the caller's own processes others run too.
  if (request.confined) set_limit(RLIMIT_NPROC, limits.processes);
  const int adjust = ::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (adjust >= 0 && ::write(adjust, "900", 3) < 0) ::_exit(126);
  // What the limit does not bind can at least not starve the one who counts.
  if (identity == Identity::caller && ::geteuid() == 0) ::setpriority(PRIO_PROCESS, 0, 15);
  if (identity == Identity::nobody && !become_nobody()) ::_exit(126);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  if (!request.confined &&
      (::chdir(request.work.c_str()) != 0 || (request.tracer != nullptr && !request.tracer->install_filter())))
    ::_exit(126);
  char* empty[] = {nullptr};
  ::execve(words[0], words, empty);
  ::_exit(127);
}

/// What all descendants of a process use together.
struct Usage {
  std::uint64_t processes = 0;
  std::uint64_t memory = 0;
};

std::uint64_t number_in(std::string_view text, std::size_t field) {
  while (field-- > 0) {
    const auto space = text.find(' ');
    if (space == std::string_view::npos) return 0;
    text.remove_prefix(space + 1);
  }
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::string read_small(const std::string& path) {
  std::string text(1024, '\0');
  const UniqueFd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  const auto got = file ? ::read(file.get(), text.data(), text.size()) : -1;
  text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return text;
}

/// Memory that a process shares with nobody, about: resident less file-backed and shared pages (proc(5), statm).
std::uint64_t own_memory(std::uint64_t pid) {
  const auto text = read_small(fmt::format("/proc/{}/statm", pid));
  const auto resident = number_in(text, 1);
  const auto shared = number_in(text, 2);
  return (resident - std::min(shared, resident)) * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

using Children = std::unordered_map<std::uint64_t, std::vector<std::uint64_t>>;

/// Of every process there is, by parent.
Children all_children() {
  Children children;
  DIR* directory = ::opendir("/proc");
  if (directory == nullptr) return {};
  while (const auto* entry = ::readdir(directory)) {
    const auto pid = number_in(entry->d_name, 0);
    if (pid == 0) continue;
    const auto text = read_small(fmt::format("/proc/{}/stat", pid));
    const auto name_end = text.rfind(") ");  // the name may hold anything
    if (name_end != std::string::npos)
      children[number_in(std::string_view{text}.substr(name_end + 2), 1)].push_back(pid);
  }
  ::closedir(directory);
  return children;
}

/// Adds the children of one process, as the kernel lists them by thread (CONFIG_PROC_CHILDREN).
void add_children_of(std::uint64_t pid, Children& children) {
  const auto tasks = fmt::format("/proc/{}/task", pid);
  DIR* directory = ::opendir(tasks.c_str());
  if (directory == nullptr) return;  // it is gone
  while (const auto* entry = ::readdir(directory)) {
    if (number_in(entry->d_name, 0) == 0) continue;
    const auto text = read_file(fmt::format("{}/{}/children", tasks, entry->d_name), 1 << 20);
    for (std::string_view rest = text ? as_text(*text) : std::string_view{}; !rest.empty();
         rest.remove_prefix(std::min(rest.find(' '), rest.size() - 1) + 1))
      if (const auto child = number_in(rest, 0); child != 0) children[pid].push_back(child);
  }
  ::closedir(directory);
}

bool kernel_lists_children() {
  const auto self = ::getpid();
  return ::access(fmt::format("/proc/{}/task/{}/children", self, self).c_str(), R_OK) == 0;
}

/// `listed`: as the kernel lists them by parent, which is quick and misses some while they come and go.
Usage count_below(std::uint64_t root, bool listed) {
  auto children = listed ? Children{} : all_children();
  Usage usage;
  std::vector<std::uint64_t> open{root};
  while (!open.empty()) {
    const auto parent = open.back();
    open.pop_back();
    if (listed) add_children_of(parent, children);
    for (const auto pid : children[parent]) {
      ++usage.processes;
      usage.memory += own_memory(pid);
      open.push_back(pid);
    }
  }
  return usage;
}

/// Looks at the sandbox alone where it can: a busy machine has many more processes. Once it has many itself, they are
/// counted one by one.
Usage usage_below(std::uint64_t root) {
  constexpr std::uint64_t k_few = 32;
  if (kernel_lists_children())
    if (const auto usage = count_below(root, true); usage.processes <= k_few) return usage;
  return count_below(root, false);
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

  /// Looking costs a millisecond and more where many processes run: a twentieth of the time at most, unless there is cause to hurry.
  Clock::duration time_to_next_look() {
    const auto start = Clock::now();
    const auto processes = check_limits();
    const Clock::duration cost = Clock::now() - start;
    if (processes > m_request.limits.processes / 8) return k_tick;
    return std::clamp<Clock::duration>(20 * cost, k_tick, k_longest_tick);
  }

  /// How many processes there are.
  std::uint64_t check_limits() {
    if (Clock::now() - m_start > m_request.limits.time) stop(SandboxEnd::timed_out);
    const auto usage = usage_below(static_cast<std::uint64_t>(m_child));
    m_outcome.most_processes = std::max(m_outcome.most_processes, usage.processes);
    // At its limit a fork bomb only spins: being near it is enough to say so.
    if (usage.processes >= m_request.limits.processes * 7 / 8) stop(SandboxEnd::too_many_processes);
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
      if (const auto pid = number_in(text, 0); pid > 1) ::kill(static_cast<pid_t>(pid), SIGKILL);
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
      const auto pid = number_in(process.path().filename().string(), 0);
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

  Error not_possible() const {
    if (!m_request.confined) return Error{ErrorCode::io, "the shell did not start", {}, "is there a /bin/sh?"};
    auto reason = m_log.text().substr(0, 400);
    while (reason.ends_with('\n')) reason.pop_back();
    return Error{
        ErrorCode::unsupported,
        fmt::format("no sandbox can be made: {}", reason.empty() ? "bwrap did not start" : escape_for_display(reason)),
        {},
        "allow unprivileged user namespaces (sysctl kernel.unprivileged_userns_clone=1 or "
        "kernel.apparmor_restrict_unprivileged_userns=0; in a container, a seccomp profile that lets unshare(2) pass)"};
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
