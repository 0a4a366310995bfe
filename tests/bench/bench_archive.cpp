// How fast one archive is read, and in how much memory. Prints figures; fails only if the archive cannot be read.
//   bench_archive FILE [RUNS]
#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "archive/reader.hpp"

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: %s FILE [RUNS]\n", argv[0]);
    return 2;
  }
  const int runs = argc > 2 ? std::atoi(argv[2]) : 5;
  for (int run = 0; run < runs; ++run) {
    const auto start = std::chrono::steady_clock::now();
    const auto contents = assay::archive::read_archive(argv[1], {});
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
    if (!contents) {
      std::fprintf(stderr, "%s\n", contents.error().to_string().c_str());
      return 1;
    }
    struct rusage usage {};
    getrusage(RUSAGE_SELF, &usage);
    std::printf("%s: %zu entries, %zu findings, %zu gaps, %.1f MB -> %.1f MB in %.1f ms, peak %ld MB\n",
                contents->format.c_str(), contents->entries.size(), contents->findings.size(),
                contents->coverage.gaps.size(), static_cast<double>(contents->size) / 1e6,
                static_cast<double>(contents->content_size) / 1e6, took.count(), usage.ru_maxrss / 1024);
    if (run + 1 < runs) continue;
    for (const auto& finding : contents->findings)
      std::printf("  %s %s %s: %s\n", std::string{assay::to_string(finding.severity)}.c_str(), finding.rule.c_str(),
                  finding.location.path.c_str(), finding.message.c_str());
    for (const auto& gap : contents->coverage.gaps)
      std::printf("  gap %s: %s; %s\n", gap.what.c_str(), gap.reason.c_str(), gap.remedy.c_str());
  }
  return 0;
}
