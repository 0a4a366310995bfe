// Runs a script where it can harm nobody: in a bubblewrap(1) sandbox of its own namespaces, without network, with a
// read-only system, a memory file system to write to, a cleared environment, and limits on everything it may use. When
// run_in_sandbox() returns, no process of the sandbox is left.
#pragma once
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"

namespace assay::trace {
class Tracer;
}

namespace assay::rebuild {

struct SandboxLimits {
  std::chrono::seconds time{1800};    ///< wall time of the whole run
  std::uint64_t disk = 4ULL << 30;    ///< bytes that may be written, all files together
  std::uint64_t file = 1ULL << 30;    ///< bytes of one file
  std::uint64_t memory = 6ULL << 30;  ///< resident bytes of all processes together
  std::uint64_t processes = 1024;     ///< at a time
  std::uint64_t output = 1ULL << 30;  ///< bytes of products
  std::uint64_t log = 256ULL << 20;   ///< bytes of log
};

struct SandboxRequest {
  std::filesystem::path toolchain = "/";  ///< root whose /usr, /bin, /lib… the sandbox sees
  std::vector<std::pair<std::filesystem::path, std::string>> read_only;  ///< further places, host → sandbox
  std::vector<std::string>
      system_paths;  ///< further places of `toolchain`, read-only, where they exist: "var/lib/dpkg"
  std::vector<std::pair<std::string, std::string>> files;  ///< path in the sandbox → content, read-only
  std::vector<std::pair<std::string, std::string>> environment;
  std::string work = "/build";  ///< the memory file system to write to, and the working directory
  std::string hostname = "sandbox";
  bool network = false;             ///< the machine's network, and its /etc/resolv.conf
  unsigned uid = 1000, gid = 1000;  ///< as the sandbox sees itself
  unsigned processors = 0;          ///< how many the sandbox may run on; 0: as many as there are
  unsigned long personality = 0;    ///< flags of personality(2), added to those inherited
  std::string script;               ///< for /bin/sh; descriptor 0 is `input`, 1 the products, 2 the log, 3 status lines
  int input = -1;                   ///< a regular file, read from its start
  int output = -1;                  ///< a regular file that gets the products
  SandboxLimits limits;
  trace::Tracer* tracer = nullptr;  ///< that watches everything in it; launched here, finish() is the caller's
  /// False: the script runs on the host as the caller, in the directory `work`, which is there; of the limits those on
  /// `disk` and `processes` do not bind. What is left of it afterwards is killed if it still has the environment it was given.
  bool confined = true;
  std::function<void(std::string_view line)> on_status;  ///< called as status lines come in, from the calling thread
};

enum class SandboxEnd {
  finished,  ///< the script ran to its end
  killed,    ///< it was killed from within
  timed_out,
  too_many_processes,
  too_much_memory,
  too_much_output,
  too_much_log,
};

std::string_view to_string(SandboxEnd end) noexcept;

struct SandboxOutcome {
  SandboxEnd end = SandboxEnd::finished;
  int exit_code = 0;  ///< of the script; 128 + signal
  std::string log;    ///< first and last part of what was written to descriptor 2
  std::uint64_t most_processes = 0;
  std::chrono::milliseconds wall{0};
};

/// Errors: bubblewrap is not installed, or the system does not let it make namespaces; the remedy says what to do.
Result<SandboxOutcome> run_in_sandbox(const SandboxRequest& request);

}  // namespace assay::rebuild
