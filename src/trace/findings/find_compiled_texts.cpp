// Test data in words that a compiler took for source: `gcc -x c tests/data.txt`, `cat tests/data.txt | gcc -x c -`, or a copy under
// another name. No decoder is needed where the payload is kept as text.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/text.hpp"
#include "trace/findings/finder.hpp"

namespace assay::trace {

namespace {

/// Programs that turn source into something else, in the last of their steps that reads it.
constexpr std::string_view k_compilers[] = {"cc1",     "cc1plus", "cc1obj", "clang", "clang++", "tcc", "rustc",
                                            "f951",    "gnat1",   "gdc",    "d21",   "fpc",     "ghc", "swiftc",
                                            "compile", "as",      "nasm",   "yasm",  "cpp",     "llc"};

/// What compilers take for source, or what source includes, without being told: by its name.
bool is_named_as_source(std::string_view path) {
  constexpr std::string_view k_suffixes[] = {
      ".c",   ".h",   ".cc",  ".cpp", ".cxx", ".c++", ".hh", ".hpp",   ".hxx", ".h++", ".inc", ".inl", ".ipp",   ".tcc",
      ".def", ".tbl", ".s",   ".sx",  ".asm", ".i",   ".ii", ".m",     ".mm",  ".f",   ".for", ".f90", ".f95",   ".go",
      ".rs",  ".d",   ".ads", ".adb", ".pas", ".pp",  ".hs", ".swift", ".ll",  ".x",   ".y",   ".l",   ".proto", ".in"};
  const auto name = ascii_lower(path_basename(path));
  return std::any_of(std::begin(k_suffixes), std::end(k_suffixes),
                     [&](std::string_view suffix) { return name.ends_with(suffix); });
}

bool is_compiler(const Case& build, Index process) {
  return build.trade(process) == Trade::toolchain &&
         std::find(std::begin(k_compilers), std::end(k_compilers), build.program(process)) != std::end(k_compilers);
}

/// What it is a copy of, through any number of copies.
Index original_of(const Case& build, Index file) {
  for (int steps = 0; steps < 16; ++steps) {
    const auto original = build.graph.copied_from(file);
    if (!original) break;
    file = *original;
  }
  return file;
}

bool is_text_of_tests(const Case& build, Index file) {
  return build.trace.files[file].kind == ContentKind::text && build.is_source(file) && build.is_in_test_place(file) &&
         !is_named_as_source(build.trace.files[file].path);
}

/// A compiler, and all that its input comes from by way of pipes.
std::vector<Index> with_feeders(const Case& build, Index process) {
  std::set<Index> seen{process};
  std::vector<Index> open{process};
  while (!open.empty()) {
    const auto at = open.back();
    open.pop_back();
    for (const auto feeder : build.graph.feeders(at))
      if (seen.size() < 10'000 && seen.insert(feeder).second) open.push_back(feeder);
  }
  return {seen.begin(), seen.end()};
}

/// The first product outside of the tests that came of what the compiler made.
Index product_of(const Case& build, Index compiler, Moment since) {
  for (const auto file : build.graph.outcome(compiler, since))
    if (build.is_product(file)) return file;
  return k_none;
}

}  // namespace

void find_compiled_texts(const Case& build, std::vector<Finding>& findings) {
  std::set<Index> told;
  for (Index process = 0; process < build.trace.processes.size(); ++process) {
    if (!is_compiler(build, process) || build.is_test_phase(process)) continue;
    for (const auto reader : with_feeders(build, process))
      for (const auto& access : build.trace.processes[reader].reads) {
        const auto file = original_of(build, access.file);
        if (!is_text_of_tests(build, file) || told.contains(file)) continue;
        const auto product = product_of(build, process, access.moment);
        if (product == k_none) continue;
        told.insert(file);
        auto finding = make_finding(
            k_fixture_read, {std::string{build.shown_path(file)}, 0},
            fmt::format("test data (text) was compiled by {} and came into {}",
                        escape_for_display(build.program(process)), escape_for_display(build.shown_path(product))),
            {build.chain_of(process), build.way(file, product)}, "compiled");
        finding.severity = Severity::high;
        findings.push_back(std::move(finding));
      }
  }
}

}  // namespace assay::trace
