#include "traced.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace assay::test {

using namespace trace;

std::vector<Index> Traced::processes(std::string_view program) const {
  std::vector<Index> found;
  for (Index i = 0; i < trace.processes.size(); ++i)
    if (program_name(trace, i) == program) found.push_back(i);
  return found;
}

Index Traced::process(std::string_view program) const {
  const auto found = processes(program);
  if (found.size() != 1)
    throw std::runtime_error{std::to_string(found.size()) + " processes ran " + std::string{program}};
  return found.front();
}

std::vector<Index> Traced::versions(std::string_view path_end) const {
  std::vector<Index> found;
  for (Index i = 0; i < trace.files.size(); ++i) {
    const auto& file = trace.files[i];
    const bool named =
        file.path.ends_with(path_end) || std::any_of(file.aliases.begin(), file.aliases.end(),
                                                     [&](const auto& name) { return name.ends_with(path_end); });
    if (named) found.push_back(i);
  }
  return found;
}

Index Traced::file(std::string_view path_end) const {
  const auto found = versions(path_end);
  if (found.empty()) throw std::runtime_error{"no file " + std::string{path_end}};
  return found.back();
}

namespace {
bool has(const std::vector<Access>& accesses, Index file) {
  return std::any_of(accesses.begin(), accesses.end(), [&](const auto& access) { return access.file == file; });
}
}  // namespace

bool Traced::reads(Index process, Index file) const {
  return has(trace.processes[process].reads, file);
}
bool Traced::writes(Index process, Index file) const {
  return has(trace.processes[process].writes, file);
}
std::string Traced::digest(Index file) const {
  return trace.files[file].sha256 ? trace.files[file].sha256->hex() : "";
}

std::string Traced::gaps() const {
  std::string text;
  for (const auto& gap : trace.coverage.gaps) text += gap.what + ": " + gap.reason + "\n";
  return text;
}

Traced trace_function(const TempDir& directory, const std::function<int()>& function, TraceOptions options,
                      int seconds) {
  options.writable = {directory.path().string()};
  auto tracer = Tracer::create(std::move(options));
  if (!tracer) throw std::runtime_error{tracer.error().to_string()};
  const auto& running = **tracer;
  const auto place = directory.path().string();
  const auto pid = (*tracer)->launch([&] {
    const int null = ::open("/dev/null", O_RDWR);
    for (int descriptor = 0; descriptor < 3; ++descriptor) ::dup2(null, descriptor);
    ::close_range(3, ~0U, 0);
    if (::chdir(place.c_str()) != 0 || !running.install_filter()) ::_exit(99);
    ::_exit(function());
  });
  if (!pid) throw std::runtime_error{pid.error().to_string()};
  pollfd waiting{(*tracer)->ended_fd(), POLLIN, 0};
  const bool in_time = ::poll(&waiting, 1, seconds * 1000) == 1;
  if (!in_time) (*tracer)->kill_all();
  Traced traced;
  traced.status = (*tracer)->ended().value_or(-1);
  traced.trace = (*tracer)->finish();
  if (!in_time) throw std::runtime_error{"it did not end in time"};
  return traced;
}

Traced trace_program(const TempDir& directory, const std::vector<std::string>& argv, TraceOptions options,
                     int seconds) {
  std::vector<char*> words;
  for (const auto& word : argv) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  return trace_function(
      directory,
      [&] {
        ::execvp(words[0], words.data());
        return 127;
      },
      std::move(options), seconds);
}

Traced trace_shell(const TempDir& directory, const std::string& script, TraceOptions options, int seconds) {
  return trace_program(directory, {"sh", "-eu", "-c", script}, std::move(options), seconds);
}

std::string read_text(const std::filesystem::path& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

#if defined(__x86_64__)
bool answers_32_bit_calls() {
  const auto child = ::fork();
  if (child == 0) {
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_CORE, &none);
    long result = 20;  // getpid(2)
    asm volatile("int $0x80" : "+a"(result) : : "memory", "r8", "r9", "r10", "r11");
    ::_exit(result == ::getpid() ? 0 : 1);
  }
  int status = 1;
  return child > 0 && ::waitpid(child, &status, 0) == child && status == 0;
}
#endif

}  // namespace assay::test
