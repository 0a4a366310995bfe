// Objects that a linker or librarian reads and no compiler of this build wrote.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "trace/findings/finder.hpp"

namespace assay::trace {

namespace {

constexpr std::string_view k_linkers[] = {"ld", "ld.bfd", "ld.gold", "ld.lld",   "lld",     "mold",
                                          "ar", "gcc-ar", "llvm-ar", "collect2", "rust-lld"};

bool links(const Case& build, Index process) {
  return build.trade(process) == Trade::toolchain &&
         std::find(std::begin(k_linkers), std::end(k_linkers), build.program(process)) != std::end(k_linkers);
}

/// The file that it is a copy of, through any number of copies.
Index original_of(const Case& build, Index file) {
  for (int steps = 0; steps < 64; ++steps) {
    const auto original = build.graph.copied_from(file);
    if (!original) break;
    file = *original;
  }
  return file;
}

/// Who wrote it that handles bytes of any kind; k_none if only compilers, or programs that may be some, did.
Index stranger_among(const Case& build, Index file) {
  for (const auto writer : build.trace.files[file].writers) {
    const auto trade = build.trade(writer);
    if (trade == Trade::decoder || trade == Trade::mover || trade == Trade::interpreter) return writer;
  }
  return k_none;
}

/// Who has it as output of a shell's redirection is that shell's child; the shell itself opened it and wrote nothing.
bool has_toolchain_writer(const Case& build, Index file) {
  const auto& writers = build.trace.files[file].writers;
  return std::any_of(writers.begin(), writers.end(),
                     [&](Index writer) { return build.trade(writer) == Trade::toolchain; });
}

Finding shipped(const Case& build, Index object, Index linker) {
  auto finding =
      make_finding(k_foreign_object, {std::string{build.shown_path(object)}, 0},
                   fmt::format("{} came with the source and was linked by {}",
                               to_string(build.trace.files[object].kind), escape_for_display(build.program(linker))),
                   {build.chain_of(linker)}, "shipped");
  if (build.is_in_test_place(object)) finding.severity = Severity::medium;
  return finding;
}

Finding made(const Case& build, Index object, Index linker, Index writer) {
  return make_finding(k_foreign_object, {std::string{build.shown_path(object)}, 0},
                      fmt::format("{} was written by {} and linked by {}", to_string(build.trace.files[object].kind),
                                  escape_for_display(build.program(writer)), escape_for_display(build.program(linker))),
                      {build.chain_of(writer), build.chain_of(linker)}, "made");
}

}  // namespace

void find_foreign_objects(const Case& build, std::vector<Finding>& findings) {
  std::set<Index> seen;
  for (Index process = 0; process < build.trace.processes.size(); ++process) {
    if (!links(build, process) || build.is_test_phase(process)) continue;
    for (const auto& access : build.trace.processes[process].reads) {
      const auto kind = build.trace.files[access.file].kind;
      if (kind != ContentKind::object && kind != ContentKind::object_archive) continue;
      const auto object = original_of(build, access.file);
      if (!seen.insert(object).second) continue;
      if (build.is_source(object)) findings.push_back(shipped(build, object, process));
      else if (const auto writer = stranger_among(build, object);
               writer != k_none && !has_toolchain_writer(build, object))
        findings.push_back(made(build, object, process, writer));
    }
  }
}

}  // namespace assay::trace
