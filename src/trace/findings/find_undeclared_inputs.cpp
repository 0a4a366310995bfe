// Files outside the source tree that belong to nothing the build declares: one finding for each package.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/text.hpp"
#include "trace/findings/finder.hpp"
#include "trace/system_files.hpp"

namespace assay::trace {

namespace {

/// The first process that opened it for itself.
Index reader_of(const Case& build, Index file) {
  for (const auto& reader : build.graph.readers(file)) {
    const auto& reads = build.trace.processes[reader.process].reads;
    if (std::any_of(reads.begin(), reads.end(),
                    [&](const Access& access) { return access.file == file && !access.inherited; }))
      return reader.process;
  }
  return k_none;
}

/// What the build read or ran of one undeclared owner.
struct Use {
  Index file = k_none;    ///< the one that tells most
  Index reader = k_none;  ///< who read that first
  std::size_t files = 0;
  bool tells = false;  ///< it is a program or library, and no test used it
};

}  // namespace

void find_undeclared_inputs(const Case& build, std::vector<Finding>& findings) {
  if (!build.context.undeclared_owner) return;
  std::map<std::string, Use> uses;  // by owner
  for (Index file = 0; file < build.trace.files.size(); ++file) {
    const auto& version = build.trace.files[file];
    const bool outside = !version.writable_place && version.path.starts_with('/') && !build.is_below_source(file) &&
                         version.writers.empty();
    if (!outside || version.path.starts_with("/dev/") || is_made_by_the_system(version.path)) continue;
    const auto reader = reader_of(build, file);
    if (reader == k_none) continue;
    const auto owner = build.context.undeclared_owner(version.path);
    if (owner.empty()) continue;
    auto& use = uses[owner];
    const bool tells = build.is_code(file) && !build.is_test_phase(reader);
    if (use.files++ == 0 || (tells && !use.tells)) use = {file, reader, use.files, use.tells || tells};
  }
  for (const auto& [owner, use] : uses) {
    const auto& path = build.trace.files[use.file].path;
    auto finding = make_finding(
        k_undeclared_input, {path, 0},
        fmt::format("{} is not among what is declared, and {} read or run, first by {}", escape_for_display(owner),
                    use.files == 1 ? "1 file of it was" : fmt::format("{} files of it were", use.files),
                    escape_for_display(build.program(use.reader).empty() ? "a shell" : build.program(use.reader))),
        {build.chain_of(use.reader)}, owner);
    if (!use.tells) finding.severity = Severity::low;
    findings.push_back(std::move(finding));
  }
}

}  // namespace assay::trace
