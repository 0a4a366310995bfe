// Test data that the build reads outside its test phase, and what becomes of it.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/text.hpp"
#include "trace/findings/finder.hpp"

namespace assay::trace {

namespace {

/// Who reads a fixture outside the test phase.
std::vector<Index> readers_of(const Case& build, Index file) {
  std::vector<Index> readers;
  for (const auto& reader : build.graph.readers(file))
    if (!build.is_test_phase(reader.process) &&
        build.trace.processes[reader.process].phase >= (build.trace.phases.size() > 1 ? 1 : 0))
      readers.push_back(reader.process);
  return readers;
}

/// The first product that it came into.
Index product_of(const Case& build, Index fixture) {
  for (const auto file : build.graph.descendants(fixture))
    if (build.is_product(file)) return file;
  return k_none;
}

/// A test may make what it likes, as long as nobody uses it when the tests are over.
struct Smuggled {
  Index product = k_none;
  Index reader = k_none;  ///< the test that read the fixture
};

Smuggled smuggled_by_tests(const Case& build, Index fixture) {
  Smuggled found;
  Index phase = 0;
  for (const auto& reader : build.graph.readers(fixture))
    if (build.is_test_phase(reader.process)) {
      found.reader = reader.process;
      phase = build.trace.processes[reader.process].phase;
      break;
    }
  if (found.reader == k_none) return found;
  for (const auto file : build.graph.descendants(fixture)) {
    if (!build.is_product(file)) continue;
    for (const auto& reader : build.graph.readers(file))
      if (build.trace.processes[reader.process].phase > phase && !build.is_test_phase(reader.process)) {
        found.product = file;
        return found;
      }
  }
  return found;
}

/// The decoder that reads it, or gets it through a pipe: the last of a pipeline tells most.
Index taker_of(const Case& build, const std::vector<Index>& readers) {
  std::set<Index> seen{readers.begin(), readers.end()};
  std::vector<Index> open{readers};
  Index taker = k_none;
  while (!open.empty()) {
    const auto at = open.back();
    open.pop_back();
    if (build.trade(at) == Trade::decoder) taker = at;
    for (const auto next : build.graph.fed_by(at))
      if (seen.insert(next).second) open.push_back(next);
  }
  return taker;
}

Finding reached_product(const Case& build, Index fixture, Index reader, Index product, std::string_view when) {
  const std::string path{build.shown_path(fixture)};
  auto finding = make_finding(
      k_fixture_read, {path, 0},
      fmt::format("test data ({}) was read {} and came into {}", to_string(build.trace.files[fixture].kind), when,
                  escape_for_display(build.shown_path(product))),
      {build.chain_of(reader), build.way(fixture, product)}, "product");
  finding.severity = Severity::high;
  return finding;
}

Finding reached_decoder(const Case& build, Index fixture, Index reader, Index taker) {
  const std::string path{build.shown_path(fixture)};
  auto finding =
      make_finding(k_fixture_read, {path, 0},
                   fmt::format("test data ({}) was read outside the test phase and given to {}",
                               to_string(build.trace.files[fixture].kind), escape_for_display(build.program(taker))),
                   {build.chain_of(reader)}, "decoder");
  if (taker != reader) finding.evidence.push_back(build.chain_of(taker));
  return finding;
}

}  // namespace

void find_fixtures(const Case& build, std::vector<Finding>& findings) {
  std::map<std::string, std::vector<Index>> merely_read;  // by program
  for (Index file = 0; file < build.trace.files.size(); ++file) {
    if (!build.is_fixture(file)) continue;
    const auto readers = readers_of(build, file);
    if (readers.empty()) {
      if (const auto smuggled = smuggled_by_tests(build, file); smuggled.product != k_none)
        findings.push_back(reached_product(build, file, smuggled.reader, smuggled.product, "by the tests"));
      continue;
    }
    if (const auto product = product_of(build, file); product != k_none)
      findings.push_back(reached_product(build, file, readers.front(), product, "outside the test phase"));
    else if (const auto taker = taker_of(build, readers); taker != k_none)
      findings.push_back(reached_decoder(build, file, readers.front(), taker));
    else merely_read[build.program(readers.front())].push_back(file);
  }
  for (const auto& [program, files] : merely_read) {
    const auto reader = readers_of(build, files.front()).front();
    auto finding = make_finding(
        k_fixture_read, {std::string{build.shown_path(files.front())}, 0},
        fmt::format("{} of test data read outside the test phase by {}; nothing is known to have come of it that was "
                    "linked or run",
                    count_of(files.size(), "file"), escape_for_display(program.empty() ? "a shell" : program)),
        {build.chain_of(reader)}, program);
    finding.severity = Severity::low;
    findings.push_back(std::move(finding));
  }
}

}  // namespace assay::trace
