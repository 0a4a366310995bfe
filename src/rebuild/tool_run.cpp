#include "rebuild/tool_run.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>

#include "base/file.hpp"
#include "base/text.hpp"

namespace assay::rebuild {

namespace {

// When unshare(1) dies, so does its child, and with that all of the namespace; mounts go with their namespace.
const std::string k_container[] = {"unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--"};

constexpr std::size_t k_kept_messages = 64U << 10;

std::vector<std::string> plain_environment(const ToolRun& run) {
  // What they start themselves stands beside the programs of the superuser, which a user's PATH need not have.
  const char* path = std::getenv("PATH");
  std::vector<std::string> environment{fmt::format("PATH={}:/usr/sbin:/sbin", path != nullptr ? path : "/usr/bin:/bin"),
                                       "LC_ALL=C.UTF-8", "DEBIAN_FRONTEND=noninteractive"};
  for (const char* name : {"HOME", "TMPDIR", "http_proxy", "https_proxy", "ftp_proxy", "no_proxy"})
    if (const char* value = std::getenv(name); value != nullptr)
      if (run.temporary.empty() || name != std::string_view{"TMPDIR"})
        environment.push_back(fmt::format("{}={}", name, value));
  if (!run.temporary.empty()) environment.push_back("TMPDIR=" + run.temporary);
  return environment;
}

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> list;
  for (auto& word : words) list.push_back(word.data());
  list.push_back(nullptr);
  return list;
}

/// Where the program stands in PATH; empty if nowhere.
std::string find_program(const std::string& name) {
  const char* path = std::getenv("PATH");
  for (std::string_view rest = path != nullptr ? path : "/usr/bin:/bin"; !rest.empty();) {
    const auto end = std::min(rest.find(':'), rest.size());
    auto candidate = fmt::format("{}/{}", rest.substr(0, end), name);
    if (candidate.starts_with('/') && ::access(candidate.c_str(), X_OK) == 0) return candidate;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return {};
}

/// In the child, between fork and exec: only what is safe there.
[[noreturn]] void become(const char* program, char* const* words, char* const* environment, int input, int output,
                         int messages, pid_t parent) {
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(126);
  if (::dup2(input, 0) < 0 || ::dup2(output, 1) < 0 || ::dup2(messages, 2) < 0) ::_exit(126);
  ::execve(program, words, environment);
  ::_exit(126);
}

/// The end of all it says.
std::string read_messages(int descriptor) {
  std::string text;
  std::array<char, 4096> buffer;
  for (;;) {
    const auto got = ::read(descriptor, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(got));
    if (text.size() > 2 * k_kept_messages) text.erase(0, text.size() - k_kept_messages);
  }
}

}  // namespace

Result<ToolOutcome> run_tool(const ToolRun& run) {
  const bool contained = run.contained && ::geteuid() == 0 && !find_program(k_container[0]).empty();
  const auto program = find_program(contained ? k_container[0] : run.words.front());
  if (program.empty() || find_program(run.words.front()).empty())
    return Error{ErrorCode::not_found, fmt::format("{} is not installed", run.words.front()), {}, {}};
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return errno_error("make a pipe", run.words.front());
  UniqueFd reading{ends[0]}, writing{ends[1]};
  const UniqueFd nothing{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
  auto words = run.words;
  if (contained) words.insert(words.begin(), std::begin(k_container), std::end(k_container));
  auto environment = plain_environment(run);
  const auto argv = pointers(words), envp = pointers(environment);
  const auto self = ::getpid();
  const auto child = ::fork();
  if (child < 0) return errno_error("start", run.words.front());
  if (child == 0)
    become(program.c_str(), argv.data(), envp.data(), run.input >= 0 ? run.input : nothing.get(),
           run.output >= 0 ? run.output : writing.get(), writing.get(), self);
  writing.reset();
  ToolOutcome outcome;
  outcome.messages = read_messages(reading.get());
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  outcome.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return outcome;
}

}  // namespace assay::rebuild
