// How fast one archive is read, in how much memory, and what is found. Prints figures; fails only if it cannot be read.
//   bench_archive FILE [RUNS]
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "archive/reader.hpp"
#include "base/text.hpp"

namespace {

double cpu_milliseconds() {
  struct rusage usage {};
  getrusage(RUSAGE_SELF, &usage);
  const auto of = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_usec) / 1e3;
  };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

void print(const assay::archive::ArchiveContents& contents) {
  for (const auto& finding : contents.findings)
    std::printf("  %s %s %s: %s\n", std::string{assay::to_string(finding.severity)}.c_str(), finding.rule.c_str(),
                assay::escape_for_display(finding.location.path).c_str(), finding.message.c_str());
  for (const auto& gap : contents.coverage.gaps)
    std::printf("  gap in %s: %s; %s\n", gap.what.c_str(), gap.reason.c_str(), gap.remedy.c_str());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: %s FILE [RUNS]\n", argv[0]);
    return 2;
  }
  const int runs = std::max(1, argc > 2 ? std::atoi(argv[2]) : 5);
  double wall = 1e12;
  double cpu = 1e12;
  for (int run = 1; run <= runs; ++run) {
    const auto start = std::chrono::steady_clock::now();
    const auto cpu_start = cpu_milliseconds();
    const auto contents = assay::archive::read_archive(argv[1], {});
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
    wall = std::min(wall, took.count());
    cpu = std::min(cpu, cpu_milliseconds() - cpu_start);
    if (!contents) {
      std::fprintf(stderr, "%s\n", contents.error().to_string().c_str());
      return 1;
    }
    if (run < runs) continue;
    struct rusage usage {};
    getrusage(RUSAGE_SELF, &usage);
    std::printf("%s: %zu entries, %.1f MB -> %.1f MB; best of %d: %.1f ms wall, %.1f ms CPU; peak %ld MB\n",
                contents->format.c_str(), contents->entries.size(), static_cast<double>(contents->size) / 1e6,
                static_cast<double>(contents->content_size) / 1e6, runs, wall, cpu, usage.ru_maxrss / 1024);
    print(*contents);
  }
  return 0;
}
