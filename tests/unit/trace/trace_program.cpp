// Trace a command and print what it did: as JSON, or with --files the files it read and wrote, a line each. Not installed;
// for measurements (tests/bench) and for looking at what the tracer sees.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <optional>
#include <string_view>

#include "base/text.hpp"
#include "trace/graph.hpp"
#include "trace/tracer.hpp"

using namespace assay;
using namespace assay::trace;

namespace {

void print_files(const Trace& trace, std::FILE* out) {
  std::vector<bool> read(trace.files.size()), written(trace.files.size());
  for (const auto& process : trace.processes) {
    for (const auto& access : process.reads) read[access.file] = true;
    for (const auto& access : process.writes) written[access.file] = true;
  }
  for (Index i = 0; i < trace.files.size(); ++i) {
    const auto& file = trace.files[i];
    const auto line = [&](const std::string& name) {
      fmt::print(out, "{}{} {} {}\n", read[i] ? 'r' : '-', written[i] ? 'w' : '-',
                 file.sha256 ? file.sha256->hex() : "-", escape_for_display(name));
    };
    line(file.path);
    for (const auto& name : file.aliases) line(name);
  }
}

}  // namespace

int main(int count, char** words) {
  std::string_view out, mode;
  TraceOptions options;
  std::optional<DigestCache> digests;
  int at = 1;
  for (; at < count && words[at][0] == '-'; ++at) {
    const std::string_view word = words[at];
    if (word.starts_with("--offset=")) options.time_offset = std::chrono::seconds{std::atoll(words[at] + 9)};
    else if (word.starts_with("--writable=")) options.writable = {words[at] + 11};
    else if (word.starts_with("--digests=")) options.digests = &digests.emplace(word.substr(10));
    else if (word.starts_with("--out=")) out = word.substr(6);
    else mode = word;
  }
  if (at >= count) return 2;
  auto tracer = Tracer::create(std::move(options));
  if (!tracer) return fmt::print(stderr, "{}\n", tracer.error().to_string()), 2;
  const auto& running = **tracer;
  const auto pid = (*tracer)->launch([&] {
    if (running.install_filter()) ::execvp(words[at], words + at);
    ::_exit(127);
  });
  if (!pid) return fmt::print(stderr, "{}\n", pid.error().to_string()), 2;
  const auto trace = (*tracer)->finish();
  if (!out.empty()) {
    std::FILE* file = std::fopen(std::string{out}.c_str(), "w");
    if (file == nullptr) return 2;
    if (mode == "--files") print_files(trace, file);
    else fmt::print(file, "{}\n", to_json(trace, Graph{trace}));
    std::fclose(file);
  }
  for (const auto& gap : trace.coverage.gaps) fmt::print(stderr, "gap: {}: {}\n", gap.what, gap.reason);
  fmt::print(stderr, "{} processes, {} files, {} stops, {:.3f} s\n", trace.processes.size(), trace.files.size(),
             trace.stops, std::chrono::duration<double>(trace.wall).count());
  const int status = (*tracer)->ended().value_or(-1);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
